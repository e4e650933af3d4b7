"""JSON lines that are appended to while a run goes on. Every line ends with the CRC-32 of what stands before it.

`{"sample": "a", "repeat": 0, "crc": "1a2b3c4d"}`: still JSON to anybody, and one flipped bit is told. Lines without
one (written by hand, by another program) are read as they are.
"""

from __future__ import annotations

import json
import os
import re
import warnings
import zlib
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.store.files import clear_errors, jsonable
from harness.store.packed import read_text

__all__ = ["ShardWriter", "read_jsonl", "row_line"]

# Any three letters: a bit flipped in "crc" itself must not make the line one without a sum.
_SUM = re.compile(rb', "([^"]{3})": "([0-9a-f]{8})"\}$')
SUM_BYTES = len(', "crc": "1a2b3c4d"}')


def row_line(row: dict[str, Any]) -> bytes:
    """One row as a line with its sum, newline included. `row` has at least one key."""
    body = json.dumps(jsonable(row), ensure_ascii=False).encode()
    return body[:-1] + b', "crc": "%08x"}\n' % zlib.crc32(body)


def _parse(line: bytes) -> dict[str, Any]:
    """The row of one line without its sum. Raises ValueError where it is not what was written."""
    found = _SUM.match(line, max(0, len(line) - SUM_BYTES))  # searched for, it takes half as long as the parsing
    if found:
        line = line[: found.start()] + b"}"
        if found[1] != b"crc" or int(found[2], 16) != zlib.crc32(line):
            raise ValueError("its sum does not agree")
    row = json.loads(line)
    if not isinstance(row, dict) or "crc" in row:
        raise ValueError("no row with a whole sum")
    return row


class ShardWriter:
    """Appends rows to `<stem>.jsonl`: in the file (not only in a buffer) a record, fsynced a batch.

    Where a row cannot be written whole, what was written of it is cut off again, so that the file stays readable.
    """

    def __init__(self, stem: Path) -> None:
        self.path = stem.with_name(stem.name + ".jsonl")
        with clear_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _drop_torn_tail(self.path)
            self._stream = self.path.open("ab", buffering=0)

    def append(self, row: dict[str, Any]) -> None:
        """One record, visible to readers at once."""
        line = memoryview(row_line(row))
        size = os.fstat(self._stream.fileno()).st_size
        with clear_errors(self.path, len(line)):
            try:
                while line:  # a disk that is nearly full takes a part and says so only at the next write
                    line = line[self._stream.write(line) :]
            except OSError:
                self._stream.truncate(size)
                raise

    def sync(self) -> None:
        """Make what was appended survive a power loss."""
        with clear_errors(self.path):
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Sync and close."""
        try:
            self.sync()
        finally:
            self._stream.close()


def _drop_torn_tail(path: Path) -> None:
    """Cut a last line that a kill left unfinished, so that the next append starts on a line of its own."""
    if not path.exists():
        return
    with path.open("rb+") as stream:
        content = stream.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            stream.truncate(whole)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Rows of a file of JSON lines, gzipped or not; a last line that a kill tore is dropped with a warning.

    Raises `HarnessError` for damage elsewhere.
    """
    rows = []
    lines = read_text(path).split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if number == len(lines):  # no newline ends it: `ShardWriter` will cut it, so it must not count as done
            warnings.warn(f"{path}: dropped a torn last line (a killed run); its sample runs again", stacklevel=2)
            continue
        try:
            rows.append(_parse(line))
        except ValueError as error:
            told = f"{path}: line {number} is damaged ({error}); delete that line, and the same run computes it again"
            raise HarnessError(told) from error
    return rows
