"""How far annotators agree, and how much of each entry's holes they marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from harness.annotations.rounds import Mark, latest
from harness.annotations.store import Annotations
from harness.stats.intervals import mean_intervals

if TYPE_CHECKING:
    from harness.annotations.fills import Fill
    from harness.interfaces import Hole
    from harness.stats.model import Interval

__all__ = ["Agreement", "EntryRatio", "FillAgreement", "agreement", "by_fill", "entry_ratios", "iou", "majority"]


@dataclass(frozen=True)
class FillAgreement:
    """One fill that two or more annotators marked: mean IoU over their pairs, and whether all found it clean."""

    fill: Fill
    iou: float
    annotators: int
    clean: bool


@dataclass(frozen=True)
class Agreement:
    """Over fills with two or more annotators.

    Attributes:
        mean: of their IoU, with an interval by cluster; None without such a fill.
        marked: the same over fills where somebody marked something: agreement that nothing is wrong left out.
    """

    fills: tuple[FillAgreement, ...]
    mean: Interval | None
    marked: Interval | None


@dataclass(frozen=True)
class EntryRatio:
    """One entry: PAR as marked, |artifact ∩ hole| / |hole|, averaged over a fill's annotators, then over fills.

    `clean`: the share of fills without any mark. `fills`: how many were marked.
    """

    entry: str
    ratio: Interval
    clean: float
    fills: int


def iou(a: Hole, b: Hole) -> float:
    """|a ∩ b| / |a ∪ b| of two masks [H, W]; 1 where both are empty (ours: that nothing is wrong is agreement)."""
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0


def majority(masks: Sequence[Hole]) -> Hole:
    """Pixels that more than half of the annotators marked (ours: a tie is not marked)."""
    return np.asarray(2 * np.sum(masks, axis=0) > len(masks))


def by_fill(marks: Sequence[Mark]) -> Mapping[str, list[Mark]]:
    """The marks that count, by fill id."""
    found: dict[str, list[Mark]] = {}
    for (fill, _), mark in latest(marks).items():
        found.setdefault(fill, []).append(mark)
    return found


def agreement(annotations: Annotations) -> Agreement:
    """Inter-annotator IoU of every fill that two or more marked."""
    fills = []
    for marks in by_fill(annotations.marks()).values():
        if len(marks) < 2:
            continue
        masks = [annotations.mask(mark) for mark in marks]
        value = float(np.mean([iou(a, b) for a, b in combinations(masks, 2)]))
        fills.append(FillAgreement(marks[0].fill, value, len(marks), not any(mark.area for mark in marks)))
    found = [one for one in fills if not one.clean]
    return Agreement(tuple(fills), _mean(fills), _mean(found))


def _mean(fills: Sequence[FillAgreement]) -> Interval | None:
    if not fills:
        return None
    values = np.array([[one.iou] for one in fills])
    return mean_intervals(values, [one.fill.cluster for one in fills])[0]


def entry_ratios(annotations: Annotations) -> list[EntryRatio]:
    """By entry how much of its holes was marked, least first. Fills without a hole count for nothing."""
    of_entry: dict[str, list[tuple[str, float, bool]]] = {}
    for marks in by_fill(annotations.marks()).values():
        ratios = [mark.ratio for mark in marks if mark.ratio is not None]
        if ratios:
            clean, fill = not any(mark.area for mark in marks), marks[0].fill
            of_entry.setdefault(fill.entry, []).append((fill.cluster, float(np.mean(ratios)), clean))
    found = []
    for entry, rows in of_entry.items():
        interval = mean_intervals(np.array([[ratio] for _, ratio, _ in rows]), [cluster for cluster, _, _ in rows])[0]
        found.append(EntryRatio(entry, interval, sum(clean for _, _, clean in rows) / len(rows), len(rows)))
    return sorted(found, key=lambda one: one.ratio.value)
