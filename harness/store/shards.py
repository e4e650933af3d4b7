"""Record shards: JSON lines while running, one Parquet file when a cell is complete."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.store.files import clear_errors, jsonable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ShardWriter", "read_jsonl", "read_rows", "seal"]


class ShardWriter:
    """Appends rows to `<stem>.jsonl`: flushed a record, fsynced a batch."""

    def __init__(self, stem: Path) -> None:
        self.path = stem.with_name(stem.name + ".jsonl")
        with clear_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _drop_torn_tail(self.path)
            self._stream: IO[str] = self.path.open("a", encoding="utf-8")

    def append(self, row: dict[str, Any]) -> None:
        """One record, visible to readers at once."""
        with clear_errors(self.path):
            self._stream.write(json.dumps(jsonable(row), ensure_ascii=False) + "\n")
            self._stream.flush()

    def sync(self) -> None:
        """Make what was appended survive a power loss."""
        with clear_errors(self.path):
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Sync and close."""
        self.sync()
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
    """Rows of a file of JSON lines; a last line that a kill tore is dropped with a warning.

    Raises `HarnessError` for damage elsewhere.
    """
    rows = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if number == len(lines):  # no newline ends it: `ShardWriter` will cut it, so it must not count as done
            warnings.warn(f"{path}: dropped a torn last line (a killed run); its sample runs again", stacklevel=2)
            continue
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise HarnessError(f"{path}: line {number} is damaged; harness run --fresh starts anew") from error
    return rows


def read_rows(stem: Path) -> pd.DataFrame:
    """All rows of one cell, sealed and not, the newest of each (sample, repeat) only."""
    import pandas as pd

    frames = []
    parquet, jsonl = stem.with_name(stem.name + ".parquet"), stem.with_name(stem.name + ".jsonl")
    if parquet.exists():
        try:
            frames.append(pd.read_parquet(parquet))
        except (OSError, ValueError) as error:
            raise HarnessError(f"{parquet}: not a readable Parquet file ({str(error).splitlines()[0]})") from error
    if jsonl.exists():
        rows = read_jsonl(jsonl)
        if rows:
            frames.append(pd.DataFrame(rows))
    if not frames:
        return pd.DataFrame()
    # Concatenating an all-null column with a filled one would lose its type: drop empty columns first.
    frame = pd.concat([f.dropna(axis=1, how="all") for f in frames], ignore_index=True)
    return frame.drop_duplicates(["sample", "repeat"], keep="last").reset_index(drop=True)


def seal(stem: Path) -> None:
    """Turn a complete cell's JSON lines into Parquet (`os.replace`), then remove the lines."""
    jsonl = stem.with_name(stem.name + ".jsonl")
    if not jsonl.exists():
        return
    frame = read_rows(stem)
    target = stem.with_name(stem.name + ".parquet")
    temporary = stem.with_name(f".{stem.name}.{os.getpid()}.tmp")
    for column in frame.columns:
        # A fact may be a number here and a word there; Parquet wants one type a column.
        if frame[column].dropna().map(type).nunique() > 1:
            frame[column] = frame[column].map(lambda value: value if value is None else str(value))
    with clear_errors(target):
        try:
            frame.to_parquet(temporary, compression="zstd", index=False)
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        jsonl.unlink()
