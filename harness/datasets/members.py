"""The members of a tar or zip file, one by one, without writing anything: what `archives` decides about."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from harness.errors import HarnessError

__all__ = ["DAMAGE", "Member", "opened_archive", "shown"]

LARGEST_READ = 1 << 20
LARGEST_PADDING = 16 << 20  # a tape's block, which tar fills up with zeros, is far smaller
DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError, NotImplementedError,
    ValueError,
)  # fmt: skip
"""What the readers raise on files that are not what they should be."""


class Member(NamedTuple):
    """One entry: `kind` is "file", "folder", or in words what makes it refused."""

    name: str
    size: int
    kind: str
    open: Callable[[], IO[bytes]]


def shown(name: str) -> str:
    """A name on one line, whatever is in it."""
    return ascii(name if len(name) <= 80 else name[:77] + "...")


@contextmanager
def opened_archive(archive: Path) -> Iterator[Iterator[Member]]:
    """The members of an archive, whose kind is read from its content, never from its name."""
    with archive.open("rb") as stream:
        start = stream.read(6)
        stream.seek(0)
        if start.startswith(b"PK"):
            try:
                opened = zipfile.ZipFile(stream)
            except DAMAGE as error:
                raise HarnessError(f"{archive}: damaged or cut off: {error}") from error
            with opened:
                yield _zip_members(opened)
            return
        with _decompressed(stream, start) as plain:
            guarded = _Guarded(plain)
            try:
                tar = tarfile.TarFile(fileobj=cast(IO[bytes], guarded), errors="surrogateescape")
            except DAMAGE as error:
                raise HarnessError(f"{archive}: neither a zip nor a tar file ({str(error)[:80]})") from error
            with tar:
                yield _tar_members(tar, guarded)


def _decompressed(stream: IO[bytes], start: bytes) -> IO[bytes]:
    if start.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    if start.startswith(b"BZh"):
        return cast(IO[bytes], bz2.BZ2File(stream))
    if start.startswith(b"\xfd7zXZ\x00"):
        return cast(IO[bytes], lzma.LZMAFile(stream))
    return stream


class _Guarded:
    """A stream read once from start to end, as tarfile does it, remembering what was read last.

    tarfile cannot be made to read gigabytes at once by it, though an extended header says its own length.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._at = 0
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        """At most a megabyte; `last` holds it afterwards."""
        if not 0 <= size <= LARGEST_READ:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self.last = self._stream.read(size)
        self._at += len(self.last)
        return self.last

    def seek(self, offset: int) -> int:
        """Forward to an offset: back, a decompressor would begin anew."""
        if offset < self._at:
            raise tarfile.ReadError("a member that points back")
        while self._at < offset and self.read(min(LARGEST_READ, offset - self._at)):
            pass
        return self._at

    def tell(self) -> int:
        """Bytes read so far."""
        return self._at


def _tar_members(tar: tarfile.TarFile, stream: _Guarded) -> Iterator[Member]:
    while (found := tar.next()) is not None:
        tar.members = []  # type: ignore[attr-defined]  # it keeps all it has read: a gigabyte for a million
        if found.isreg():
            kind = "file"
        elif found.isdir():
            kind = "folder"
        elif found.issym() or found.islnk():
            kind = f"a {'symbolic' if found.issym() else 'hard'} link to {shown(found.linkname)}"
        else:
            kind = "a device, a pipe or a kind that is not known"

        def opener(member: tarfile.TarInfo = found) -> IO[bytes]:
            opened = tar.extractfile(member)
            assert opened is not None  # only links and devices have no content
            return opened

        yield Member(found.name, found.size if kind == "file" else 0, kind, opener)
    if stream.last != bytes(tarfile.BLOCKSIZE):  # tarfile takes a damaged header, or no more bytes, for the end
        raise tarfile.ReadError("the end mark is missing")
    for _ in range(LARGEST_PADDING // LARGEST_READ):
        if not (rest := stream.read(LARGEST_READ)):  # read to its end, a decompressor has compared its checksum
            return
        if rest.strip(b"\0"):
            break
    raise tarfile.ReadError("something follows the end mark")


def _zip_members(opened: zipfile.ZipFile) -> Iterator[Member]:
    for info in opened.infolist():
        form = stat.S_IFMT(info.external_attr >> 16)
        if "\0" in info.orig_filename or info.flag_bits & 1:
            kind = "encrypted" if info.flag_bits & 1 else "a name with a zero byte"
        elif form not in (0, stat.S_IFREG, stat.S_IFDIR):
            kind = "a symbolic link" if form == stat.S_IFLNK else "a device or a pipe"
        else:
            kind = "folder" if info.is_dir() else "file"

        def opener(info: zipfile.ZipInfo = info) -> IO[bytes]:
            return opened.open(info)

        yield Member(info.filename, info.file_size if kind == "file" else 0, kind, opener)
