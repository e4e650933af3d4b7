"""The drawing of curves: lines or stairs with bands, each named at its right end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.report.svg import (
    BOTTOM,
    HEIGHT,
    LABEL,
    LABEL_ROOM,
    LEFT,
    LINE,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    Mark,
    apart,
    frame,
    plot,
    tag,
    tick_texts,
    y_axis,
)
from harness.report.words import shorten
from harness.stats.curves import Curve

__all__ = ["GREY", "MOST_POINTS", "Line", "line_plot", "thinned"]

GREY = -1
"""Colour of a line that is no entry's."""
MOST_POINTS = 240
"""ours: points drawn of one curve; half a pixel's width apart on a wide screen."""
MOST_DOTS = 12
EDGE = WIDTH - RIGHT - LABEL_ROOM
GAP = LINE * 1.25  # type is larger on a phone

_Spot = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A curve of an entry in its colour; `tip` is told when it is pointed at."""

    name: str
    colour: int
    curve: Curve
    tip: str


def thinned(curve: Curve, most: int = MOST_POINTS) -> Curve:
    """At most so many of its points, evenly chosen, both ends among them."""
    n = len(curve.x)
    if n <= most:
        return curve
    kept = [round(k * (n - 1) / (most - 1)) for k in range(most)]
    x, y, lo, hi = (tuple(values[k] for k in kept) for values in (curve.x, curve.y, curve.lo, curve.hi))
    best = tuple(curve.best[k] for k in kept) if curve.best else ()
    return Curve(x, y, lo, hi, curve.x_label, curve.y_label, curve.step, best)


def line_plot(lines: Sequence[Line], x_title: str, y_title: str) -> Markup:
    """Every line on linear axes; empty where no curve has a defined point."""
    drawn = [Line(one.name, one.colour, thinned(one.curve), one.tip) for one in lines if _marks(one.curve)]
    if not drawn:
        return Markup()
    y = y_axis([mark for one in drawn for mark in _marks(one.curve)])
    ends = [value for one in drawn for value in one.curve.x]
    room = (max(ends) - min(ends)) * 0.02 or 0.5
    x = Axis(min(ends) - room, max(ends) + room, LEFT, EDGE)
    drawn.sort(key=lambda one: y.at(_marks(one.curve)[-1].y))
    places = apart([y.at(_marks(one.curve)[-1].y) for one in drawn], GAP, TOP, HEIGHT - BOTTOM)
    ticks = x.ticks()
    texts = zip(ticks, tick_texts(ticks), strict=True)
    parts = [frame(y, [(x.at(tick), text) for tick, text in texts], x_title, y_title, right=LABEL_ROOM)]
    parts += [tag("g", *_bands(one.curve, x, y), class_=_class(one)) for one in drawn]
    parts += [_line(one, place, x, y) for one, place in zip(drawn, places, strict=True)]
    return plot(parts, f"{y_title} by {x_title}")


def _class(one: Line) -> str:
    return "no-entry" if one.colour == GREY else f"e{one.colour}"


def _marks(curve: Curve) -> list[Mark]:
    """Defined points, with their intervals where these are known."""
    found = []
    for x, y, lo, hi in zip(curve.x, curve.y, curve.lo, curve.hi, strict=True):
        if math.isfinite(y):
            known = math.isfinite(lo) and math.isfinite(hi)
            found.append(Mark(x, y, lo if known else y, hi if known else y, ""))
    return found


def _line(one: Line, place: float, x: Axis, y: Axis) -> Markup:
    parts = [tag("polyline", class_="curve", points=_path(spots)) for spots in _runs(one.curve, one.curve.y, x, y)]
    marks = _marks(one.curve)
    if len(marks) <= MOST_DOTS and not one.curve.step:
        parts += [tag("circle", class_="dot", cx=x.at(mark.x), cy=y.at(mark.y), r=2.6) for mark in marks]
    last = marks[-1]
    parts.append(tag("line", class_="leader", x1=x.at(last.x) + 3, y1=y.at(last.y), x2=EDGE + 8, y2=place))
    parts.append(tag("text", shorten(one.name, LABEL), class_="label", x=EDGE + 11, y=round(place + 4, 1)))
    return tag("g", *parts, tag("title", one.tip), class_=f"line {_class(one)}")


def _bands(curve: Curve, x: Axis, y: Axis) -> Iterator[Markup]:
    """The area between both bounds, wherever both are known."""
    known = [lo if math.isfinite(hi) else math.nan for lo, hi in zip(curve.lo, curve.hi, strict=True)]
    upper = [hi if math.isfinite(lo) else math.nan for lo, hi in zip(curve.lo, curve.hi, strict=True)]
    for low, high in zip(_runs(curve, known, x, y), _runs(curve, upper, x, y), strict=True):
        yield tag("polygon", class_="band", points=_path([*low, *reversed(high)]))


def _runs(curve: Curve, values: Sequence[float], x: Axis, y: Axis) -> list[list[_Spot]]:
    """Pixels of `values` over the curve's x, broken where one is undefined; stairs get their corners."""
    runs, here = list[list[_Spot]](), list[_Spot]()
    for at, value in zip(curve.x, values, strict=True):
        if not math.isfinite(value):
            runs += [here] if here else []
            here = []
            continue
        spot = (x.at(at), y.at(value))
        if curve.step and here:
            here.append((spot[0], here[-1][1]))
        here.append(spot)
    return [*runs, here] if here else runs


def _path(spots: Sequence[_Spot]) -> str:
    return " ".join(f"{px},{py}" for px, py in spots)
