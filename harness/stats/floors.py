"""The bars that learned inpainters are held to, and the words that mark an entry below the floor.

The floors are the entries tagged `floor` (classical fills); those tagged `smooth` draw no texture. A bar is
judged against every floor, corrected by Holm over them, so that choosing the best floor on the same data
favours nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.stats.clusters import Floats
from harness.stats.intervals import mean_intervals
from harness.stats.model import BELOW_FLOOR, BarPart, BarResult
from harness.stats.paired import holm, noninferiority_test, smallest_p, superiority_test
from harness.stats.reduced import Reduced, differences
from harness.stats.table import TaskTable

__all__ = [
    "NONINFERIOR_MARGIN_DB",
    "NOT_JUDGED",
    "SUPERIOR_MARGIN_DB",
    "FloorEntries",
    "below_floor",
    "below_floor_by_bar",
    "below_floor_of_table",
    "floor_bar",
    "signed",
    "why_not_judged",
]

BarKind = Literal["superior", "noninferior"]

FIDELITY, FEATURES, DETAIL = "psnr@hole", "feat_efl0@hole", "hf_ratio@hole"
SUPERIOR_MARGIN_DB = 1.0
NONINFERIOR_MARGIN_DB = 0.5
DETAIL_RANGE = (0.5, 2.0)

BAR_SIGNIFICANCE = 0.025
"""ours: one-sided, so that a passed part agrees with the two-sided 95 % intervals shown beside it."""

NOT_JUDGED = "*floor not judged*"


@dataclass(frozen=True)
class FloorEntries:
    """Compared entries tagged `floor`, and those of them tagged `smooth`."""

    all: tuple[str, ...]
    smooth: tuple[str, ...]

    @classmethod
    def of(cls, tags: Mapping[str, Sequence[str]], compared: Sequence[str]) -> FloorEntries:
        """Pick them from entry → tags, among the entries that are compared."""
        floors = tuple(entry for entry in compared if "floor" in tags[entry])
        return cls(floors, tuple(entry for entry in floors if "smooth" in tags[entry]))


def why_not_judged(floors: FloorEntries, clusters: int, bar: str, wanted: Sequence[str] = ()) -> str:
    """Why this run can tell nobody above the floor, "" if it can: a small run must not call anybody below it.

    `wanted` are the suite's own floors: a run that leaves out the best one must not let anybody pass.
    """
    if not floors.all:
        return f"{NOT_JUDGED}: this run has no floor" if bar else ""
    absent = [name for name in wanted if name not in floors.all]
    if bar and absent:
        return f"{NOT_JUDGED}: this run lacks {', '.join(absent)}"
    if smallest_p(clusters, "greater") > BAR_SIGNIFICANCE / len(floors.all):
        return f"{NOT_JUDGED}: {clusters} clusters are too few"
    return ""


def floor_bar(
    kind: BarKind, entry: str, *, task: str, floors: FloorEntries, table: TaskTable, info: Mapping[str, Any]
) -> BarResult:
    """Judge one learned inpainter.

    `superior`: more than 1 dB above every floor in hole PSNR, and a smaller hole feature distance than every
    floor.
    `noninferior`: less than 0.5 dB below every floor in hole PSNR, a smaller hole feature distance than every
    smooth floor, and a geometric mean of the high-frequency ratio within a factor 2 (a ratio's natural mean:
    half and twice the truth's detail weigh alike).
    A part with a margin is decided as the gate of a comparison is (`contests.GATE_SIGNIFICANCE` on its level):
    swap test and interval both.

    Args:
        floors: not empty.
        info: `metrics_info` of the task.
    """
    digits = int(info[FEATURES]["digits"]) if FEATURES in info else 0
    parts: tuple[BarPart, ...]
    if kind == "superior":
        fidelity = _margin_part(entry, floors.all, table, SUPERIOR_MARGIN_DB)
        parts = (fidelity, _feature_part(entry, floors.all, "floor", table, digits))
    else:
        fidelity = _margin_part(entry, floors.all, table, -NONINFERIOR_MARGIN_DB)
        features = _feature_part(entry, floors.smooth, "smooth floor", table, digits)
        parts = (fidelity, features, _detail_part(entry, table))
    return BarResult(entry, task, kind, all(part.passed for part in parts), parts)


def _margin_part(entry: str, floors: Sequence[str], table: TaskTable, margin: float) -> BarPart:
    where = f"{margin:g} dB above" if margin > 0 else f"at most {-margin:g} dB below"
    name = f"{FIDELITY} {where} the best floor"
    gains = _gains(entry, floors, table, FIDELITY, higher_is_better=True)
    if gains is None:
        return BarPart(name, False, f"{FIDELITY} not measured")
    values, labels = gains
    if margin > 0:
        p = superiority_test(values, labels, margin=margin)
    else:
        p = noninferiority_test(values, labels, margin=-margin)
    part = _tested_part(name, values, p, floors=floors, figure=lambda gain: f"{signed(gain, 1)} dB")
    # A shifted swap test takes differences to be symmetric: as in the gate, the shown interval must agree.
    lowest = min(interval.lo for interval in mean_intervals(values, labels))
    if part.passed and not lowest > margin:
        return BarPart(name, False, f"{part.figure.removesuffix(')')}, 95 % from {signed(lowest, 1)})")
    return part


def _feature_part(entry: str, floors: Sequence[str], which: str, table: TaskTable, digits: int) -> BarPart:
    name = f"{FEATURES} better than the best {which}"
    gains = _gains(entry, floors, table, FEATURES, higher_is_better=False)
    if gains is None:
        return BarPart(name, False, f"{FEATURES} not measured" if floors else f"no {which} in this run")
    values, labels = gains
    p = superiority_test(values, labels, margin=0.0)
    return _tested_part(name, values, p, floors=floors, figure=lambda gain: f"{FEATURES} {signed(-gain, digits)}")


def _detail_part(entry: str, table: TaskTable) -> BarPart:
    low, high = DETAIL_RANGE
    name = f"{DETAIL} within {low:g} to {high:g}"
    scores = table.scores(DETAIL)
    rows = table.defined(scores)
    values = scores[rows, table.entries.index(entry)]
    if not len(values) or not (values > 0).all():
        return BarPart(name, False, f"{DETAIL} not measured")
    ratio = float(np.exp(np.log(values).mean()))
    return BarPart(name, low <= ratio <= high, f"{DETAIL} {ratio:.2f} (geometric mean)")


def _gains(
    entry: str, floors: Sequence[str], table: TaskTable, metric: str, *, higher_is_better: bool
) -> tuple[Floats, NDArray[Any]] | None:
    """Gains [N, F] of the entry over the floors, up = better, and cluster labels; None if unmeasured."""
    scores = table.scores(metric)
    rows = table.defined(scores)
    columns = [table.entries.index(name) for name in floors]
    own = scores[rows][:, [table.entries.index(entry)]]
    gains = (own - scores[rows][:, columns]) * (1.0 if higher_is_better else -1.0)
    if not gains.size or not np.isfinite(gains).all():
        return None
    return gains, table.labels[rows]


def _tested_part(
    name: str, gains: Floats, p: Floats, *, floors: Sequence[str], figure: Callable[[float], str]
) -> BarPart:
    """A part holds when it holds against every floor; its figure names the best one (the smallest gain)."""
    means = gains.mean(axis=0)
    best = int(means.argmin())
    largest = float(holm(p).max())
    words = f"{figure(float(means[best]))} vs {floors[best]} (p {largest:.2g})"
    return BarPart(name, largest <= BAR_SIGNIFICANCE, words)


def below_floor_by_bar(bar: BarResult) -> str:
    """The mark of a learned inpainter: "" when its bar is passed, else the figures of the parts it misses."""
    missed = "; ".join(part.figure for part in bar.parts if not part.passed)
    return f"{BELOW_FLOOR}: {missed}" if missed else ""


def below_floor(entry: str, floors: FloorEntries, table: TaskTable, primary: str, info: Mapping[str, Any]) -> str:
    """The mark of any other entry: "" only if its primary metric is better than that of every floor.

    One-sided swap tests, Holm over the floors, as for the bars. A gain that may be chance is marked and says so.

    Args:
        floors: not empty.
        info: `metrics_info` of the primary: direction, unit and digits.
    """
    up = bool(info["higher_is_better"])
    gains = _gains(entry, floors.all, table, primary, higher_is_better=up)
    if gains is None:
        return f"{NOT_JUDGED}: {primary} not measured"
    values, labels = gains
    best = int(values.mean(axis=0).argmin())
    gain = float(values.mean(axis=0)[best])
    if holm(superiority_test(values, labels, margin=0.0)).max() <= BAR_SIGNIFICANCE:
        return ""
    figure = f"{signed(gain if up else -gain, info['digits'])} {info['unit']}".rstrip()
    return f"{BELOW_FLOOR}: {figure} vs {floors.all[best]}{', not separable' if gain > 0 else ''}"


def below_floor_of_table(
    entry: str, floors: FloorEntries, reduced: Mapping[str, Reduced], info: Mapping[str, Any]
) -> str:
    """The mark of an entry that a table metric ranks: "" only if its gain over every floor has an interval above 0.

    Args:
        floors: not empty.
        info: `metrics_info` of the primary: direction, unit and digits.
    """
    sign = 1.0 if info["higher_is_better"] else -1.0
    gaps = [of.interval for of in differences(reduced, [(entry, floor) for floor in floors.all])]
    if all(min(sign * gap.lo, sign * gap.hi) > 0 for gap in gaps):
        return ""
    gap, floor = min(zip(gaps, floors.all, strict=True), key=lambda pair: sign * pair[0].value)
    figure = f"{signed(gap.value, info['digits'])} {info['unit']}".rstrip()
    return f"{BELOW_FLOOR}: {figure} vs {floor}{', not separable' if sign * gap.value > 0 else ''}"


def signed(value: float, digits: int) -> str:
    """A signed figure with a real minus sign: "+0.3", "−0.8"."""
    return f"{value:+.{digits}f}".replace("-", "−")
