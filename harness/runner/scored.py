"""What a run's assessors said of a data set's pictures, by entry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.errors import HarnessError
from harness.runner.assessing import ASSESSED
from harness.store import open_run

__all__ = ["assessed_scores"]


def assessed_scores(path: Path, dataset: str) -> Mapping[str, Mapping[str, float]]:
    """Score of each picture (mean over repeats, NaN where refused) by entry, of the tasks on a data set.

    Raises `HarnessError` where the run has no task on it, or no assessor was asked.
    """
    run = open_run(path)
    tasks = [table["id"] for table in run.manifest["suite"]["tasks"] if table["dataset"] == dataset]
    if not tasks:
        raise HarnessError(f"{path}: no task on {dataset}")
    records = run.records()
    mine = records[records["task"].isin(tasks) & records["status"].isin(["ok", "skipped"])]
    if f"score:{ASSESSED}" not in mine or mine.empty:
        raise HarnessError(f"{path}: no assessor judged {dataset}")
    means = mine.groupby(["entry", "sample"])[f"score:{ASSESSED}"].mean()
    return {
        str(entry): {str(name): float(score) for name, score in of.droplevel("entry").astype(np.float64).items()}
        for entry, of in means.groupby(level="entry")
    }
