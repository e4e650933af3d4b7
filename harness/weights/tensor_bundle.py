"""Reading TensorFlow's checkpoints (`NAME.index`, `NAME.data-00000-of-00001`) without TensorFlow.

The index is a table from a variable's name to a `BundleEntryProto` (tensorflow/core/protobuf/tensor_bundle.proto): its
type, shape, and where in which data file its raw bytes lie. The entry of the empty name is the header. The names of
data files follow from the index's own, so nothing in a checkpoint can point elsewhere.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import HarnessError
from harness.weights.leveldb_table import Damaged, read_table, varint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Entry", "TensorBundle", "open_bundle"]

FLOAT = 1  # of tensorflow.DataType
BYTES = 4
LARGEST_INDEX = 64 << 20  # ours: an index of a few thousand variables takes some hundred kilobytes
MOST_SHARDS = 99_999  # what the five digits in a data file's name can say
_PART = re.compile(r"(.+)\.(?:index|data-\d{5}-of-\d{5}|meta)")


class Entry(NamedTuple):
    """Where a variable lies: bytes ``offset`` to ``offset + size`` of a data file, and what they are."""

    kind: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int


@dataclass(frozen=True)
class TensorBundle:
    """An opened checkpoint: its variables by name; their values are read one by one."""

    prefix: Path
    shards: int
    entries: Mapping[str, Entry]

    def read(self, name: str) -> NDArray[np.float32]:
        """A variable's value, float32. Raises `HarnessError` if it is not there, not float32 or not whole."""
        import numpy as np

        from harness.weights.crc32c import masked_crc32c

        entry = self.entries.get(name)
        if entry is None:
            raise HarnessError(f"{self.prefix}.index: has no variable '{name}'")
        if entry.kind != FLOAT:
            raise HarnessError(f"{self.prefix}.index: '{name}' is of TensorFlow's type {entry.kind}, not float32 (1)")
        path = self.data_file(entry.shard)
        raw = _part(path, entry, name)
        if masked_crc32c(raw) != entry.checksum:
            raise HarnessError(f"{path}: '{name}' has another checksum than the index states: the file is damaged")
        return np.frombuffer(raw, "<f4").reshape(entry.shape).astype(np.float32)

    def data_file(self, shard: int) -> Path:
        """The file of one of the ``shards``."""
        return self.prefix.with_name(f"{self.prefix.name}.data-{shard:05}-of-{self.shards:05}")


def _part(path: Path, entry: Entry, name: str) -> bytes:
    try:
        with path.open("rb") as stream:
            if entry.offset + entry.size > os.fstat(stream.fileno()).st_size:
                raise HarnessError(f"{path}: ends within '{name}': it is not whole")
            stream.seek(entry.offset)
            return stream.read(entry.size)
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read ({error.strerror}); it belongs beside the index") from error


def open_bundle(path: Path) -> TensorBundle:
    """Read a checkpoint's index; ``path`` names any of its files, or what their names begin with.

    Raises:
        HarnessError: there is no index, or it is none, or damaged.
    """
    named = _PART.fullmatch(path.name)
    prefix = path.with_name(named[1]) if named else path
    index = prefix.with_name(prefix.name + ".index")
    try:
        if index.stat().st_size > LARGEST_INDEX:
            raise HarnessError(f"{index}: is larger than any index ({LARGEST_INDEX >> 20} MiB)")
        content = index.read_bytes()
    except OSError as error:
        raise HarnessError(
            f"{index}: cannot be read ({error.strerror}); name a TensorFlow checkpoint's index"
        ) from error
    try:
        table = read_table(content)
        shards = _shards(table.pop(b"", b""))
        entries = {name.decode("utf-8"): _entry(value, shards) for name, value in table.items()}
    except ValueError as error:  # of the table, the entries or the names' encoding
        raise HarnessError(f"{index}: is no TensorFlow checkpoint's index, or damaged: {error}") from error
    return TensorBundle(prefix, shards, entries)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and contents of a protocol buffer's fields."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        wire = tag & 7
        if wire == 0:
            value, at = varint(message, at)
            yield tag >> 3, value
            continue
        if wire == 2:
            size, at = varint(message, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise Damaged(f"a field is of the unknown kind {wire}")
        if at + size > len(message):
            raise Damaged("a field reaches beyond its message")
        content = message[at : at + size]
        yield tag >> 3, content if wire == 2 else int.from_bytes(content, "little")
        at += size


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise Damaged("a number is stored as bytes")
    return value


def _message(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise Damaged("a message is stored as a number")
    return value


def _shards(header: bytes) -> int:
    found = dict(_fields(header))
    if found.get(2, 0) != 0:
        raise Damaged("its values are stored big end first")
    shards = _number(found.get(1, 0))
    if not 1 <= shards <= MOST_SHARDS:
        raise Damaged(f"its header names {shards} data files")
    return shards


def _shape(message: bytes) -> tuple[int, ...]:
    sizes = [dict(_fields(_message(value))).get(1, 0) for number, value in _fields(message) if number == 2]
    return tuple(_number(size) for size in sizes)


def _entry(message: bytes, shards: int) -> Entry:
    found = dict(_fields(message))
    if 7 in found:
        raise Damaged("a variable is stored in slices")
    kind, shard, offset, size, checksum = (_number(found.get(number, 0)) for number in (1, 3, 4, 5, 6))
    shape = _shape(_message(found.get(2, b"")))
    if shard >= shards:
        raise Damaged(f"a variable lies in data file {shard} of {shards}")
    if kind == FLOAT and size != BYTES * math.prod(shape):
        raise Damaged(f"a variable of shape {list(shape)} takes {size} bytes")
    return Entry(kind, shape, shard, offset, size, checksum)
