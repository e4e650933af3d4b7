"""The summary of a run on a terminal: one table a task, terse; plain aligned lines where there is no terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from harness.report.board import Board, Row, TaskView, task_views
from harness.report.words import NOTHING, interval, number, rank_range, resolution, seconds, skipped_lines

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

    from harness.stats.model import RunSummary

__all__ = ["print_summary"]

WIDTH = 110
GAP = 2
TITLE_MAX = 34
LEFT_COLUMNS = 3
_ASCII = str.maketrans(
    {"–": "-", "−": "-", "—": "-", "·": "-", "↑": "+", "↓": "-", "…": ".", "×": "x", "±": "~", "’": "'"}
)


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
    for line in _lines(summary, manifest, width, bare):
        if isinstance(line, Table):
            console.print(line)
        elif bare:
            console.print(Text(_writable(line.plain, console.encoding)), no_wrap=True, overflow="ignore", crop=False)
        else:
            console.print(line)


def _writable(text: str, encoding: str) -> str:
    """`text` in characters that `encoding` has: a log file in ASCII must not end a run."""
    if encoding.lower().startswith("utf"):
        return text
    return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)


def _lines(summary: RunSummary, manifest: Mapping[str, Any], width: int, bare: bool) -> Iterator[Text | Table]:
    for view in task_views(summary, manifest):
        for board in view.boards:
            yield Text()
            title = Text.assemble((view.summary.title, "bold"), "  ", (view.summary.task, "dim"))
            if board.heading:
                title.append(f"\n{board.heading}", "yellow")
            yield from title.split("\n")
            left_out, heads, rows = _fitted(view, board, width)
            yield from _plain_table(heads, rows) if bare else [_rich_table(heads, rows, board)]
            yield Text()
            yield from (Text(line, "bold") for line in textwrap.wrap(board.headline, width))
            for note in _notes(view, board, left_out):
                yield from (Text(line, "dim") for line in textwrap.wrap(note, width, subsequent_indent="  "))
    skipped = skipped_lines(manifest)
    if skipped:
        yield Text()
        yield from (Text(f"skipped  {line}", "dim") for line in skipped)


def _notes(view: TaskView, board: Board, left_out: Sequence[str]) -> Iterator[str]:
    yield from (f"* {row.title}: {row.note}" for row in board.rows if row.note)
    done, info = view.summary, view.info[view.summary.primary]
    yield "; ".join(filter(None, [view.counted, resolution(done, info)]))
    if left_out:
        yield f"in the report only: {', '.join(left_out)}"


def _fitted(view: TaskView, board: Board, width: int) -> tuple[list[str], list[str], list[list[str]]]:
    """Metrics that do not fit into `width` columns, then heads and rows of those that do."""
    primary, *others = view.columns
    heads = ["#", "tie", "entry", _head(view, primary), "ok/fail\n/skip", "s/image"]
    rows = [_cells(row, primary, view) for row in board.rows]
    used = sum(_width([line[i] for line in [heads, *rows]]) + GAP for i in range(len(heads))) - GAP
    left_out = []
    at = LEFT_COLUMNS + 1
    for column in others:
        cells = [_value(row, column, view) for row in board.rows]
        head = _head(view, column)
        need = _width([head, *cells]) + GAP
        if used + need > width or set(cells) == {NOTHING}:
            left_out.append(column)
            continue
        used += need
        heads.insert(at, head)
        for line, cell in zip(rows, cells, strict=True):
            line.insert(at, cell)
        at += 1
    return left_out, heads, rows


def _width(cells: Sequence[str]) -> int:
    """Columns that the widest line of `cells` needs."""
    return max(cell_len(line) for cell in cells for line in cell.split("\n"))


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
    title = row.title + (" *" if row.note else "")
    if cell_len(title) > TITLE_MAX:
        title = set_cell_size(row.title, TITLE_MAX - 3).rstrip() + ("… *" if row.note else "…")
    return [
        rank_range(row.standing),
        row.standing.group,
        title,
        interval(row.scores[primary], view.info[primary]["digits"]),
        "/".join(map(str, row.counts)),
        seconds(row.seconds.value if row.seconds else None),
    ]


def _plain_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Text]:
    widths = [_width([line[i] for line in [heads, *rows]]) for i in range(len(heads))]
    upper = [head.partition("\n")[0] if "\n" in head else "" for head in heads]
    lower = [head.rpartition("\n")[2] for head in heads]
    for line in [upper, lower, *rows]:
        padded = [
            set_cell_size(cell, size) if i < LEFT_COLUMNS else " " * (size - cell_len(cell)) + cell
            for i, (cell, size) in enumerate(zip(line, widths, strict=True))
        ]
        yield Text((" " * GAP).join(padded).rstrip())


def _rich_table(heads: Sequence[str], rows: Sequence[Sequence[str]], board: Board) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False, header_style="dim")
    for column, head in enumerate(heads):
        side: JustifyMethod = "left" if column < LEFT_COLUMNS else "right"
        table.add_column(Text(head if "\n" in head else f"\n{head}"), justify=side, no_wrap=True)
    for cells, row in zip(rows, board.rows, strict=True):
        place = row.standing
        maybe_best = "bold" if place.ranked and place.rank_lo == 1 else ""
        surely_best = "bold green" if maybe_best and place.rank_hi == 1 else maybe_best
        styles = [maybe_best, "dim", maybe_best, surely_best]
        failed = "red" if row.counts[1] else "dim"
        styles += [""] * (len(cells) - len(styles) - 2) + [failed, "dim"]
        table.add_row(*(Text(cell, style) for cell, style in zip(cells, styles, strict=True)))
    return table
