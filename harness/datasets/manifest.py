"""The manifest of a prepared split: one row a sample, from which ids and content hash come. Reads JSON, no picture.

`HARNESS_HOME/manifests/NAME/SPLIT.jsonl`: a header, then a row for each sample in the split's order.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from harness.errors import HarnessError
from harness.places import file_name, home

__all__ = ["Header", "Manifest", "Row", "content_of", "manifest_file", "read_header", "read_manifest", "row_of",
           "write_manifest"]  # fmt: skip

FORMAT = 1


@dataclass(frozen=True)
class Row:
    """One sample.

    Attributes:
        key: its id.
        split: the split it was prepared for.
        paths: POSIX path below the root of each role's file (image, mask, labels, target, …).
        sha256: of each role's file.
        width, height: pixels of the picture (of the mask, where there is only one).
        area: share of the mask that is hole, None without a mask.
        label: the class that a list gives it, None without.
        stat: bytes and time (ns) of each role's file: what has not changed is not read again.
        known: what else a list says of it: an opinion score, its reference's key.
    """

    key: str
    split: str
    paths: Mapping[str, str]
    sha256: Mapping[str, str]
    width: int
    height: int
    area: float | None
    label: int | None
    stat: Mapping[str, tuple[int, int]]
    known: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """What stands above the rows. `content` is the hash of what the rows say (`content_of`), `mean_area` of masks."""

    name: str
    split: str
    version: str
    root: str
    count: int
    content: str
    mean_area: float | None = None
    format: int = FORMAT


@dataclass(frozen=True)
class Manifest:
    """A header and its rows by key, in their order."""

    header: Header
    rows: Mapping[str, Row]

    @property
    def root(self) -> Path:
        """Folder that the rows' paths start from."""
        return Path(self.header.root)


def manifest_file(name: str, split: str) -> Path:
    """Where the manifest of a split stands."""
    return home() / "manifests" / file_name("data set", name) / f"{file_name('split', split)}.jsonl"


def content_of(name: str, split: str, version: str, rows: Iterable[Row]) -> str:
    """sha256 over layout version, keys, file hashes and what lists say, in order: not over places, so that every copy
    has the same.
    """
    digest = hashlib.sha256(f"{name} {version} {split}".encode())
    for row in rows:
        files = " ".join(f"{role}={row.sha256[role]}" for role in sorted(row.sha256))
        told = f" {json.dumps(row.known, sort_keys=True)}" if row.known else ""
        digest.update(f"\n{len(row.key)} {row.key} {row.label} {files}{told}".encode())
    return digest.hexdigest()


def read_header(name: str, split: str) -> Header | None:
    """The header alone, None where the split was not prepared. Raises `HarnessError` for a file of another format."""
    path = manifest_file(name, split)
    try:
        with path.open(encoding="utf-8") as file:
            return _header(path, file.readline())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error


def read_manifest(name: str, split: str) -> Manifest | None:
    """The manifest, None where the split was not prepared.

    Raises:
        HarnessError: it is damaged, cut off or of another format; the line says how to make it again.
    """
    path = manifest_file(name, split)
    try:
        first, *lines = path.read_text(encoding="utf-8").splitlines()
        header = _header(path, first)
        rows = {row.key: row for row in map(row_of, lines)}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path, error) from error
    if len(rows) != header.count or content_of(name, split, header.version, rows.values()) != header.content:
        raise _damaged(path, "its rows are not those that its header states")
    return Manifest(header, rows)


def row_of(line: str) -> Row:
    """One line as a row. Raises `ValueError`, `TypeError` or `KeyError` for any other, and where a path leads out."""
    row = json.loads(line)
    stat = {role: (int(size), int(time)) for role, (size, time) in row.pop("stat").items()}
    made = Row(stat=stat, **row)
    for path in made.paths.values():
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(f"the path {path!r} leads out")
    return made


def write_manifest(header: Header, rows: Iterable[Row]) -> Path:
    """Write it whole, beside its place first, so that a kill leaves the old one."""
    path = manifest_file(header.name, header.split)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".tmp")
    with new.open("w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(header), ensure_ascii=False) + "\n")
        for row in rows:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    return path


def _header(path: Path, line: str) -> Header:
    try:
        told: Any = json.loads(line)
        header = Header(**told)
    except (ValueError, TypeError) as error:
        raise _damaged(path, error) from error
    if header.format != FORMAT:
        raise _damaged(path, f"format {header.format} is not {FORMAT}")
    return header


def _damaged(path: Path, why: object) -> HarnessError:
    name, split = path.parent.name, path.stem
    line = " ".join(str(why).split())[:120]
    return HarnessError(f"{path}: cannot be used: {line}; delete it, then: harness data prepare {name} --split {split}")
