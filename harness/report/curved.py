"""Curves of one task that can be drawn: those that a run stored, and values that methods tell round by round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.report.lines_svg import GREY, Line
from harness.report.sheet import Cell, Sheet
from harness.report.words import count, interval
from harness.stats.curves import BY_ROUND, Curve, curve_by_round, round_facts
from harness.stats.model import Interval

if TYPE_CHECKING:
    import pandas as pd

    from harness.report.board import Row, TaskView
    from harness.report.opened import Opened

__all__ = ["BEST", "Figure", "bins_sheet", "figures_sheet", "picked", "round_figures", "rounds_of", "stored_figures"]


@dataclass(frozen=True)
class Figure:
    """Curves of several entries that share both axes.

    Attributes:
        name: the metric's column, or the fact's name. `subset`: "" or a part of the samples.
        lines: one an entry, then what nothing can lie below, where curves tell it; `references` name their entries.
        remarks: what could not be read.
    """

    name: str
    subset: str
    lines: tuple[Line, ...]
    references: tuple[str, ...]
    x_title: str
    y_title: str
    remarks: tuple[str, ...] = ()


def picked(view: TaskView, references: Sequence[str]) -> TaskView:
    """The task with these entries only."""
    boards = [replace(b, rows=tuple(row for row in b.rows if row.reference in references)) for b in view.boards]
    return replace(view, boards=tuple(board for board in boards if board.rows))


def stored_figures(view: TaskView, aggregates: pd.DataFrame | None) -> list[Figure]:
    """Rows of `aggregates.parquet` with a `curve`: one figure a metric, subset and pair of axes.

    A curve that cannot be read is told in `remarks` of a figure without lines.
    """
    if aggregates is None or "curve" not in aggregates:
        return []
    mine = aggregates[(aggregates["task"] == view.summary.task) & aggregates["curve"].notna()]
    rows = {row.reference: row for row in view.judged}
    groups: dict[tuple[str, ...], list[tuple[Line, str]]] = {}
    broken: list[Figure] = []
    for stored in mine.to_dict("records"):
        row, name, subset = rows.get(stored["entry"]), str(stored["metric"]), str(stored["subset"])
        if row is None:
            continue
        try:
            curve = Curve.from_text(stored["curve"])
        except (TypeError, ValueError) as error:
            broken.append(Figure(name, subset, (), (), "", "", (f"{row.title}: no curve to draw: {error}",)))
            continue
        value, lo, hi = (float(stored[key]) for key in ("value", "lo", "hi"))
        of = Interval(value, lo, hi, int(stored["n"]), int(stored["clusters"]))
        known = f", {interval(of, 4)}" if math.isfinite(of.value) else ""
        line = Line(row.title, row.colour, curve, f"{row.title}: {name}{known}, {count(of.n, 'sample')}")
        groups.setdefault((name, subset, curve.x_label, curve.y_label), []).append((line, row.reference))
    found = []
    for key, lines in groups.items():
        drawn = [*lines, *_best([line for line, _ in lines])]
        who = tuple(reference for _, reference in drawn)
        found.append(Figure(key[0], key[1], tuple(line for line, _ in drawn), who, key[2], key[3]))
    return [*found, *broken]


BEST = "theoretical best"


def _best(lines: Sequence[Line]) -> list[tuple[Line, str]]:
    """The lowest `best` of several curves as a line of its own; nothing where none tells one."""
    told = [line.curve for line in lines if line.curve.best]
    if not told:
        return []
    lowest = min(told, key=lambda curve: sum(curve.best))
    nothing = (math.nan,) * len(lowest.x)
    curve = Curve(lowest.x, lowest.best, nothing, nothing, lowest.x_label, lowest.y_label, lowest.step)
    return [(Line(BEST, GREY, curve, f"{BEST}: nothing can lie below"), BEST)]


def rounds_of(opened: Opened, view: TaskView) -> dict[str, pd.DataFrame]:
    """Rows of the entries whose records hold a value a round; of the others nothing but the columns' names is read."""
    task = view.summary.task
    named = [row.reference for row in view.judged if round_facts(opened.columns(row.reference, task))]
    return {reference: opened.rows(reference, task) for reference in named}


def round_figures(view: TaskView, records: Mapping[str, pd.DataFrame]) -> list[Figure]:
    """One figure a fact that is told by round, means over samples with intervals by cluster.

    Args:
        records: by entry, as `rounds_of` gives them.
    """
    rows = [row for row in view.judged if row.reference in records]
    facts = dict.fromkeys(name for row in rows for name in round_facts(list(records[row.reference].columns)))
    return [_rounds(fact, [row for row in rows if fact in records[row.reference]], records) for fact in facts]


def _rounds(fact: str, rows: Sequence[Row], records: Mapping[str, pd.DataFrame]) -> Figure:
    lines, who, remarks = list[Line](), list[str](), list[str]()
    name = fact.removeprefix("fact:").removesuffix(BY_ROUND)
    for row in rows:
        curve, unread = curve_by_round(records[row.reference], fact)
        if unread:
            remarks.append(f"{row.title}: {count(unread, 'record')} with no list of numbers in {fact}")
        if curve:
            ends = f"{curve.y[0]:.4g} before the first round, {curve.y[-1]:.4g} after {len(curve.y) - 1}"
            lines.append(Line(row.title, row.colour, curve, f"{row.title}: {ends}"))
            who.append(row.reference)
    return Figure(name, "", tuple(lines), tuple(who), "round (0: before the first)", name, tuple(remarks))


def figures_sheet(view: TaskView, figures: Sequence[Figure]) -> Sheet:
    """One row a point of every line."""
    rows: list[tuple[Cell, ...]] = []
    for figure in figures:
        for line, who in zip(figure.lines, figure.references, strict=True):
            named = (view.summary.task, who, figure.name, figure.subset, figure.x_title, figure.y_title)
            points = zip(line.curve.x, line.curve.y, line.curve.lo, line.curve.hi, strict=True)
            rows += [(*named, *point) for point in points]
    return Sheet(("task", "entry", "name", "subset", "x_is", "y_is", "x", "y", "lo", "hi"), tuple(rows))


def bins_sheet(view: TaskView, column: str) -> Sheet:
    """A metric by size of the hole: one row an entry and bin, entries of random weights left out."""
    shown = {row.reference for row in view.judged}
    rows: list[tuple[Cell, ...]] = []
    for cell in view.summary.cells:
        of = cell.interval
        if cell.metric == column and cell.subset.startswith("ratio:") and cell.entry in shown and of:
            named = (cell.task, cell.entry, column, cell.subset.removeprefix("ratio:"))
            rows.append((*named, of.value, of.lo, of.hi, of.n, of.clusters))
    return Sheet(("task", "entry", "metric", "hole", "value", "lo", "hi", "n", "clusters"), tuple(rows))
