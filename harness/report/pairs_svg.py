"""Drawings of paired differences: one dot a cluster along an axis, and the intervals of many pairs on one scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from harness.report.svg import RIGHT, WIDTH, Axis, Mark, plot, scale, tag, tick_texts, whisker
from harness.report.verdicts import difference
from harness.report.words import shorten, signed
from harness.stats.clusters import Floats, cluster_codes

if TYPE_CHECKING:
    from harness.report.board import Row
    from harness.report.paired import Duel
    from harness.stats.contests import Effect

__all__ = ["MOST_DOTS", "Forest", "cluster_gains", "difference_plot", "forest"]

MOST_DOTS = 150
"""ours: clusters drawn as dots, each with its name; more are counted in bars, so that a page stays small."""
EDGE = 12
HEAD, FOOT, STACK, SHORTEST = 30, 56, 130, 44
RADII = (5.0, 4.0, 3.0, 2.0, 1.4)
TITLE = 24

_Column = list[tuple[str, float, int]]


@dataclass(frozen=True)
class Forest:
    """Pairs' intervals on one scale: a drawing each, the scale, and where no difference lies, in per cent."""

    drawings: Sequence[Markup]
    scale: Markup
    zero: float


def cluster_gains(duel: Duel) -> dict[str, tuple[float, int]]:
    """By cluster: mean of B − A of the primary metric, and how many samples it is of."""
    of = duel.scores
    codes = cluster_codes(of.clusters)
    sums, sizes = np.bincount(codes, weights=of.b - of.a), np.bincount(codes)
    names = dict(zip(codes.tolist(), map(str, of.clusters), strict=True))
    return {names[code]: (float(sums[code] / sizes[code]), int(sizes[code])) for code in range(len(sizes))}


def forest(duels: Sequence[Duel]) -> Forest:
    """One whisker a pair that has a sample in common, in the colour of the better one where that is told."""
    marks = {k: _mark(duel.contest.primary) for k, duel in enumerate(duels) if duel.contest.primary.diff.n}
    if not marks:
        return Forest([Markup()] * len(duels), Markup(), 0)
    low, high = min(0.0, *(m.lo for m in marks.values())), max(0.0, *(m.hi for m in marks.values()))
    room = (high - low) * 0.06 or 1.0
    axis = Axis(low - room, high + room, 0, 100)
    drawings = [
        whisker(marks[k], axis, _winner(duel).colour, duel.contest.verdict in ("equivalent", "not separable"))
        if k in marks
        else Markup()
        for k, duel in enumerate(duels)
    ]
    return Forest(drawings, scale(axis), axis.at(0.0))


def _winner(duel: Duel) -> Row:
    return duel.b if duel.contest.primary.better_by >= 0 else duel.a


def _mark(effect: Effect) -> Mark:
    diff = effect.diff
    known = math.isfinite(diff.lo) and math.isfinite(diff.hi)
    lo, hi = (diff.lo, diff.hi) if known else (diff.value, diff.value)
    return Mark(0, diff.value, lo, hi, f"B − A: {difference(effect)} {effect.unit}".rstrip())


def difference_plot(duel: Duel) -> Markup:
    """B − A of every cluster, stacked where they meet; beneath them the mean over samples with its interval."""
    gains, effect = cluster_gains(duel), duel.contest.primary
    mean = _mark(effect)
    values = np.array([value for value, _ in gains.values()])
    low, high = min(0.0, mean.lo, values.min()), max(0.0, mean.hi, values.max())
    room = (high - low) * 0.04 or 1.0
    x = Axis(low - room, high + room, EDGE, WIDTH - RIGHT)
    if len(gains) <= MOST_DOTS:
        radius, stacks = _stacks(duel, gains, x)
        base = HEAD + max(SHORTEST, min(STACK, max(len(column) for _, column in stacks) * (2 * radius + 1) + 6))
        cloud = _dots(duel, radius, stacks, base)
    else:
        base = HEAD + STACK
        cloud = _bars(duel, values, x, base)
    parts = [_ground(x, base, effect), *_sides(duel, x), cloud]
    rule = tag("line", class_="rule", x1=x.at(mean.lo), x2=x.at(mean.hi), y1=base + 11, y2=base + 11)
    dot = tag("circle", class_="dot", cx=x.at(mean.y), cy=base + 11, r=4.5)
    parts.append(tag("g", rule, dot, tag("title", f"mean over samples, {mean.tip}"), class_="mean"))
    return plot(parts, f"B − A in {effect.metric} by cluster", base + FOOT)


def _ground(x: Axis, base: float, effect: Effect) -> Markup:
    ticks = x.ticks()
    parts = [
        tag("line", class_="base", x1=x.start, x2=x.end, y1=base, y2=base),
        tag("line", class_="zero-line", x1=x.at(0.0), x2=x.at(0.0), y1=HEAD - 8, y2=base + 20),
    ]
    digits = max(len(text.partition(".")[2]) for text in tick_texts(ticks))
    for tick in ticks:
        parts.append(tag("line", class_="base", x1=x.at(tick), x2=x.at(tick), y1=base, y2=base + 4))
        text = signed(tick, digits) if tick else "0"
        parts.append(tag("text", text, class_="axis", x=x.at(tick), y=base + 33, text_anchor="middle"))
    title = f"B − A, {effect.metric}{', ' + effect.unit if effect.unit else ''}"
    parts.append(tag("text", title, class_="title", x=x.end, y=base + FOOT - 3, text_anchor="end"))
    return Markup("").join(parts)


def _sides(duel: Duel, x: Axis) -> list[Markup]:
    """Which way is better, said at both ends."""
    right, left = (duel.b, duel.a) if duel.contest.primary.higher_is_better else (duel.a, duel.b)
    return [
        tag("text", f"← {shorten(left.title, TITLE)} better", class_="title", x=0, y=12),
        tag("text", f"{shorten(right.title, TITLE)} better →", class_="title", x=x.end, y=12, text_anchor="end"),
    ]


def _colour(duel: Duel, value: float) -> str:
    """Class of whoever is better by a difference; `even` where nobody is."""
    if value == 0:
        return "even"
    better = (value > 0) == bool(duel.contest.primary.higher_is_better)
    return f"e{(duel.b if better else duel.a).colour}"


def _stacks(duel: Duel, gains: Mapping[str, tuple[float, int]], x: Axis) -> tuple[float, list[tuple[float, _Column]]]:
    """Radius of a dot, and columns (pixel, dots) beside the line of no difference, none of which holds both signs.

    Dots are smaller where a column would be too tall.
    """
    for radius in RADII:
        step, columns = 2 * radius + 1, dict[int, _Column]()
        for name, (value, size) in sorted(gains.items(), key=lambda one: (abs(one[1][0]), one[0])):
            place = int(math.copysign(math.ceil(abs(x.at(value) - x.at(0.0)) / step), value)) if value else 0
            columns.setdefault(place or int(np.sign(value)), []).append((name, value, size))
        if max(map(len, columns.values())) * step <= STACK:
            break
    return radius, [(round(x.at(0.0) + place * step, 1), column) for place, column in columns.items()]


def _dots(duel: Duel, radius: float, stacks: Sequence[tuple[float, _Column]], base: float) -> Markup:
    digits = duel.contest.primary.digits
    drawn = []
    for px, column in stacks:
        for k, (name, value, size) in enumerate(column):
            tip = f"{name}: {signed(value, digits)}{f', mean of {size} samples' if size > 1 else ''}"
            y = round(base - 2 - radius - k * min(2 * radius + 1, STACK / len(column)), 1)
            circle = tag("circle", tag("title", tip), class_="dot", cx=px, cy=y, r=radius)
            drawn.append(tag("g", circle, class_=_colour(duel, value)))
    return tag("g", *drawn, class_="cloud")


def _bars(duel: Duel, values: Floats, x: Axis, base: float) -> Markup:
    """Counts in bars, none of which holds differences of both signs."""
    width = (x.hi - x.lo) / 48
    places = np.where(values == 0, 0, np.sign(values) * (np.floor(np.abs(values) / width) + 1)).astype(int)
    counts = dict(zip(*(column.tolist() for column in np.unique(places, return_counts=True)), strict=True))
    tallest = max(counts.values())
    drawn = []
    for place, n in counts.items():
        ends = ((place - 1) * width, place * width) if place > 0 else (place * width, (place + 1) * width)
        left, right = (x.at(min(max(end, x.lo), x.hi)) for end in (ends if place else (-width / 4, width / 4)))
        height = round(n / tallest * STACK, 1)
        sides = {"x": left + 0.5, "y": base - height, "width": round(max(right - left - 1, 1), 1), "height": height}
        bar = tag("rect", tag("title", f"{n} clusters"), class_="bar-of", **sides)
        drawn.append(tag("g", bar, class_=_colour(duel, place)))
    return tag("g", *drawn, class_="cloud")
