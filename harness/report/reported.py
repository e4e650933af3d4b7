"""Papers' numbers as tables: what their source says, for terminals, pages and other programs.

Theirs are other pictures, masks, sizes and metrics than any suite's here, so they never share a table or a column with
measured numbers.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from harness.report.lines import WIDTH, cut, emit, plain_table, rich_table, width_of
from harness.report.sheet import Cell, Sheet, latex_tabular, latex_text, markdown_table, markdown_text
from harness.report.words import NOTHING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "WHY_APART",
    "Column",
    "Reported",
    "ReportedRow",
    "latex_reported",
    "markdown_reported",
    "print_reported",
    "reported_sheet",
    "table_sheet",
    "value_text",
]

LONGEST = 28
"""ours: columns of a terminal that a method's name may take."""

WHY_APART = (
    "Reported, not measured: other pictures, masks, sizes and metric code than here, so these numbers share no table "
    "and no column with measured ones."
)


@dataclass(frozen=True)
class Column:
    """A column of a reported table; `better` is "higher", "lower" or "" where neither is."""

    name: str
    unit: str
    better: str


@dataclass(frozen=True)
class ReportedRow:
    """A method as its source names it; `setting` tells its rows apart, `reference` is ours or "", `values` may be
    None."""

    method: str
    setting: str
    reference: str
    values: tuple[float | None, ...]
    note: str


@dataclass(frozen=True)
class Reported:
    """One table.

    Attributes:
        source: `work`, `place`, `read` (in what form), `through` (by whom).
        protocol: `data`, `masks`, `n`, `size`, `colour`, `extractor`, each in words.
    """

    suite: str
    name: str
    title: str
    source: Mapping[str, str]
    protocol: Mapping[str, str]
    columns: tuple[Column, ...]
    rows: tuple[ReportedRow, ...]

    @property
    def source_line(self) -> str:
        """Whose numbers these are and how they were read, in one line."""
        of = self.source
        return f"{of['work']}: {of['place']} ({of['read']}; through {of['through']})"

    @property
    def protocol_line(self) -> str:
        """What was judged how, in one line; what no source states is left to the last words."""
        said = {key: words for key, words in self.protocol.items() if words != "not stated"}
        silent = [key for key in self.protocol if key not in said]
        told = [f"{key}: {words}" for key, words in said.items()]
        return "; ".join([*told, *([f"not stated: {', '.join(silent)}"] if silent else [])])


def value_text(value: float | None) -> str:
    """A number as its source has it, as far as digits are kept; a dash for none."""
    return NOTHING if value is None else f"{value:g}"


def _head(column: Column) -> str:
    arrow = {"higher": " ↑", "lower": " ↓", "": ""}[column.better]
    return f"{column.name}{arrow}{f' ({column.unit})' if column.unit else ''}"


def _name(row: ReportedRow) -> str:
    return f"{row.method}, {row.setting}" if row.setting else row.method


def table_sheet(table: Reported) -> Sheet:
    """One table as its source has it: a row a method, then our name of it and what is unclear, where there is any."""
    ours, notes = any(row.reference for row in table.rows), any(row.note for row in table.rows)
    heads = ["method", *map(_head, table.columns), *(["here"] if ours else []), *(["note"] if notes else [])]
    rows: list[tuple[Cell, ...]] = [
        (_name(row), *row.values, *([row.reference] if ours else []), *([row.note] if notes else []))
        for row in table.rows
    ]
    return Sheet(tuple(heads), tuple(rows))


LONG = (
    "tier", "suite", "table", "title", "work", "place", "read", "through", "data", "masks", "n", "size", "colour",
    "extractor", "method", "setting", "reference", "column", "unit", "better", "value", "note",
)  # fmt: skip


def reported_sheet(tables: Iterable[Reported]) -> Sheet:
    """Every number of several tables, one row each, with its source and protocol."""
    rows: list[tuple[Cell, ...]] = [
        (
            "reported", of.suite, of.name, of.title, *(of.source[k] for k in ("work", "place", "read", "through")),
            *(of.protocol[k] for k in ("data", "masks", "n", "size", "colour", "extractor")),
            row.method, row.setting, row.reference, column.name, column.unit, column.better, value, row.note,
        )
        for of in tables
        for row in of.rows
        for column, value in zip(of.columns, row.values, strict=True)
    ]  # fmt: skip
    return Sheet(LONG, tuple(rows))


def markdown_reported(table: Reported) -> str:
    """A table as Markdown, headed by its title, followed by source and protocol."""
    notes = (f"Source: {table.source_line}.", f"Protocol: {table.protocol_line}.", WHY_APART)
    below = "\n".join(f"- {markdown_text(note)}" for note in notes)
    return f"### {markdown_text(table.title)} (reported)\n\n{markdown_table(table_sheet(table))}\n{below}\n"


def latex_reported(table: Reported) -> str:
    """A table as LaTeX with its source and protocol beneath it."""
    notes = f"Source: {table.source_line}. Protocol: {table.protocol_line}. {WHY_APART}"
    return (
        "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n"
        f"\\caption{{{latex_text(table.title)} (reported)}}\n{latex_tabular(table_sheet(table))}"
        f"\n\\smallskip\n\\parbox{{\\linewidth}}{{\\footnotesize {latex_text(notes)}}}\n\\end{{table}}\n"
    )


def print_reported(tables: Iterable[Reported], console: Console, plain: bool | None = None) -> None:
    """Print tables, each headed by its source; plain aligned lines where `console` is no terminal."""
    bare = not console.is_terminal if plain is None else plain
    width = WIDTH if bare else min(WIDTH, console.width)
    for table in tables:
        emit(_lines(table, width, bare), console, bare)


def _lines(table: Reported, width: int, bare: bool) -> Iterator[Text | Table]:
    yield Text()
    yield Text.assemble((table.title, "bold"), "  ", (f"reported, {table.suite}", "dim"))
    for said in (table.source_line, table.protocol_line):
        yield from (Text(line, "dim") for line in textwrap.wrap(said, width, subsequent_indent="  "))
    names = [cut(_name(row), LONGEST) for row in table.rows]
    heads = [_broken(column) for column in table.columns]
    cells = [[value_text(value) for value in row.values] for row in table.rows]
    for first, last in _parts(names, heads, cells, width):
        top = ["method", *heads[first:last]]
        rows = [[name, *line[first:last]] for name, line in zip(names, cells, strict=True)]
        if bare:
            yield from plain_table(top, rows, (0,))
        else:
            yield rich_table(top, rows, (0,), [[""] * len(top)] * len(rows))
    for row in table.rows:
        if row.note:
            said = f"* {_name(row)}: {row.note}"
            yield from (Text(line, "dim") for line in textwrap.wrap(said, width, subsequent_indent="  "))


def _broken(column: Column) -> str:
    """A column's head on two lines: the metric, then where it was taken."""
    name, _, where = _head(column).partition(", ")
    return f"{name}\n{where}" if where else name


def _parts(names: list[str], heads: list[str], cells: list[list[str]], width: int) -> Iterator[tuple[int, int]]:
    """Columns from … to, so that every part of the table fits into the width."""
    first, used = 0, width_of(names)
    for at, head in enumerate(heads):
        need = width_of([head, *(line[at] for line in cells)]) + 2
        if used + need > width and at > first:
            yield first, at
            first, used = at, width_of(names)
        used += need
    yield first, len(heads)
