"""One task's records as arrays: who has which sample, which are common, scores as samples × entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.stats.clusters import Floats

__all__ = ["Counts", "Flags", "TaskTable", "task_table"]

Flags = NDArray[np.bool_]

SEVERITY = {"ok": 0, "skipped": 1, "failed": 2}
MISSING = 3
NUMBERS = ("ratio", "seconds", "peak_mb")

FEWEST_OK = 0.8
"""ours: an entry with a result on fewer than four fifths of the samples that another entry has is not ranked: a method
that fails on the hard ones would look better on the rest, and would decide what the others are judged on. It is shown
with its counts and does not shrink the common set. Of each metric the same holds for finite scores. What no entry has
(a damaged picture, a ratio to a flat truth) is nobody's fault."""


class Counts(NamedTuple):
    """Samples of an entry by status."""

    ok: int
    failed: int
    skipped: int


@dataclass(frozen=True)
class TaskTable:
    """Records of one task, rows by sample id: neither the records' order nor clusters' names matter.

    Attributes:
        entries: references in the manifest's order (E of them).
        samples, labels, ratios: id, cluster and mask area of each sample [N]; NaN where a task has no masks.
        severity: worst status over repeats [N, E]: 0 ok, 1 skipped, 2 failed, 3 missing.
        left_out: entry → why it does not help to decide which samples are common.
    """

    entries: tuple[str, ...]
    samples: NDArray[Any]
    labels: NDArray[Any]
    ratios: Floats
    severity: NDArray[np.int64]
    left_out: Mapping[str, str]
    rows: pd.DataFrame

    @property
    def compared(self) -> Flags:
        """[E]: entries compared with each other, on the samples that all of them have."""
        return np.array([entry not in self.left_out for entry in self.entries], dtype=bool)

    @property
    def common(self) -> Flags:
        """[N]: samples on which every compared entry is ok; none where no entry is compared."""
        if not self.compared.any():
            return np.zeros(len(self.labels), dtype=bool)
        return np.asarray((self.severity[:, self.compared] == SEVERITY["ok"]).all(axis=1))

    def counts(self, entry: str, subset: Flags) -> Counts:
        """Samples of `subset` [N] by the entry's status."""
        status = self.severity[subset, self.entries.index(entry)]
        return Counts(*(int((status == SEVERITY[name]).sum()) for name in ("ok", "failed", "skipped")))

    def scores(self, metric: str) -> Floats:
        """Scores [N, E] of a metric column, mean over repeats; NaN where undefined or not common."""
        return self.values(f"score:{metric}")

    def values(self, column: str) -> Floats:
        """Any numeric column of the records [N, E], mean over repeats; NaN where undefined or not common."""
        return np.where(self.common[:, None], self.own_values(column), np.nan)

    def own_values(self, column: str) -> Floats:
        """The same of every entry on all samples that it has itself; NaN where undefined or not ok."""
        if column not in self.rows:
            return np.full(self.severity.shape, np.nan)
        cells = self.rows.groupby(["sample", "entry"])[column]
        # A mean over some of the repeats would hide that the others have no value, as a failed one is not hidden.
        means = cells.mean().where(cells.count() == cells.size()).unstack("entry")
        values: Floats = means.reindex(index=self.samples, columns=list(self.entries)).to_numpy(np.float64)
        usable = (self.severity == SEVERITY["ok"]) & np.isfinite(values)
        return np.where(usable, values, np.nan)

    def defined(self, scores: Floats) -> Flags:
        """[N]: samples on which every compared entry has a finite score; see `FEWEST_OK` for who is not asked.

        Who is not asked is not ranked by this metric; its mean rests on those of the samples where it has a score,
        so on an n of its own.
        """
        counts = np.isfinite(scores).sum(axis=0) * self.compared
        having = (counts > 0) & (counts >= FEWEST_OK * counts.max(initial=0))
        return np.asarray(np.isfinite(scores[:, having]).all(axis=1) & having.any())

    def spreads(self, metric: str, subset: Flags) -> dict[str, float]:
        """Standard deviation over repeats of the mean on `subset` [N], of each entry that has several repeats."""
        column = f"score:{metric}"
        if column not in self.rows or self.rows["repeat"].nunique() < 2:
            return {}
        chosen = self.rows[self.rows["sample"].isin(self.samples[subset])]
        by_repeat = chosen.groupby(["entry", "repeat"])[column].mean().groupby("entry")
        return {str(entry): float(spread) for entry, spread in by_repeat.std(ddof=1).dropna().items()}


def task_table(
    records: pd.DataFrame, task: str, entries: Sequence[str], *, n_total: int, reasons: Mapping[str, str]
) -> TaskTable:
    """Arrange the records of one task.

    Args:
        records: as `RunFolder.records()` gives them.
        entries: references of the manifest, in its order.
        n_total: samples the task has, recorded or not.
        reasons: entry → why the run skipped it as a whole.

    Raises:
        HarnessError: a record names an entry that the manifest does not have.
    """
    # The store leaves out columns in which nothing is known, such as the seconds of a run that only failed.
    known = [*records.columns, *(name for name in NUMBERS if name not in records.columns)]
    rows = records[records["task"] == task].reindex(columns=known)
    strangers = sorted(set(rows["entry"]) - set(entries))
    if strangers:
        raise HarnessError(f"records of task '{task}' name entries that the manifest lacks: {', '.join(strangers)}")
    first = rows.groupby("sample", sort=True).agg({"cluster": "first", "ratio": "first"})
    severity = _severity(rows, list(entries))
    most = int((severity == SEVERITY["ok"]).sum(axis=0).max(initial=0))
    left_out = {
        entry: why
        for entry, status in zip(entries, severity.T, strict=True)
        if (why := _why_left_out(status, n_total, most, reasons.get(entry, "")))
    }
    return TaskTable(
        entries=tuple(entries),
        samples=first.index.to_numpy(),
        labels=first["cluster"].to_numpy(),
        ratios=first["ratio"].to_numpy(np.float64),
        severity=severity,
        left_out=left_out,
        rows=rows,
    )


def _severity(rows: pd.DataFrame, entries: list[str]) -> NDArray[np.int64]:
    """Worst status by sample and entry; a sample with fewer repeats than the entry's others is missing yet."""
    status = rows.assign(severity=rows["status"].map(SEVERITY).astype(np.int64))
    cells = status.groupby(["sample", "entry"])["severity"]
    worst = cells.max().unstack("entry").reindex(columns=entries)
    repeats = cells.size().unstack("entry").reindex(columns=entries)
    finished = repeats.eq(repeats.max(axis=0), axis=1)
    return worst.where(finished).fillna(MISSING).to_numpy(np.int64)


def _why_left_out(status: NDArray[np.int64], n_total: int, most: int, reason: str) -> str:
    """`most`: samples that the entry with most results has."""
    recorded, ok = int((status != MISSING).sum()), int((status == SEVERITY["ok"]).sum())
    if not recorded:
        return f"skipped: {reason}" if reason else "no record"
    if recorded < n_total:
        return f"incomplete: {recorded} of {n_total} samples"
    if not ok or ok < FEWEST_OK * most:
        return f"a result on only {ok} of {most or n_total} samples"
    return ""
