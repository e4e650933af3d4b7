"""Texts of a run folder that a board keeps gzipped: `NAME.gz` in place of `NAME`, an eighth of its bytes.

A run writes and reads plain texts; whatever reads a folder reads either. Where both lie (a kill while one was being
packed), the plain one counts.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from harness.errors import HarnessError
from harness.store.files import write_atomic

__all__ = ["TEXTS", "as_it_lies", "both_names", "pack", "read_text", "unpack", "write_text"]

TEXTS = ("samples.jsonl", "summary.json")
TEXT_BYTES = 1 << 30
"""ours: a folder may come from anybody, and a megabyte that was gzipped may say that it is a gigabyte."""
CHUNK = 1 << 20


def both_names(name: str) -> tuple[str, str]:
    """The names under which a text may lie: as it is, and gzipped."""
    return name, f"{name}.gz"


def as_it_lies(text: Path) -> Path:
    """Where a text truly is: `text`, or its gzipped file where only that is there."""
    packed = _packed(text)
    return packed if packed.exists() and not text.exists() else text


def read_text(text: Path) -> bytes:
    """A text's bytes, however it lies. Raises `HarnessError`: gzipped bytes that are damaged, or far too many."""
    found = as_it_lies(text)
    if found == text:
        return text.read_bytes()
    content = bytearray()
    try:
        with gzip.open(found) as stream:
            while chunk := stream.read(CHUNK):
                content += chunk
                if len(content) > TEXT_BYTES:
                    raise HarnessError(f"{found} is damaged: it holds more than {TEXT_BYTES >> 20} MiB")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise HarnessError(f"{found} is damaged: {error}") from error
    return bytes(content)


def write_text(text: Path, content: bytes) -> None:
    """Write a text atomically, gzipped where its folder keeps it so. Raises `HarnessError` naming the path."""
    found = as_it_lies(text)
    write_atomic(found, content if found == text else _gzipped(content))


def pack(text: Path) -> None:
    """Put the gzipped file in the place of a plain text. Raises `HarnessError` naming the path."""
    write_atomic(_packed(text), _gzipped(text.read_bytes()))
    text.unlink()


def unpack(text: Path) -> None:
    """The reverse, for who appends to a text; nothing where it is plain already."""
    if as_it_lies(text) != text:
        write_atomic(text, read_text(text))
    _packed(text).unlink(missing_ok=True)


def _packed(text: Path) -> Path:
    return text.with_name(both_names(text.name)[1])


def _gzipped(content: bytes) -> bytes:
    """The same bytes at any time of any file: a board's change is a change of what it says."""
    return gzip.compress(content, 9, mtime=0)
