"""Quality against cost: who is beaten at both, who by nobody, and whose point may not stand among the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from harness.report.sheet import Cell, Sheet
from harness.report.words import number, seconds

if TYPE_CHECKING:
    from harness.report.board import Row, TaskView
    from harness.stats.model import Interval

__all__ = ["COSTS", "CostAxis", "Front", "Place", "Point", "front", "front_sheet"]

Place = Literal["front", "dominated", "apart", "unknown"]
APART = ("mini", "unstated")


@dataclass(frozen=True)
class CostAxis:
    """One kind of cost.

    Attributes:
        title: of the axis. `small`: what a mini's figure is of. `words`: a value as a reader would say it.
        of: the cost of a row with its interval, NaN where no interval is known; None where the cost is not.
    """

    title: str
    small: str
    words: Callable[[float], str]
    of: Callable[[Row], tuple[float, float, float] | None]


def _seconds(row: Row) -> tuple[float, float, float] | None:
    took = row.seconds
    return (took.value, took.lo, took.hi) if took and math.isfinite(took.value) else None


def _memory(row: Row) -> tuple[float, float, float] | None:
    return None if row.peak_mb is None else (row.peak_mb, math.nan, math.nan)


def _parameters(row: Row) -> tuple[float, float, float] | None:
    if not row.kind:
        return 0.0, math.nan, math.nan
    told = row.entry["parameters_m"]
    return None if told is None else (float(told), math.nan, math.nan)


def _megabytes(value: float) -> str:
    return "< 1 MB" if 0 < value < 1 else f"{number(value, 0)} MB"


def _millions(value: float) -> str:
    return f"{value:.2g} M" if 0 < value < 10 else f"{number(value, 0)} M" if value else "none"


COSTS: Mapping[str, CostAxis] = MappingProxyType(
    {
        "seconds": CostAxis("median seconds a sample", "seconds of a small checkpoint", seconds, _seconds),
        "memory": CostAxis("peak memory that a call added", "memory of a small checkpoint", _megabytes, _memory),
        "parameters": CostAxis("learned parameters", "parameters of a small checkpoint", _millions, _parameters),
    }
)


@dataclass(frozen=True)
class Point:
    """An entry with a cost.

    Attributes:
        cost, lo, hi: with its interval, NaN where none is known.
        quality: the primary metric; None for random weights, which show what an official size costs and nothing else.
        place: `front`: nobody is as cheap and as good, and better at one of the two; `dominated`: `by` is; `apart`: a
            small checkpoint, weights that nobody stated, or an entry that is not ranked (an oracle, one with few
            results); `unknown`: random weights.
        by: the best of those that beat it; None but for `dominated`.
    """

    row: Row
    cost: float
    lo: float
    hi: float
    quality: Interval | None
    place: Place
    by: Row | None = None

    @property
    def told(self) -> str:
        """Its place in words."""
        if self.by:
            return f"beaten by {self.by.title}"
        if self.place != "apart":
            return "on the front" if self.place == "front" else "quality unknown here"
        kinds = {"mini": "small checkpoint", "unstated": "weights not stated"}
        return kinds.get(self.row.kind) or f"not ranked: {self.row.standing.why_unranked}"


@dataclass(frozen=True)
class Front:
    """Points by cost, and entries with results whose cost is not known."""

    points: tuple[Point, ...]
    without: tuple[Row, ...]

    def of(self, *places: Place) -> list[Point]:
        """Points of these places, the cheapest first."""
        return [point for point in self.points if point.place in places]


def front(view: TaskView, cost: str) -> Front:
    """Every entry of a task by one of `COSTS` and the primary metric.

    Only ranked entries of official checkpoints, or that learned nothing, are weighed against each other, by point
    estimates.
    """
    up, measure = view.summary.higher_is_better, COSTS[cost].of
    weighed, others = list[Point](), list[Point]()
    without: list[Row] = []
    for row in view.rows:
        found, quality = measure(row), row.scores[view.summary.primary]
        if found is None:
            without += [row] if row.kind != "random" else []
        elif row.kind == "random":
            others.append(Point(row, *found, None, "unknown"))
        elif quality:
            apart = row.kind in APART or not row.standing.ranked
            (others if apart else weighed).append(Point(row, *found, quality, "apart" if apart else "front"))
    points = [*(_placed(point, weighed, up) for point in weighed), *others]
    return Front(tuple(sorted(points, key=lambda point: (point.cost, point.row.title))), tuple(without))


def _placed(point: Point, others: list[Point], up: bool) -> Point:
    beaten_by = [other for other in others if _beats(other, point, up)]
    if not beaten_by:
        return point
    best = max(beaten_by, key=lambda other: (_gain(other, up), -other.cost))
    return Point(point.row, point.cost, point.lo, point.hi, point.quality, "dominated", best.row)


def _beats(a: Point, b: Point, up: bool) -> bool:
    mine, theirs = (_gain(a, up), -a.cost), (_gain(b, up), -b.cost)
    return mine != theirs and mine[0] >= theirs[0] and mine[1] >= theirs[1]


def _gain(point: Point, up: bool) -> float:
    value = point.quality.value if point.quality else math.nan
    return value if up else -value


def front_sheet(found: Front, view: TaskView, cost: str) -> Sheet:
    """One row a point, as drawn."""
    columns = (
        "task", "entry", "weights", "cost", "value", "lo", "hi", "metric", "quality", "quality_lo", "quality_hi", "n",
        "place", "dominated_by",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for one in found.points:
        of = one.quality
        quality = (of.value, of.lo, of.hi, of.n) if of else (None, None, None, None)
        named = (view.summary.task, one.row.reference, one.row.kind, cost, one.cost, one.lo, one.hi)
        beaten = one.by.reference if one.by else ""
        rows.append((*named, view.summary.primary, *quality, one.place, beaten))
    return Sheet(columns, tuple(rows))
