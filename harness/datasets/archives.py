"""Unpacking a data set's archive (tar, tar.gz, tar.bz2, tar.xz, zip) that nobody vouches for.

Only plain files and folders come out, with ordinary permissions, below the target and nowhere else. Refused with one
line: absolute names, `..`, backslashes, control characters, names that are no UTF-8, links of either kind, devices,
pipes, the same name twice or in two cases, a file that is also a folder, encrypted members, damaged or cut-off
archives, and bombs by their declared size, count, depth or ratio. Everything is written into a temporary folder beside
the target, which is renamed when it is whole: a kill leaves no half data set, and the next call clears what it left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from harness.datasets.members import DAMAGE, Member, opened_archive, shown
from harness.errors import HarnessError

__all__ = ["LIMITS", "Limits", "Unpacked", "unpack"]

BLOCK = 1 << 20
LONGEST_NAME = 255  # bytes; what ext4, APFS and NTFS allow


@dataclass(frozen=True)
class Limits:
    """What an archive may hold. ours: the largest free data set of the plan (Places365, 1.8 million) fits.

    Attributes:
        files: members at most, folders counted.
        total: unpacked bytes at most.
        ratio: unpacked over packed size at most, from `ratio_from` bytes on (a small text packs very well).
        depth: folders in one another at most.
        reserve: bytes that stay free on the disk.
    """

    files: int = 4_000_000
    total: int = 256 << 30
    ratio: float = 200.0
    ratio_from: int = 64 << 20
    depth: int = 32
    reserve: int = 256 << 20


LIMITS = Limits()


class Unpacked(NamedTuple):
    """What came out."""

    folder: Path
    files: int
    bytes: int


def unpack(archive: Path, folder: Path, limits: Limits = LIMITS) -> Unpacked:
    """Unpack `archive` into `folder`, which must not exist or be empty.

    Raises:
        HarnessError: one line: the archive, the member, and why. Nothing is left behind then.
    """
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise HarnessError(f"{folder} is there already and not an empty folder; name a new one")
    try:
        packed = archive.stat().st_size
        if not archive.is_file():
            raise HarnessError(f"{archive}: not a file")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(folder) as place, opened_archive(archive) as members:
            done = _write_all(_Checked(archive, packed, limits), members, place)
            os.rename(place, folder)
    except OSError as error:
        raise HarnessError(f"cannot unpack {archive} into {folder}: {error.strerror or error}") from error
    return Unpacked(folder, done.files, done.total)


def _write_all(checked: _Checked, members: Iterator[Member], place: Path) -> _Checked:
    """Every member, checked first. Damage that shows only while reading is one line too."""
    name = ""
    try:
        for member in members:
            name = member.name
            parts = checked.admit(member, place)
            if member.kind == "folder":
                place.joinpath(*parts).mkdir(parents=True, exist_ok=True)
            elif parts:
                _write(checked.archive, member, place.joinpath(*parts))
    except DAMAGE as error:
        at = f" after {shown(name)}" if name else ""
        raise HarnessError(f"{checked.archive}: damaged or cut off{at}: {str(error)[:120]}") from error
    if not checked.files:
        raise HarnessError(f"{checked.archive}: holds no file")
    return checked


def _write(archive: Path, member: Member, target: Path) -> None:
    """One file. Its permissions are a new file's: what the archive says of them (setuid) is not taken over."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with member.open() as source, target.open("xb") as sink:
        while block := source.read(min(BLOCK, member.size - written + 1)):
            written += len(block)
            if written > member.size:
                break
            sink.write(block)
    if written != member.size:
        raise HarnessError(f"{archive}: {shown(member.name)} is not of the size that the archive declares")


# ---- what is refused


@dataclass
class _Checked:
    """Admits members one by one, remembering names and sums."""

    archive: Path
    packed: int
    limits: Limits
    files: int = 0
    total: int = 0
    members: int = 0
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)

    def admit(self, member: Member, place: Path) -> tuple[str, ...]:
        """The member's path in parts, () for the root itself. Raises `HarnessError`."""
        self.members += 1
        parts = self._parts(member.name)
        if member.kind not in ("file", "folder"):
            raise self._refused(member.name, f"is {member.kind}")
        if member.kind == "file":
            self.files += 1
            self.total += member.size
        self._measure(member, place)
        self._claim(member, parts)
        return parts

    def _refused(self, name: str, why: str) -> HarnessError:
        return HarnessError(f"{self.archive}: {shown(name)} {why}: refused, nothing was unpacked")

    def _parts(self, name: str) -> tuple[str, ...]:
        if not name or name.startswith("/") or name[1:2] == ":":
            raise self._refused(name, "is an absolute name" if name else "has no name")
        try:
            longest = max(len(part.encode()) for part in name.split("/"))
        except UnicodeEncodeError:
            raise self._refused(name, "is a name that is no UTF-8") from None
        if "\\" in name or any(unicodedata.category(letter) == "Cc" for letter in name):
            raise self._refused(name, "has a backslash or a control character in its name")
        parts = PurePosixPath(name).parts
        if ".." in parts:
            raise self._refused(name, "leads out of the folder")
        if longest > LONGEST_NAME or len(parts) > self.limits.depth:
            raise self._refused(name, "is too long or too deep a name")
        return parts

    def _measure(self, member: Member, place: Path) -> None:
        limits = self.limits
        if member.size < 0 or self.members > limits.files:
            raise self._refused(member.name, f"is more than the {limits.files:,} members that are unpacked")
        if self.total > limits.total:
            raise self._refused(member.name, f"makes more than {limits.total:,} bytes")
        if self.total > limits.ratio_from and self.total > limits.ratio * self.packed:
            raise self._refused(member.name, f"unpacks to more than {limits.ratio:g} times the archive's size")
        if shutil.disk_usage(place).free < member.size + limits.reserve:
            raise self._refused(member.name, f"needs {member.size:,} bytes, and the disk would be full")

    def _claim(self, member: Member, parts: tuple[str, ...]) -> None:
        """Each name once, whatever a file system holds equal: upper and lower case, composed and decomposed."""
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            kind = member.kind if depth == len(parts) else "folder"
            key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
            other, was = self.seen.setdefault(key, (path, kind))
            if other != path:
                raise self._refused(member.name, f"and {shown(other)} are one name where case does not count")
            if was != kind:
                raise self._refused(member.name, "is both a file and a folder")
            if kind == "file" and key in self.claimed:
                raise self._refused(member.name, "is in it twice")
            if kind == "file":
                self.claimed.add(key)


# ---- the temporary folder


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """A locked empty folder beside the target, for the caller to rename; an error deletes it."""
    place = folder.parent / f".{folder.name}.unpacking"
    place.mkdir(exist_ok=True)
    holder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            same = os.fstat(holder).st_ino == place.stat().st_ino
        except (BlockingIOError, FileNotFoundError):
            same = False
        if not same:
            raise HarnessError(f"another process is unpacking into {folder}")
        try:
            for left in place.iterdir():  # of a call that was killed
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
            yield place
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)  # what cannot be deleted now, the next call deletes
            raise
    finally:
        os.close(holder)
