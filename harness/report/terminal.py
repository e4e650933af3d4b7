"""The summary of a run on a terminal: one table a task, terse; plain aligned lines where there is no terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from harness.report.badges import strategy_of
from harness.report.board import Board, Row, TaskView, task_views
from harness.report.lines import GAP, WIDTH, emit, plain_table, rich_table, width_of
from harness.report.words import NOTHING, interval, leak, number, rank_range, resolution, seconds, skipped_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from harness.stats.model import RunSummary

__all__ = ["print_summary"]

TITLE_MAX = 34
LEFT = range(3)


def print_summary(
    summary: RunSummary, manifest: Mapping[str, Any], console: Console, plain: bool | None = None
) -> None:
    """Print one table a task with intervals, tie groups and counts, then what was left out and why.

    Args:
        summary: of the run.
        manifest: the run's manifest.
        console: where to; its width (at most 110 columns) decides how many metrics fit beside the primary one.
        plain: aligned lines without colour codes; by default where `console` is no terminal.
    """
    bare = not console.is_terminal if plain is None else plain
    width = WIDTH if bare else min(WIDTH, console.width)
    emit(_lines(summary, manifest, width, bare), console, bare)


def _lines(summary: RunSummary, manifest: Mapping[str, Any], width: int, bare: bool) -> Iterator[Text | Table]:
    for view in task_views(summary, manifest):
        for board in view.boards:
            yield Text()
            title = Text.assemble((view.summary.title, "bold"), "  ", (view.summary.task, "dim"))
            if board.heading:
                title.append(f"\n{board.heading}", "yellow")
            yield from title.split("\n")
            left_out, heads, rows = _fitted(view, board, width)
            if bare:
                yield from plain_table(heads, rows, LEFT)
            else:
                yield rich_table(heads, rows, LEFT, [_styles(*pair) for pair in zip(rows, board.rows, strict=True)])
            yield Text()
            yield from (Text(line, "bold") for line in textwrap.wrap(board.headline, width))
            for note in _notes(view, board, left_out):
                yield from (Text(line, "dim") for line in textwrap.wrap(note, width, subsequent_indent="  "))
    skipped = skipped_lines(manifest)
    if skipped:
        yield Text()
        yield from (Text(f"skipped  {line}", "dim") for line in skipped)


def _notes(view: TaskView, board: Board, left_out: Sequence[str]) -> Iterator[str]:
    said = [(row.title, "; ".join(filter(None, [row.note, leak(row.standing)]))) for row in board.rows]
    yield from (f"* {title}: {notes}" for title, notes in said if notes)
    ways = [(row.title, strategy_of(row.entry, view.task)) for row in board.rows if "strategy=" not in row.title]
    yield from (f"{title}: larger pictures by {way}" for title, way in ways if way)
    done, info = view.summary, view.info[view.summary.primary]
    yield "; ".join(filter(None, [view.counted, resolution(done, info)]))
    yield from view.remarks
    if left_out:
        yield f"in the report only: {', '.join(left_out)}"


def _fitted(view: TaskView, board: Board, width: int) -> tuple[list[str], list[str], list[list[str]]]:
    """Metrics that do not fit into `width` columns, then heads and rows of those that do."""
    primary, *others = view.columns
    heads = ["#", "tie", "entry", _head(view, primary), "ok/fail\n/skip", "s/image"]
    rows = [_cells(row, primary, view) for row in board.rows]
    used = sum(width_of([line[i] for line in [heads, *rows]]) + GAP for i in range(len(heads))) - GAP
    left_out = []
    at = len(LEFT) + 1
    for column in others:
        cells = [_value(row, column, view) for row in board.rows]
        head = _head(view, column)
        need = width_of([head, *cells]) + GAP
        if used + need > width or set(cells) == {NOTHING}:
            left_out.append(column)
            continue
        used += need
        heads.insert(at, head)
        for line, cell in zip(rows, cells, strict=True):
            line.insert(at, cell)
        at += 1
    return left_out, heads, rows


def _head(view: TaskView, column: str) -> str:
    """The column on two lines with the better direction; a diagnostic one may have a target instead of a direction."""
    info = view.info[column]
    name, at, region = column.partition("@")
    direction = None if info["diagnostic"] else info["higher_is_better"]
    arrow = "" if direction is None else " ↑" if direction else " ↓"
    return f"{name}\n@{region}{arrow}" if at else f"{name}{arrow}"


def _value(row: Row, column: str, view: TaskView) -> str:
    score = row.scores[column]
    return number(score.value if score else None, view.info[column]["digits"])


def _cells(row: Row, primary: str, view: TaskView) -> list[str]:
    badge = f" (leak: {row.standing.leak})" if row.standing.leak else ""
    mark = " *" if row.note or badge else ""
    title = row.title + badge + mark
    if cell_len(title) > TITLE_MAX:
        title = set_cell_size(row.title + badge, TITLE_MAX - 3).rstrip() + "…" + mark
    return [
        rank_range(row.standing),
        row.standing.group,
        title,
        interval(row.scores[primary], view.info[primary]["digits"]),
        "/".join(map(str, row.counts)),
        seconds(row.seconds.value if row.seconds else None),
    ]


def _styles(cells: Sequence[str], row: Row) -> list[str]:
    """A style a cell: who may be best is bold, who surely is, green; failures are red."""
    place = row.standing
    maybe_best = "bold" if place.ranked and place.rank_lo == 1 else ""
    surely_best = "bold green" if maybe_best and place.rank_hi == 1 else maybe_best
    styles = [maybe_best, "dim", maybe_best, surely_best]
    return styles + [""] * (len(cells) - len(styles) - 2) + ["red" if row.counts[1] else "dim", "dim"]
