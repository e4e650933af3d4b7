"""The cells of a task: means with intervals on common samples, in all and by mask area, and speeds."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from harness.stats.clusters import Floats
from harness.stats.intervals import mean_intervals, median_interval
from harness.stats.model import FEWEST_CLUSTERS, Cell, Interval, Speed
from harness.stats.table import Flags, TaskTable

__all__ = ["RATIO_EDGES", "aggregate_cells", "ratio_bins", "sample_cells", "speeds"]

RATIO_EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0)
"""Bins of mask area, lower edge excluded as in PConv's irregular masks; the last takes the rest."""


def ratio_bins(ratios: Floats) -> list[tuple[str, Flags]]:
    """Name and members [N] of each bin of mask area that has a sample, e.g. "ratio:0.1-0.2"."""
    bins = [
        (f"ratio:{low:g}-{high:g}", (ratios > low) & (ratios <= high)) for low, high in itertools.pairwise(RATIO_EDGES)
    ]
    return [(name, members) for name, members in bins if members.any()]


def sample_cells(
    task: str, table: TaskTable, metrics: Sequence[str], seed: int, geometric: Collection[str] = ()
) -> list[Cell]:
    """Cells of per-sample metrics: every entry, on all common samples and in every bin of mask area.

    Metrics among `geometric` are averaged as logarithms (a score of 0 or less is undefined there): the value is the
    geometric mean, its interval that of the mean logarithm; a spread over repeats has no meaning for it.
    """
    everything = np.ones(len(table.labels), dtype=bool)
    subsets = [("", everything), *ratio_bins(table.ratios)]
    cells = []
    for metric in metrics:
        scores = table.scores(metric)
        if metric in geometric:
            scores = np.log(scores, where=scores > 0, out=np.full_like(scores, np.nan))
        defined = table.defined(scores)
        spreads = {} if metric in geometric else table.spreads(metric, defined)
        for name, members in subsets:
            intervals = _intervals(table, scores, defined & members, seed)
            if metric in geometric:
                intervals = [of and of.exponential() for of in intervals]
            for entry, interval in zip(table.entries, intervals, strict=True):
                counts = table.counts(entry, members)
                spread = None if name else spreads.get(entry)
                cells.append(Cell(entry, task, metric, name, *counts, interval, spread))
    return cells


def _intervals(table: TaskTable, scores: Floats, rows: Flags, seed: int) -> list[Interval | None]:
    """One interval an entry on `rows`; an entry outside the comparison uses those of them that it has."""
    found: list[Interval | None] = [None] * len(table.entries)
    finite = np.isfinite(scores) & rows[:, None]
    complete = np.flatnonzero(finite.any(axis=0) & (finite.sum(axis=0) == rows.sum()))
    if len(complete):
        together = mean_intervals(scores[rows][:, complete], table.labels[rows], seed=seed)
        for column, interval in zip(complete, together, strict=True):
            found[column] = interval
    for column in set(np.flatnonzero(finite.any(axis=0))) - set(complete):
        own = finite[:, column]
        found[column] = mean_intervals(scores[own][:, [column]], table.labels[own], seed=seed)[0]
    return found


def aggregate_cells(task: str, table: TaskTable, metrics: Sequence[str], aggregates: pd.DataFrame) -> list[Cell]:
    """Cells of set and table metrics as they were reduced (their intervals are jackknife intervals)."""
    chosen = aggregates[(aggregates["task"] == task) & aggregates["metric"].isin(list(metrics))]
    everything = np.ones(len(table.labels), dtype=bool)
    cells = []
    for row in chosen.to_dict("records"):
        counts = table.counts(row["entry"], everything)
        enough = row["clusters"] >= FEWEST_CLUSTERS
        low, high = (float(row["lo"]), float(row["hi"])) if enough else (np.nan, np.nan)
        interval = Interval(float(row["value"]), low, high, int(row["n"]), int(row["clusters"]))
        shown = interval if np.isfinite(interval.value) else None
        why = str(row.get("why", ""))  # table metrics have no reasons
        cells.append(Cell(row["entry"], task, row["metric"], row["subset"], *counts, shown, None, why))
    return cells


def speeds(task: str, table: TaskTable, seed: int) -> list[Speed]:
    """Median seconds over an entry's ok rows (all its samples and repeats) and its largest peak memory."""
    found = []
    for entry in table.entries:
        rows = table.rows[(table.rows["entry"] == entry) & (table.rows["status"] == "ok")]
        timed = rows[np.isfinite(rows["seconds"])].sort_values(["sample", "repeat"])
        seconds = None
        if len(timed):
            values = timed["seconds"].to_numpy(np.float64)
            seconds = median_interval(values, timed["cluster"].to_numpy(), seed=seed)
        peak = rows["peak_mb"].max() if len(rows) else np.nan
        found.append(Speed(entry, task, seconds, float(peak) if np.isfinite(peak) else None))
    return found
