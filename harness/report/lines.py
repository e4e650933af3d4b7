"""Aligned tables and lines on a terminal, and the same without colour where there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

__all__ = ["GAP", "WIDTH", "cut", "emit", "plain_table", "rich_table", "width_of"]

WIDTH = 110
GAP = 2
_ASCII = str.maketrans(
    {"–": "-", "−": "-", "—": "-", "·": "-", "↑": "+", "↓": "-", "…": ".", "×": "x", "±": "~", "’": "'", "→": ">"}
)


def emit(lines: Iterable[Text | Table], console: Console, bare: bool) -> None:
    """Print lines and tables; `bare` lines are never wrapped, cropped or given codes."""
    for line in lines:
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


def cut(text: str, cells: int) -> str:
    """`text` in at most so many columns of a terminal, the last one an ellipsis where something was cut."""
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1).rstrip() + "…"


def width_of(cells: Iterable[str]) -> int:
    """Columns that the widest line of `cells` needs."""
    return max(cell_len(line) for cell in cells for line in cell.split("\n"))


def plain_table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: Collection[int]) -> Iterator[Text]:
    """A head of two lines and the rows; the columns `left` are flush left, the others right."""
    widths = [width_of([line[i] for line in [heads, *rows]]) for i in range(len(heads))]
    upper = [head.partition("\n")[0] if "\n" in head else "" for head in heads]
    lower = [head.rpartition("\n")[2] for head in heads]
    for line in [upper, lower, *rows]:
        padded = [
            set_cell_size(cell, size) if i in left else " " * (size - cell_len(cell)) + cell
            for i, (cell, size) in enumerate(zip(line, widths, strict=True))
        ]
        yield Text((" " * GAP).join(padded).rstrip())


def rich_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], left: Collection[int], styles: Sequence[Sequence[str]]
) -> Table:
    """The same with a rule beneath the head and a style for every cell of `rows`."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False, header_style="dim")
    for column, head in enumerate(heads):
        side: JustifyMethod = "left" if column in left else "right"
        table.add_column(Text(head if "\n" in head else f"\n{head}"), justify=side, no_wrap=True)
    for cells, own in zip(rows, styles, strict=True):
        table.add_row(*(Text(cell, style) for cell, style in zip(cells, own, strict=True)))
    return table
