"""The drawing of quality against cost: points with whiskers both ways, the front as a stair, official sizes below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.report.fronts import COSTS, CostAxis, Front, Point
from harness.report.plots import y_title
from harness.report.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Mark, frame, free_box, plot, tag, y_axis
from harness.report.words import interval, shorten

if TYPE_CHECKING:
    from harness.report.board import TaskView

__all__ = ["front_plot"]

ROOM = 1.8
ZERO_ROOM = 64
LANE, LANE_HEAD = 20, 24
PHONE = 1.3
"""How much larger type is on a phone (`report.css`): labels keep that much room."""
NAME = 24

_Line = tuple[tuple[float, float], tuple[float, float]]


class _X:
    """Logarithmic, with a place of its own for what costs nothing."""

    def __init__(self, points: Sequence[Point]) -> None:
        ends = [value for p in points for value in (p.cost, p.lo, p.hi) if value > 0]  # a NaN is not above 0
        zero = any(p.cost == 0 for p in points)
        self.zero = LEFT + ZERO_ROOM / 3 if zero else None
        start = LEFT + ZERO_ROOM if zero else LEFT
        self.axis = Axis(min(ends) / ROOM, max(ends) * ROOM, start, WIDTH - RIGHT, log=True)

    def at(self, value: float) -> float:
        """Pixel of a cost."""
        return round(self.zero, 1) if value == 0 and self.zero is not None else self.axis.at(value)

    def ticks(self, cost: CostAxis) -> list[tuple[float, str]]:
        """Pixels and texts."""
        marks = [(self.axis.at(tick), cost.words(tick)) for tick in self.axis.ticks()]
        return [(round(self.zero, 1), cost.words(0)), *marks] if self.zero is not None else marks


def front_plot(found: Front, view: TaskView, cost: str) -> Markup:
    """Empty where nothing costs anything, or nothing with a cost has a quality."""
    drawn, unknown = found.of("front", "dominated", "apart"), found.of("unknown")
    if not drawn or not any(point.cost > 0 for point in found.points):
        return Markup()
    axis, x = COSTS[cost], _X(found.points)
    marks = [_mark(point, view) for point in drawn]
    y = y_axis(marks)
    parts = [frame(y, x.ticks(axis), f"{axis.title}, log scale", y_title(view, view.summary.primary))]
    parts += [_line_up(point, x) for point in unknown]
    stair = _corners(found.of("front"), x, y)
    parts.append(tag("polyline", class_="stair", points=" ".join(f"{a},{b}" for a, b in stair)))
    lines = [*pairwise(stair), *(((x.at(p.cost), TOP), (x.at(p.cost), HEIGHT - BOTTOM)) for p in unknown)]
    parts += _points(drawn, marks, x, y, axis, lines)
    parts += [_lane(point, k, x, axis) for k, point in enumerate(unknown)]
    height = HEIGHT + (LANE_HEAD + LANE * len(unknown) if unknown else 0)
    return plot([*parts, *_lane_head(unknown)], f"{view.summary.primary} against {axis.title}", height)


def _mark(point: Point, view: TaskView) -> Mark:
    of = point.quality
    if of is None:
        raise ValueError(f"{point.row.reference} has no quality to draw")
    info = view.info[view.summary.primary]
    known = math.isfinite(of.lo) and math.isfinite(of.hi)
    lo, hi = (of.lo, of.hi) if known else (of.value, of.value)
    return Mark(point.cost, of.value, lo, hi, f"{interval(of, info['digits'])} {info['unit']}".rstrip())


def _corners(points: Sequence[Point], x: _X, y: Axis) -> list[tuple[float, float]]:
    """Of the stair from the cheapest to the best: at any cost, the best quality that is to be had."""
    corners: list[tuple[float, float]] = []
    for point in points:
        here = (x.at(point.cost), y.at(point.quality.value if point.quality else math.nan))
        corners += [(here[0], corners[-1][1])] if corners else []
        corners.append(here)
    return [*corners, (x.axis.end, corners[-1][1])] if corners else []


def _points(
    points: Sequence[Point], marks: Sequence[Mark], x: _X, y: Axis, axis: CostAxis, lines: Sequence[_Line]
) -> list[Markup]:
    """Those of the front get their names first; a point may lose its name where there is no room, never itself."""
    taken = [(min(a, c) - 1, min(b, d) - 1, max(a, c) + 1, max(b, d) + 1) for (a, b), (c, d) in lines]
    taken += [
        (x.at(p.cost) - 6, y.at(m.y) - 6, x.at(p.cost) + 6, y.at(m.y) + 6) for p, m in zip(points, marks, strict=True)
    ]
    drawn = []
    pairs = sorted(zip(points, marks, strict=True), key=lambda pair: pair[0].place != "front")
    for point, mark in pairs:
        px, py, name = x.at(point.cost), y.at(mark.y), shorten(point.row.title, NAME)
        group = [_cross(point, mark, x, y), _shape(point, px, py)]
        if box := free_box(px, py, name, taken, PHONE):
            taken.append(box)
            left = box[2] < px
            side = {"x": round(box[2] if left else box[0], 1), "text_anchor": "end" if left else "start"}
            group.append(tag("text", name, class_="label", y=round(box[3] - 4, 1), **side))
        tip = f"{point.row.title}: {mark.tip}, {axis.words(point.cost)}, {point.told}"
        faded = " faded" if point.place == "dominated" else ""
        drawn.append(tag("g", *group, tag("title", tip), class_=f"e{point.row.colour}{faded}"))
    return drawn


def _cross(point: Point, mark: Mark, x: _X, y: Axis) -> Markup:
    px, py = x.at(point.cost), y.at(mark.y)
    parts = [tag("line", class_="rule", x1=px, x2=px, y1=y.at(mark.lo), y2=y.at(mark.hi))]
    if math.isfinite(point.lo) and point.lo > 0:
        parts.append(tag("line", class_="rule", x1=x.at(point.lo), x2=x.at(point.hi), y1=py, y2=py))
    return Markup("").join(parts)


def _shape(point: Point, px: float, py: float) -> Markup:
    if point.place != "apart":
        return tag("circle", class_="dot hollow" if point.row.floor else "dot", cx=px, cy=py, r=4.5)
    corners = " ".join(f"{round(px + dx, 1)},{round(py + dy, 1)}" for dx, dy in ((0, -6), (6, 0), (0, 6), (-6, 0)))
    return tag("polygon", class_="dot hollow", points=corners)


def _line_up(point: Point, x: _X) -> Markup:
    """Somewhere on this line an official size would stand."""
    px = x.at(point.cost)
    line = tag("line", class_="somewhere", x1=px, x2=px, y1=TOP, y2=HEIGHT - BOTTOM)
    return tag("g", line, class_=f"e{point.row.colour}")


def _lane_head(points: Sequence[Point]) -> list[Markup]:
    if not points:
        return []
    return [tag("text", "official size, quality unknown here:", class_="title", x=0, y=HEIGHT + LANE_HEAD / 2 + 3)]


def _lane(point: Point, number: int, x: _X, axis: CostAxis) -> Markup:
    """One official size below the axis, with its name on the side that has room."""
    px, py = x.at(point.cost), HEIGHT + LANE_HEAD + LANE * number + LANE / 2
    name = str(point.row.entry["method"])
    text = f"{shorten(name, NAME)}, {axis.words(point.cost)}"
    right = px < WIDTH / 2
    parts = [tag("line", class_="rule", x1=px, x2=px, y1=py - 6, y2=py + 6)]
    if math.isfinite(point.lo) and point.lo > 0:
        parts.append(tag("line", class_="rule", x1=x.at(point.lo), x2=x.at(point.hi), y1=py, y2=py))
    side = {"x": px + 9 if right else px - 9, "text_anchor": "start" if right else "end"}
    parts.append(tag("text", text, class_="label", y=py + 4, **side))
    tip = f"{name}, official size: {axis.words(point.cost)}, quality unknown here"
    return tag("g", *parts, tag("title", tip), class_=f"lane e{point.row.colour}")
