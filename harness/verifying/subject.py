"""A run folder as far as it can be read: damage in one shard must not hide what is wrong in another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.plugins import registry
from harness.store import RunFolder
from harness.store.packed import as_it_lies, read_text
from harness.store.schema import problems
from harness.store.shards import plain_rows
from harness.suites import task_of

if TYPE_CHECKING:
    import pandas as pd

    from harness.stats.summary import RunSummary

__all__ = ["Row", "Skipped", "Subject"]

Row = dict[str, Any]


class Skipped(Exception):
    """A check cannot be made here; the message says why."""


class Subject:
    """Rows of a run by cell and its samples, as far as they are whole; of the rest a line says what is wrong."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.damage: list[str] = []
        self.row_faults: list[str] = []
        self.sample_faults: list[str] = []
        self.cells = {(e, t): self._cell(e, t) for e in self.references for t in self.tasks}
        self.samples = {(row["task"], row["sample"]): row for row in self._samples()}

    def _cell(self, entry: str, task: str) -> list[Row]:
        rows = []
        for row in self._read(lambda: self.run.shard(self.run.cell(entry, task))):
            where = f"{entry} on {task}, {row.get('sample')}"
            faults = [f"{where}: {problem}" for problem in problems("record", row)]
            if not faults and (row["entry"], row["task"]) != (entry, task):
                faults = [f"{where}: the row says it is of {row['entry']} on {row['task']}"]
            self.row_faults += faults
            if not faults:
                rows.append(row)
        return rows

    def _samples(self) -> Iterator[Row]:
        for row in self._read(self.run.samples):
            where = f"{row.get('task')}, {row.get('sample')}"
            faults = [f"{where}: {problem}" for problem in problems("sample", row)]
            if not faults and row["task"] not in self.tasks:
                faults = [f"{where}: the manifest has no such task"]
            self.sample_faults += faults
            if not faults:
                yield row

    def _read(self, read: Callable[[], pd.DataFrame]) -> list[Row]:
        try:
            return plain_rows(read())
        except HarnessError as error:
            self.damage.append(str(error))
            return []

    @property
    def references(self) -> list[str]:
        """Entries of the manifest."""
        return [entry["reference"] for entry in self.run.manifest["entries"]]

    @cached_property
    def tasks(self) -> Mapping[str, Mapping[str, Any]]:
        """Tasks of the manifest by id."""
        return {task["id"]: task for task in self.run.manifest["suite"]["tasks"]}

    def has_pictures(self, task: str, sample: str) -> bool:
        """Whether the folder says that it keeps truth and mask: every run of every sample, a leaderboard of some."""
        kept = self.run.manifest.get("pictures")
        return kept is None or sample in kept.get(task, ())

    def rows(self) -> Iterator[Row]:
        """Every whole row, stale ones too."""
        for rows in self.cells.values():
            yield from rows

    def current(self, entry: str, task: str) -> list[Row]:
        """Rows of a cell that count today. Raises `Skipped` before the run has written its keys."""
        key = self.cell_keys[entry][task]
        names = set(self.tasks[task]["samples"])
        return [row for row in self.cells[entry, task] if row["cell_key"] == key and row["sample"] in names]

    def counting(self) -> Iterator[Row]:
        """Rows as `RunFolder.records` reads them, no stale ones. Raises `Skipped` before the run has written its keys.

        What a stale row says belongs to samples that the run may since have replaced.
        """
        keys = self.cell_keys
        for (entry, task), rows in self.cells.items():
            yield from self.current(entry, task) if task in keys.get(entry, {}) else rows

    @property
    def cell_keys(self) -> Mapping[str, Mapping[str, str]]:
        """Keys by entry and task. Raises `Skipped` before the run has written them."""
        if "cell_keys" not in self.run.manifest:
            raise Skipped("the run was stopped before its first cell")
        keys: Mapping[str, Mapping[str, str]] = self.run.manifest["cell_keys"]
        return keys

    @cached_property
    def today(self) -> RunSummary:
        """The summary that the rows give today. Raises `Skipped` where rows are damaged or a metric is not here."""
        from harness.runner.tables import aggregates_of
        from harness.stats.summary import summarise

        if self.damage:
            raise Skipped("records or samples are damaged")
        tasks = [task_of(task) for task in self.tasks.values()]
        try:
            reduced = aggregates_of(self.run, registry(), self.references, tasks)
        except (MissingRequirement, UnknownName) as error:
            raise Skipped(str(error)) from error
        return summarise(self.run.records(), self.run.manifest, reduced)

    def json(self, name: str) -> Any:
        """A JSON file of the folder. Raises `Skipped` where an unfinished run has none, `HarnessError` elsewhere."""
        path = self.run.path / name
        if not as_it_lies(path).exists():
            if self.run.manifest["status"] != "complete":
                raise Skipped(f"the run is not complete ({self.run.manifest['status']})")
            raise HarnessError(f"{name} is missing; harness report {self.run.path} rebuilds it")
        try:
            return json.loads(read_text(path))
        except ValueError as error:
            raise HarnessError(f"{name} is damaged ({error}); harness report {self.run.path} rebuilds it") from error
