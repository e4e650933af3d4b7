"""`summarise`: from records to all that a table, report or dashboard shows, with its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from harness.stats.agreement import disagreements
from harness.stats.cells import aggregate_cells, sample_cells, speeds
from harness.stats.model import Interval, RunSummary, TaskSummary
from harness.stats.standings import rank_task
from harness.stats.table import task_table

__all__ = ["RunSummary", "aggregates_frame", "summarise"]

AGGREGATE_COLUMNS = [
    "entry", "task", "metric", "subset", "n", "clusters", "value", "lo", "hi", "curve", "why", "replicates",
]  # fmt: skip
LARGE = ("curve", "replicates")


def summarise(
    records: pd.DataFrame, manifest: Mapping[str, Any], aggregates: pd.DataFrame | None = None, *, seed: int = 0
) -> RunSummary:
    """Summarise a run, finished or not.

    Scores are averaged over repeats, then over the samples that all compared entries have (geometrically where
    `metrics_info` says so); everything is resampled by cluster. The primary metric of each task is tested for all
    pairs that share a table (Holm within the task); other metrics have intervals only. The same records give the
    same summary in whatever order they come.

    Args:
        records: as `RunFolder.records()` gives them.
        manifest: as in `manifest.json`: `suite.tasks`, `entries`, `skipped`.
        aggregates: rows of set and table metrics (`AGGREGATE_COLUMNS`), reduced elsewhere from stored
        features.
        seed: of resamples and permutations.

    Raises:
        HarnessError: a record names an entry that the manifest lacks.
    """
    tasks = tuple(_task_summary(task, records, manifest, aggregates, seed) for task in manifest["suite"]["tasks"])
    return RunSummary(manifest["suite"]["name"], tasks)


def _task_summary(
    task: Mapping[str, Any],
    records: pd.DataFrame,
    manifest: Mapping[str, Any],
    aggregates: pd.DataFrame | None,
    seed: int,
) -> TaskSummary:
    entries = manifest["entries"]
    reasons = {skip["what"]: skip["reason"] for skip in manifest["skipped"] if skip["task"] in ("", task["id"])}
    references = [entry["reference"] for entry in entries]
    table = task_table(records, task["id"], references, n_total=task["n"], reasons=reasons)
    per_sample = [column for column in task["metrics"] if task["metrics_info"][column]["kind"] == "sample"]
    geometric = {column for column in per_sample if task["metrics_info"][column].get("mean") == "geometric"}
    cells = sample_cells(task["id"], table, per_sample, seed, geometric)
    if aggregates is not None:
        others = [column for column in task["metrics"] if column not in per_sample]
        cells += aggregate_cells(task["id"], table, others, aggregates)
    ranking = rank_task(task, entries, table, seed, aggregates)
    common = table.common
    return TaskSummary(
        task=task["id"],
        title=task["title"],
        primary=task["primary"],
        higher_is_better=bool(task["metrics_info"][task["primary"]]["higher_is_better"]),
        n_common=int(common.sum()),
        n_total=task["n"],
        clusters=len(np.unique(table.labels[common])),
        detectable=ranking.detectable,
        standings=ranking.standings,
        cells=tuple(cells),
        pairs=ranking.pairs,
        speeds=tuple(speeds(task["id"], table, seed)),
        bars=ranking.bars,
        disagreements=disagreements(table, per_sample, ranking.pairs, seed=seed),
    )


def aggregates_frame(summary: RunSummary, reduced: pd.DataFrame | None = None) -> pd.DataFrame:
    """The cells of a summary as rows of `aggregates.parquet`; one without a value has n = 0 and NaN figures.

    Curves and replicates, which a summary leaves out for their size, come from the frame that it was made with.
    """
    nothing = Interval(float("nan"), float("nan"), float("nan"), 0, 0)
    rows = []
    for task in summary.tasks:
        for cell in task.cells:
            of = cell.interval or nothing
            rows.append(
                (
                    cell.entry, cell.task, cell.metric, cell.subset, of.n, of.clusters, of.value, of.lo, of.hi,
                    cell.why,
                )
            )  # fmt: skip
    keys = ["entry", "task", "metric", "subset"]
    frame = pd.DataFrame(rows, columns=[name for name in AGGREGATE_COLUMNS if name not in LARGE])
    if reduced is None or not set(LARGE) <= set(reduced.columns):
        return frame.assign(**dict.fromkeys(LARGE)).reindex(columns=AGGREGATE_COLUMNS)
    return frame.merge(reduced[[*keys, *LARGE]], on=keys, how="left").reindex(columns=AGGREGATE_COLUMNS)
