"""Reading LevelDB's sorted tables (its `doc/table_format.md`), which TensorFlow keeps a checkpoint's index in.

A table ends in a footer: where two blocks lie, padding, a magic number. The second block lists the data blocks. A
block is entries (bytes shared with the key before, own bytes of the key, bytes of the value: three varints, then key
and value), an array of restarts, and their number; after it come one byte that names the compression and a checksum.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.weights.crc32c import masked_crc32c

__all__ = ["Damaged", "read_table", "varint"]

FOOTER, TRAILER = 48, 5
MAGIC = 0xDB4775248B80FB57
LONGEST_KEY = 4096
"""ours: keys share their beginning with the one before, so a small file could spell out enormous ones."""


class Damaged(ValueError):
    """What is read is no table, or not whole."""


class _Handle(NamedTuple):
    offset: int
    size: int


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where the next byte stands. Raises `Damaged`."""
    value = 0
    for index in range(10):
        if at + index >= len(data):
            raise Damaged("ends within a number")
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    raise Damaged("a number has more than ten bytes")


def _handle(data: bytes, at: int = 0) -> tuple[_Handle, int]:
    offset, at = varint(data, at)
    size, at = varint(data, at)
    return _Handle(offset, size), at


def _block(data: bytes, handle: _Handle) -> bytes:
    end = handle.offset + handle.size
    if end + TRAILER > len(data):
        raise Damaged(f"a block ends at byte {end + TRAILER} of {len(data)}")
    if data[end]:
        raise Damaged("a block is compressed, which TensorFlow's checkpoints are not")
    if masked_crc32c(data[handle.offset : end + 1]) != int.from_bytes(data[end + 1 : end + TRAILER], "little"):
        raise Damaged(f"the block at byte {handle.offset} has another checksum than it states")
    return data[handle.offset : end]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise Damaged("a block is too short to say where it ends")
    end = len(block) - 4 - 4 * int.from_bytes(block[-4:], "little")
    if end < 0:
        raise Damaged("a block's restarts do not fit into it")
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        size, at = varint(block, at)
        if shared > len(key) or at + own + size > end or shared + own > LONGEST_KEY:
            raise Damaged("an entry reaches beyond its block")
        key, at = key[:shared] + block[at : at + own], at + own
        yield key, block[at : at + size]
        at += size


def read_table(data: bytes) -> dict[bytes, bytes]:
    """Keys and values of a table file's content. Raises `Damaged` in a few words."""
    if len(data) < FOOTER or int.from_bytes(data[-8:], "little") != MAGIC:
        raise Damaged("does not end as a table does")
    footer = data[-FOOTER:]
    about, at = _handle(footer)
    _block(data, about)
    index, _ = _handle(footer, at)
    table: dict[bytes, bytes] = {}
    for _, value in _entries(_block(data, index)):
        for key, content in _entries(_block(data, _handle(value)[0])):
            if key in table:
                raise Damaged(f"two entries are called {key[:60]!r}")
            table[key] = content
    return table
