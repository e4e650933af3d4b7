"""How far a run is, while it goes on or after: counts of rows, cheaply, and whether anybody still writes."""

from __future__ import annotations

import fcntl
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import HarnessError
from harness.store.folder import RunFolder, open_run
from harness.store.shards import parquet_path

__all__ = ["STATUSES", "CellCount", "Failure", "Look", "Watch", "writer"]

STATUSES = ("ok", "failed", "skipped")
FAILURES_KEPT = 6
CHUNK = 1 << 20


class Failure(NamedTuple):
    """A sample that failed, and why, in its method's words."""

    entry: str
    task: str
    sample: str
    reason: str


@dataclass(frozen=True)
class CellCount:
    """Rows of one entry on one task by status, and how many it is to have (0: none was asked for)."""

    entry: str
    task: str
    due: int
    counts: Mapping[str, int]

    @property
    def done(self) -> int:
        """Rows that are there; where a stale row and its successor both are, one of them."""
        return min(sum(self.counts.values()), self.due)


@dataclass(frozen=True)
class Look:
    """A run at one moment.

    Attributes:
        state: the manifest's status ("complete", "interrupted", "failed"); where its call never ended, "running" while
            somebody holds the folder's lock, else "killed".
        writer: who writes into it now, "" for nobody.
        seconds_left: at the pace so far, None where no pace can be told.
    """

    state: str
    writer: str
    cells: tuple[CellCount, ...]
    failures: tuple[Failure, ...]
    seconds_left: float | None

    @property
    def due(self) -> int:
        """Rows that the run is to have."""
        return sum(cell.due for cell in self.cells)

    @property
    def done(self) -> int:
        """Rows that it has."""
        return sum(cell.done for cell in self.cells)

    def count(self, status: str) -> int:
        """Rows of one status."""
        return sum(cell.counts[status] for cell in self.cells)


@dataclass
class _Shard:
    """What was read of one file so far: JSON lines are read from where the last look ended."""

    stamp: tuple[int, int] = (0, 0)
    read: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    failures: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=FAILURES_KEPT))


def writer(folder: Path) -> str:
    """Who holds the lock of a run folder, "" for nobody. Waits for nothing; writes nothing.

    A killed process leaves its name in the file, but no lock.
    """
    path = folder / ".lock"
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return stream.read(200).decode(errors="replace").strip() or "another process"
    return ""


class Watch:
    """Looks at one run again and again, reading only what was written since."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._root = path.resolve()
        self._lock = threading.Lock()
        self._shards: dict[Path, _Shard] = {}
        self._first: tuple[str, float, int] | None = None

    def look(self) -> Look:
        """The run now; threads may share a watch. Raises `HarnessError`: its manifest or a shard cannot be read."""
        with self._lock:
            return self._look()

    def _look(self) -> Look:
        run = open_run(self.path)
        ended = run.manifest["seconds"] is not None
        who = "" if ended else writer(self.path)
        state = str(run.manifest["status"]) if ended else "running" if who else "killed"
        failures = list[Failure]()
        cells = tuple(self._cell(run, entry, task, failures) for entry, task in _cells(run))
        look = Look(state, who, cells, tuple(failures[-FAILURES_KEPT:]), None)
        left = self._seconds_left(run.manifest, look) if state == "running" else None
        return Look(look.state, look.writer, look.cells, look.failures, left)

    def _cell(self, run: RunFolder, entry: str, task: Mapping[str, Any], failures: list[Failure]) -> CellCount:
        stem = run.cell(entry, task["id"])
        counts = dict.fromkeys(STATUSES, 0)
        for path, read in ((parquet_path(stem), _read_parquet), (stem.with_name(f"{stem.name}.jsonl"), _read_lines)):
            shard = self._shard(path, read)
            for status, number in shard.counts.items():
                counts[status] += number
            failures += [Failure(entry, task["id"], sample, reason) for sample, reason in shard.failures]
        keys = run.manifest.get("cell_keys")
        asked = keys is None or task["id"] in keys.get(entry, {})
        return CellCount(entry, task["id"], int(task["n"]) * int(run.manifest["repeats"]) if asked else 0, counts)

    def _shard(self, path: Path, read: Callable[[Path, _Shard], None]) -> _Shard:
        if not path.exists():
            self._shards.pop(path, None)
            return _Shard()
        if not path.is_file() or not path.resolve().is_relative_to(self._root):
            raise HarnessError(f"{path} is no file inside the run's folder")
        try:
            facts = path.stat()
            known = self._shards.get(path)
            if known is None or known.stamp[0] != facts.st_ino or facts.st_size < known.read:
                known = self._shards[path] = _Shard()
            if known.stamp != (facts.st_ino, facts.st_mtime_ns) or known.read < facts.st_size:
                read(path, known)
                known.stamp = (facts.st_ino, facts.st_mtime_ns)
        except FileNotFoundError:  # sealed at this moment: the next look finds the other file
            return _Shard()
        return known

    def _seconds_left(self, manifest: Mapping[str, Any], look: Look) -> float | None:
        now, call = self._clock(), str(manifest["started"])
        if self._first is None or self._first[0] != call:
            # What an earlier call computed says nothing of this one's pace.
            fresh = not manifest["history"]
            self._first = (call, datetime.fromisoformat(call).timestamp(), 0) if fresh else (call, now, look.done)
        _, then, before = self._first
        if look.done <= before or now <= then:
            return None
        return (look.due - look.done) * (now - then) / (look.done - before)


def _cells(run: RunFolder) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in run.manifest["entries"]:
        for task in run.manifest["suite"]["tasks"]:
            yield entry["reference"], task


def _read_lines(path: Path, shard: _Shard) -> None:
    """Count whole lines after what was read. A quote inside a value is escaped, so the words below are the keys'."""
    with path.open("rb") as stream:
        stream.seek(shard.read)
        rest = b""
        while chunk := stream.read(CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                shard.read += len(line) + 1
                for status in STATUSES:
                    if b'"status": "%s"' % status.encode() in line:
                        shard.counts[status] += 1
                if b'"status": "failed"' in line:
                    shard.failures.append(_told(path, line))


def _told(path: Path, line: bytes) -> tuple[str, str]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise HarnessError(f"{path} has a damaged line; harness verify says which") from error
    return str(row.get("sample", "")), str(row.get("reason", ""))


def _read_parquet(path: Path, shard: _Shard) -> None:
    """Count a sealed cell's rows: by the footer alone where every row has the status that most have."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    fresh = _Shard()
    try:
        with ParquetFile(path) as opened:
            if _all_ok(opened):
                fresh.counts["ok"] = opened.metadata.num_rows
            else:
                names = [name for name in ("status", "sample", "reason") if name in opened.schema_arrow.names]
                for row in opened.read(names).to_pylist():
                    fresh.counts[row["status"]] += 1
                    if row["status"] == "failed":
                        fresh.failures.append((str(row["sample"]), str(row.get("reason") or "")))
    except (ArrowException, OSError, KeyError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise HarnessError(f"{path} cannot be read ({str(error).splitlines()[0]}); harness verify says more") from error
    shard.counts, shard.failures, shard.read = fresh.counts, fresh.failures, path.stat().st_size


def _all_ok(opened: Any) -> bool:
    column = opened.schema_arrow.names.index("status")
    for group in range(opened.metadata.num_row_groups):
        found = opened.metadata.row_group(group).column(column).statistics
        if found is None or not found.has_min_max or (found.min, found.max) != ("ok", "ok"):
            return False
    return True
