"""The plots of one task: what `svg` draws, read off the summary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.report.svg import Axis, Mark, Series, band_plot, scale, scatter_plot, whisker
from harness.report.words import interval, seconds

if TYPE_CHECKING:
    from harness.report.board import Board, Row, TaskView
    from harness.stats.model import Interval

__all__ = ["Whiskers", "quality_by_ratio", "quality_by_seconds", "whiskers", "y_title"]

BIN = "ratio:"


@dataclass(frozen=True)
class Whiskers:
    """A board's primary intervals on one scale: a drawing an entry, the scale, the leader's interval in per cent."""

    drawings: Mapping[str, Markup]
    scale: Markup
    band: tuple[float, float]


def whiskers(view: TaskView, board: Board) -> Whiskers:
    """The intervals of `board`; without drawings where no entry has a result."""
    scored = [(row, score) for row in board.rows if (score := row.scores[view.summary.primary])]
    if not scored:
        return Whiskers({}, Markup(), (0, 0))
    marks = {row.reference: _mark(0, score, _tip(view, row, score)) for row, score in scored}
    low, high = min(m.lo for m in marks.values()), max(m.hi for m in marks.values())
    room = (high - low) or abs(high) * 0.1 or 1.0
    axis = Axis(low - 0.05 * room, high + 0.05 * room, 0, 100)
    drawings = {row.reference: whisker(marks[row.reference], axis, row.colour, row.floor) for row, _ in scored}
    leader = marks[scored[0][0].reference]
    return Whiskers(drawings, scale(axis), (axis.at(leader.lo), axis.at(leader.hi)))


def quality_by_seconds(view: TaskView) -> Markup:
    """Primary metric against median seconds a sample; empty where nothing was timed."""
    series = []
    for row in view.rows:
        score, speed = row.scores[view.summary.primary], row.seconds
        if score and speed and math.isfinite(speed.value) and speed.value > 0:
            tip = f"{_tip(view, row, score)}, {seconds(speed.value)} a sample"
            series.append(Series(row.title, row.colour, row.floor, (_mark(speed.value, score, tip),)))
    return (
        scatter_plot(series, "median seconds a sample (log)", y_title(view, view.summary.primary))
        if series
        else Markup()
    )


def quality_by_ratio(view: TaskView, column: str = "") -> Markup:
    """A metric (the primary one where `column` is empty) over bins of hole area, one line an entry whose outputs are
    results; empty with fewer than two bins."""
    column = column or view.summary.primary
    cells = [c for c in view.summary.cells if c.metric == column and c.subset.startswith(BIN)]
    cells = [c for c in cells if c.interval and math.isfinite(c.interval.value)]
    bins = sorted({cell.subset.removeprefix(BIN) for cell in cells}, key=lambda name: float(name.split("-")[0]))
    counts = {cell.subset.removeprefix(BIN): cell.interval.n for cell in cells if cell.interval}
    series = []
    for row in view.judged:
        marks = []
        for cell in cells:
            if cell.entry == row.reference and cell.interval:
                name = cell.subset.removeprefix(BIN)
                tip = f"{_tip(view, row, cell.interval, column)}, hole area {name}, n = {cell.interval.n}"
                marks.append(_mark(bins.index(name), cell.interval, tip))
        if marks:
            series.append(Series(row.title, row.colour, row.floor, tuple(sorted(marks, key=lambda m: m.x))))
    if len(bins) < 2 or not series:
        return Markup()
    names = [f"{_percent(name)}\nn {counts[name]}" for name in bins]
    return band_plot(series, names, "hole, % of the picture", y_title(view, column))


def _mark(x: float, score: Interval, tip: str) -> Mark:
    """A point with its whisker; without a whisker where too few clusters tell none."""
    known = math.isfinite(score.lo) and math.isfinite(score.hi)
    return Mark(x, score.value, score.lo if known else score.value, score.hi if known else score.value, tip)


def _tip(view: TaskView, row: Row, score: Interval, column: str = "") -> str:
    info = view.info[column or view.summary.primary]
    return f"{row.title}: {interval(score, info['digits'])} {info['unit']}".rstrip()


def y_title(view: TaskView, column: str) -> str:
    """`psnr@hole, dB · higher is better`."""
    info = view.info[column]
    unit = f", {info['unit']}" if info["unit"] else ""
    better = {True: " · higher is better", False: " · lower is better", None: ""}[info["higher_is_better"]]
    return f"{column}{unit}{better}"


def _percent(name: str) -> str:
    return "–".join(f"{100 * float(edge):g}" for edge in name.split("-"))
