"""Ranks by a metric that is one number a table: entries are compared on the same resamples of clusters."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from harness.stats.clusters import Floats
from harness.stats.model import FEWEST_CLUSTERS, Interval
from harness.stats.pairs import Difference

__all__ = ["RESAMPLES", "Reduced", "differences", "packed_replicates", "reduced_by"]

RESAMPLES = 500
"""ours: of a number a table; a standard error to 3 %, and Kendall's tau of 10,000 pictures takes 10 ms."""


@dataclass(frozen=True)
class Reduced:
    """One entry's value with `replicates` [B] of it on resampled clusters, the same for all entries."""

    value: float
    replicates: Floats
    n: int
    clusters: int


def packed_replicates(values: Floats) -> str:
    """As `aggregates.parquet` holds them: base64 of little-endian float32."""
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def reduced_by(aggregates: pd.DataFrame | None, task: str, metric: str) -> dict[str, Reduced]:
    """By entry: what ranks it, where it has a finite value and replicates. Older runs have none."""
    if aggregates is None or "replicates" not in aggregates:
        return {}
    chosen = aggregates[(aggregates["task"] == task) & (aggregates["metric"] == metric) & (aggregates["subset"] == "")]
    found = {}
    for row in chosen.to_dict("records"):
        if isinstance(row["replicates"], str) and row["replicates"] and math.isfinite(row["value"]):
            values = np.frombuffer(base64.b64decode(row["replicates"]), "<f4").astype(np.float64)
            found[str(row["entry"])] = Reduced(float(row["value"]), values, int(row["n"]), int(row["clusters"]))
    return found


def differences(of: Mapping[str, Reduced], pairs: Sequence[tuple[str, str]]) -> list[Difference]:
    """First minus second of every pair, with interval and p-value.

    The standard error is that of the paired replicates, Student's t with clusters - 1 degrees gives interval and p
    (Efron & Tibshirani 1993, §12.2): a percentile p could not get below 2 / B, too much after Holm's correction.
    Nothing is told below `FEWEST_CLUSTERS`. No margin of equivalence is agreed for such metrics.

    Raises ValueError where two entries have another number of replicates: they met other resamples.
    """
    return [_difference(of[a], of[b]) for a, b in pairs]


def _difference(a: Reduced, b: Reduced) -> Difference:
    if len(a.replicates) != len(b.replicates):
        raise ValueError(f"{len(a.replicates)} and {len(b.replicates)} replicates are not of the same resamples")
    gap, degrees = a.value - b.value, min(a.clusters, b.clusters) - 1
    both = np.isfinite(a.replicates) & np.isfinite(b.replicates)
    told = degrees + 1 >= FEWEST_CLUSTERS and both.sum() > 1
    error = float(np.std((a.replicates - b.replicates)[both], ddof=1)) if told else math.nan
    reach = float(stdtrit(degrees, 0.975)) * error if told else math.nan
    p = 1.0
    if told:
        p = float(2 * stdtr(degrees, -abs(gap) / error)) if error > 0 else float(gap == 0)
    return Difference(Interval(gap, gap - reach, gap + reach, min(a.n, b.n), degrees + 1), p, 1.0)
