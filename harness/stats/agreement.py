"""Do two feature backbones order the entries alike? A difference that only one network sees is no finding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.stats.intervals import mean_intervals
from harness.stats.model import Disagreement, Interval, PairTest
from harness.stats.table import TaskTable

__all__ = ["BACKBONES", "backbone_columns", "disagreements"]

BACKBONES = (("feat_efl0", "feat_efl2"),)
"""Metrics of one form on two networks, better in the same direction; compared within one region."""


def backbone_columns(columns: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of columns to compare: one form, one region, two networks, both measured."""
    return [
        (column, second + column.removeprefix(first))
        for first, second in BACKBONES
        for column in columns
        if column.partition("@")[0] == first and second + column.removeprefix(first) in columns
    ]


def disagreements(
    table: TaskTable, columns: Sequence[str], pairs: Sequence[PairTest], *, seed: int = 0
) -> tuple[Disagreement, ...]:
    """Tested pairs whose paired mean differences have opposite signs on two backbones.

    A pair is flagged where the signs differ, however small the differences (ours: a reader must see that the two do
    not say the same); `separable` where each cluster-bootstrap interval excludes 0. Both backbones are taken on the
    samples where both are defined. A difference of exactly 0 has no sign.

    Args:
        table: of the task.
        columns: per-sample metric columns of the task.
        pairs: of the task; only their entries' names are used.
        seed: of resamples.
    """
    found = []
    for first, second in backbone_columns(columns):
        scores = np.stack([table.scores(first), table.scores(second)])
        rows = table.defined(scores[0]) & table.defined(scores[1])
        for pair in pairs if rows.any() else ():
            a, b = table.entries.index(pair.a), table.entries.index(pair.b)
            differences = (scores[:, :, a] - scores[:, :, b])[:, rows].T
            if not np.isfinite(differences).all() or np.prod(np.sign(differences.mean(axis=0))) >= 0:
                continue
            of_first, of_second = mean_intervals(differences, table.labels[rows], seed=seed)
            separable = _excludes_zero(of_first) and _excludes_zero(of_second)
            found.append(Disagreement(pair.a, pair.b, first, second, of_first, of_second, separable))
    return tuple(found)


def _excludes_zero(interval: Interval) -> bool:
    """False where too few clusters tell no interval."""
    return interval.lo > 0 or interval.hi < 0
