"""Metrics that are one number a table: from an assessor's scores and maps, and what the data set knows."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import RefusedSet
from harness.interfaces import Assessed, TableMetric
from harness.plugins import Registry
from harness.runner.assessing import ASSESSED
from harness.runner.features import matrix_of, set_aggregates, stored_truths, table_metrics
from harness.runner.levels import LEVELS, Levels, unpacked
from harness.runner.plan import build_dataset
from harness.stats.reduced import packed_replicates
from harness.store.folder import RunFolder
from harness.suites import Task

__all__ = ["aggregates_of"]

COLUMNS = ["entry", "task", "metric", "subset", "n", "clusters", "value", "lo", "hi", "why", "curve", "replicates"]


def aggregates_of(run: RunFolder, registry: Registry, entries: Sequence[str], tasks: Sequence[Task]) -> pd.DataFrame:
    """Every set and table metric of every cell as rows of the aggregates table.

    Raises `MissingRequirement` where a metric needs what is not here.
    """
    sets = set_aggregates(run, registry, entries, tasks).reindex(columns=COLUMNS)
    tables = _of_tables(run, registry, entries, tasks)
    full = [frame for frame in (sets, tables) if len(frame)]
    return pd.concat(full, ignore_index=True) if full else sets


def _of_tables(run: RunFolder, registry: Registry, entries: Sequence[str], tasks: Sequence[Task]) -> pd.DataFrame:
    """Every table metric of every cell as rows of the aggregates table.

    An assessor's refusals stay in as pictures without a score; an entry with a failed or missing sample is reduced to
    nothing, for what fails on the hard ones would look better on the rest.

    Raises `MissingRequirement` where a metric needs the pairs of a data set that is not here.
    """
    rows: list[dict[str, Any]] = []
    for task in tasks:
        metrics = table_metrics(task.metrics, registry)
        if not metrics:
            continue
        pictures = _pictures(run, task)
        pairs = _pairs(registry, task) if any(metric.pairs for metric in metrics.values()) else ()
        features = {
            name: _features(run, registry, name, task.id, pictures)
            for name in {metric.extractor for metric in metrics.values()} - {""}
        }
        for entry in entries:
            mine = _records(run, entry, task, pictures)
            if mine is None:
                continue
            scores, levels = _scores(mine, pictures), _levels(mine, pictures)
            for column, metric in metrics.items():
                seen = Assessed(
                    ids=tuple(pictures["sample"]), clusters=tuple(pictures["cluster"]), scores=scores,
                    truths=tuple(pictures["known"]), pairs=pairs, features=features.get(metric.extractor),
                    levels=levels,
                )  # fmt: skip
                rows += [{"entry": entry, "task": task.id, "metric": column, **row} for row in _reduced(metric, seen)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _pictures(run: RunFolder, task: Task) -> pd.DataFrame:
    """Sample, cluster and what is known of each picture of a task, by sample."""
    table = next(table for table in run.manifest["suite"]["tasks"] if table["id"] == task.id)
    samples = run.samples()
    mine = samples[(samples["task"] == task.id) & samples["sample"].isin(table["samples"])].sort_values("sample")
    known: list[Any] = [json.loads(text) if text else {} for text in mine["known"]]
    return mine.assign(known=known)


def _pairs(registry: Registry, task: Task) -> tuple[tuple[str, str, bool], ...]:
    return tuple(build_dataset(task.dataset, registry).pairs() or ())


def _features(run: RunFolder, registry: Registry, extractor: str, task: str, pictures: pd.DataFrame) -> Any:
    rows = stored_truths(run, registry, extractor, task).drop_duplicates("sample").set_index("sample")
    return matrix_of(rows.loc[list(pictures["sample"])])


def _records(run: RunFolder, entry: str, task: Task, pictures: pd.DataFrame) -> pd.DataFrame | None:
    """An entry's records of a task's pictures; None where one failed or is not there."""
    rows = run.rows(entry, {"id": task.id, "samples": list(pictures["sample"])})
    whole = not rows.empty and not (rows["status"] == "failed").any() and set(rows["sample"]) == set(pictures["sample"])
    return rows if whole else None


def _scores(rows: pd.DataFrame, pictures: pd.DataFrame) -> NDArray[np.float64]:
    """One score a picture, mean over repeats, NaN where refused."""
    if f"score:{ASSESSED}" not in rows:
        return np.full(len(pictures), math.nan)
    return rows.groupby("sample")[f"score:{ASSESSED}"].mean().reindex(pictures["sample"]).to_numpy(np.float64)


def _levels(rows: pd.DataFrame, pictures: pd.DataFrame) -> Levels | None:
    """[n, 2, 256] of `harness.runner.levels`, added over repeats, 0 where a picture has no map; None where none has."""
    if f"fact:{LEVELS}" not in rows:
        return None
    found = np.zeros((len(pictures), 2, 256), np.int64)
    places = {name: place for place, name in enumerate(pictures["sample"])}
    for name, text in zip(rows["sample"], rows[f"fact:{LEVELS}"], strict=True):
        if isinstance(text, str) and text:
            found[places[name]] += unpacked(text)
    return found


def _reduced(metric: TableMetric, seen: Assessed) -> list[dict[str, Any]]:
    sizes = {"n": len(seen.ids), "clusters": len(set(seen.clusters))}
    nothing = {"value": math.nan, "lo": math.nan, "hi": math.nan, "curve": None, "replicates": None}
    try:
        found = metric.reduce(seen)
    except RefusedSet as refusal:
        return [{"subset": "", **sizes, **nothing, "why": str(refusal)}]
    return [
        {
            "subset": one.subset, **sizes, "value": one.value, "lo": one.lo, "hi": one.hi,
            "curve": one.curve, "replicates": None if one.replicates is None else packed_replicates(one.replicates),
            "why": one.note or ("" if math.isfinite(one.value) else "undefined"),
        }
        for one in found
    ]  # fmt: skip
