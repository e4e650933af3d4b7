"""Seconds and memory by the size of the picture, of a call and of a training step, as `harness bench` measured them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    whisker_and_dot,
)
from harness.report.templating import render
from harness.report.views.leaderboard import machine
from harness.report.words import seconds, shorten
from harness.store.timings import CONFIGURATIONS

if TYPE_CHECKING:
    from harness.store.timings import Spent, Timed, TimedEntry, Timings, Trained

__all__ = ["seconds_by_size"]

COLOURS = 20
EDGE = WIDTH - RIGHT - LABEL_ROOM
LEAST_SPAN = 10.0
"""ours: an axis spans a decade at least, so that noise does not look like a difference."""
LEAST_MB = 1.0
"""Less is drawn as so much: the system tells pages."""


@dataclass(frozen=True)
class _Line:
    """An entry as it is drawn and tabled; `rows` in the order of sizes, None where a size was not asked of it.

    `trained` are its training steps.
    """

    entry: TimedEntry
    colour: int
    rows: tuple[Timed | None, ...]
    trained: tuple[Trained, ...] = ()

    @property
    def configuration(self) -> str:
        return CONFIGURATIONS[self.entry.kind]

    def seconds(self) -> list[Mark]:
        """Of a call."""
        return [_took(self.entry, row.side, row.wall, self.configuration) for row in self.rows if row and row.wall]

    def memory(self) -> list[Mark]:
        """Of a call."""
        return [_held(self.entry, row.side, row.peak_mb) for row in self.rows if row and row.wall and row.peak_mb]

    def training(self) -> list[Mark]:
        """Seconds of a training step."""
        found = [(row, row.wall) for row in self.trained if row.wall]
        return [_took(self.entry, row.side, wall, f"a step of {row.recipe}") for row, wall in found]

    def training_memory(self) -> list[Mark]:
        """Of a training step."""
        return [_held(self.entry, row.side, row.peak_mb) for row in self.trained if row.wall and row.peak_mb]


@dataclass(frozen=True)
class _Drawing:
    """One plot and the words above it."""

    title: str
    svg: Markup


_OF_CALLS = "median of a call (log)"
_FURTHER: tuple[tuple[str, str, Callable[[_Line], list[Mark]]], ...] = (
    ("Memory that a call adds", "MB", _Line.memory),
    ("Seconds of a training step, one picture", "seconds", _Line.training),
    ("Memory that a training step adds: activations, gradients, optimiser", "MB", _Line.training_memory),
)


def seconds_by_size(timings: Sequence[Timings]) -> Markup:
    """For each machine plots, both axes logarithmic, and tables: official sizes first, small checkpoints apart.

    Args:
        timings: files of `harness bench`; none says how to make one.
    """
    return render(
        "views/resolution.html.j2",
        files=[(one, machine({"hardware": one.hardware, "device": one.device}), *_drawn(one)) for one in timings],
    )


def _drawn(one: Timings) -> tuple[Markup, list[_Line], list[_Line], list[_Drawing]]:
    """The plot of seconds; the lines of official sizes, then those of small checkpoints, fastest first; other plots."""
    official, mini = one.apart()
    by_size = {(row.entry, row.side): row for row in one.rows}
    lines = [
        _Line(
            entry,
            number % COLOURS,
            tuple(by_size.get((entry.reference, side)) for side in one.sides),
            tuple(one.trained(entry)),
        )
        for number, entry in enumerate([*official, *mini])
    ]
    first, apart_from_them = lines[: len(official)], lines[len(official) :]
    drawing = _plot(lines, one.sides, _Line.seconds, _OF_CALLS, seconds, "seconds of a call by the side of the picture")
    return drawing, sorted(first, key=_at_largest), sorted(apart_from_them, key=_at_largest), _further(lines, one.sides)


def _further(lines: Sequence[_Line], sides: Sequence[int]) -> list[_Drawing]:
    """The other plots, those left out that have nothing to draw."""
    drawn = [
        _Drawing(title, _plot(lines, sides, of, f"{unit} (log)", seconds if unit == "seconds" else _megabytes, title))
        for title, unit, of in _FURTHER
    ]
    return [one for one in drawn if one.svg]


def _at_largest(line: _Line) -> tuple[float, str]:
    """Fastest at the largest size first; what gave no seconds there comes last."""
    last = line.rows[-1]
    return (last.wall.median if last and last.wall else math.inf), line.entry.title


def _took(entry: TimedEntry, side: int, wall: Spent, of: str) -> Mark:
    low, high = wall.lo or wall.median, wall.hi or wall.median
    return Mark(side, wall.median, low, high, f"{entry.title}, {side} px: {seconds(wall.median)}, {of}")


def _held(entry: TimedEntry, side: int, peak_mb: float) -> Mark:
    shown = max(peak_mb, LEAST_MB)
    return Mark(side, shown, shown, shown, f"{entry.title}, {side} px: {_megabytes(peak_mb)}")


def _megabytes(value: float) -> str:
    return f"{value / 1000:.3g} GB" if value >= 1000 else f"{value:.3g} MB"


def _plot(
    lines: Sequence[_Line], sides: Sequence[int], of: Callable[[_Line], list[Mark]], title: str,
    text: Callable[[float], str], words: str,
) -> Markup:  # fmt: skip
    """A quantity over sizes, a line an entry with its name at its end; empty where nothing was measured."""
    drawn = [(line, marks) for line in lines if (marks := of(line))]
    if not drawn:
        return Markup()
    x = Axis(sides[0] / 1.15, sides[-1] * 1.15, LEFT, EDGE, log=True)
    y = _log_axis([mark for _, marks in drawn for mark in marks])
    ticks = [(x.at(side), str(side)) for side in sides]
    texts = [text(tick) for tick in y.ticks()]
    parts = [frame(y, ticks, "side of the picture, px (log)", title, right=LABEL_ROOM, y_texts=texts)]
    for side in sides:  # lines are named where they end, those of one end apart
        ending = sorted((one for one in drawn if one[1][-1].x == side), key=lambda one: y.at(one[1][-1].y))
        ends = apart([y.at(marks[-1].y) for _, marks in ending], LINE, TOP, HEIGHT - BOTTOM)
        early = side != sides[-1]
        parts += [_curve(line, marks, x, y, end, early) for (line, marks), end in zip(ending, ends, strict=True)]
    return plot(parts, words)


def _log_axis(marks: Sequence[Mark]) -> Axis:
    low, high = min(mark.lo for mark in marks) / 1.3, max(mark.hi for mark in marks) * 1.3
    spread = max(1.0, LEAST_SPAN * low / high) ** 0.5
    return Axis(low / spread, high * spread, HEIGHT - BOTTOM, TOP, log=True)


def _curve(line: _Line, marks: Sequence[Mark], x: Axis, y: Axis, end: float, early: bool) -> Markup:
    """A line, named at height `end`: at the right edge, or where it ends `early`, beside its last dot."""
    mini = line.entry.kind == "mini"
    path = " ".join(f"{x.at(mark.x)},{y.at(mark.y)}" for mark in marks)
    dots = [tag("g", whisker_and_dot(x.at(m.x), m, y, mini, 3), tag("title", m.tip)) for m in marks]
    right, height = x.at(marks[-1].x), y.at(marks[-1].y)
    at = (right + 7, end - 5) if early else (EDGE + 11, end + 4)
    parts = [tag("polyline", class_="curve", points=path), *dots]
    if not early:
        parts.append(tag("line", class_="leader", x1=right + 4, y1=height, x2=EDGE + 8, y2=end))
    name = tag("text", shorten(line.entry.title, LABEL), class_="label", x=round(at[0], 1), y=round(at[1], 1))
    return tag("g", *parts, name, class_=f"line e{line.colour}{' small-one' if mini else ''}")
