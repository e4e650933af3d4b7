"""Tables for other programs: CSV, JSON, Markdown and LaTeX in which a name is never a formula, a link or a command.

Names come from plugins, files and users. A cell that is text is escaped for where it is going; a number stays one.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from harness.store.files import jsonable

__all__ = [
    "Cell",
    "Sheet",
    "csv_text",
    "json_text",
    "latex_tabular",
    "latex_text",
    "markdown_table",
    "markdown_text",
    "visible",
]

Cell = str | int | float | bool | None

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet take a text for a formula (OWASP, "CSV Injection"), full-width forms too."""

_NUMBER = re.compile(r"[−+]?\d|–|$")
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_MARKDOWN = re.compile(
    r"(?P<mark>[\\`*_\[\]#~!$])|[&<>|]|^ | $|(?<=http):|(?<=https):|(?<=ftp):|(?<=mailto):|(?<=www)\.", re.IGNORECASE
)
"""Marks take a backslash; the rest become entities: what begins HTML or ends a cell, and what makes a bare address a
link."""

_LATEX: Mapping[str, str] = MappingProxyType(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
        "|": r"\textbar{}", "[": "{[}", "]": "{]}", "*": "{*}", "`": "{`}", "−": "$-$",
        "–": r"\textendash{}", "—": r"\textemdash{}", "±": r"$\pm$", "×": r"$\times$", "·": r"$\cdot$", "≤": r"$\le$",
        "↑": r"$\uparrow$", "↓": r"$\downarrow$", "→": r"$\rightarrow$", "…": r"\ldots{}", "’": "'",
    }
)  # fmt: skip
"""Brackets and stars would be options after a line's end."""


@dataclass(frozen=True)
class Sheet:
    """Columns and rows of one table. `bold` are (row, column) of cells to stress, where a format can."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bold: frozenset[tuple[int, int]] = frozenset()

    def records(self) -> list[dict[str, Cell]]:
        """One dictionary a row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def visible(text: str) -> str:
    """`text` with what cannot be seen spelt out, `<U+202E>`: controls, line breaks, marks that turn the reading."""
    return "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) in _HIDDEN else c for c in text)


def _words(cell: Cell) -> str:
    """A cell as text; nothing for None, NaN and infinities."""
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return repr(cell) if isinstance(cell, float) else str(cell)


def csv_text(sheet: Sheet) -> str:
    """RFC 4180 with a header. A text that a spreadsheet would calculate gets a leading apostrophe, and so does one that
    would read as such a text: a reader who takes one apostrophe off gets every cell back."""
    lines = (sheet.columns, *sheet.rows)
    return "".join(",".join(map(_csv_cell, line)) + "\n" for line in lines)


def _csv_cell(cell: Cell) -> str:
    text = _words(cell)
    if isinstance(cell, str):
        text = "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) == "Cs" else c for c in text)
        if text.lstrip("'").startswith(FORMULA):
            text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]|^\s|\s$', text) else text


def json_text(value: Any) -> str:
    """JSON in ASCII, so that no character of a name acts on a terminal; NaN and infinities are null."""
    return json.dumps(jsonable(value), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def markdown_text(text: str) -> str:
    """`text` as Markdown that shows it: no link, picture, HTML, emphasis or formula, and no end of a table's cell."""
    return _MARKDOWN.sub(lambda found: f"\\{found[0]}" if found["mark"] else f"&#{ord(found[0])};", visible(text))


def markdown_table(sheet: Sheet) -> str:
    """A table of GitHub's Markdown; columns of numbers to the right."""
    lines = [_markdown_line(map(markdown_text, sheet.columns))]
    lines.append(_markdown_line("---:" if right else "---" for right in _to_the_right(sheet)))
    for i, row in enumerate(sheet.rows):
        cells = (_stressed(markdown_text(_words(cell)), (i, j) in sheet.bold, "**") for j, cell in enumerate(row))
        lines.append(_markdown_line(cells))
    return "\n".join(lines) + "\n"


def _markdown_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _stressed(text: str, bold: bool, mark: str) -> str:
    return f"{mark}{text}{mark}" if bold and text else text


def _to_the_right(sheet: Sheet) -> list[bool]:
    """By column: whether it holds numbers, written as such or in words that begin with one."""
    return [
        any(row[j] is not None for row in sheet.rows)
        and all(cell is None or not isinstance(cell, str) or _NUMBER.match(cell) for cell in (r[j] for r in sheet.rows))
        for j in range(len(sheet.columns))
    ]


def latex_text(text: str) -> str:
    """`text` as LaTeX that prints it: no command, no special character, no ligature of hyphens."""
    return re.sub("-(?=-)", "-{}", "".join(_LATEX.get(c, c) for c in visible(text)))


def latex_tabular(sheet: Sheet) -> str:
    """A `tabular` with the rules of the package booktabs."""
    kinds = "".join("r" if right else "l" for right in _to_the_right(sheet))
    lines = [rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", _latex_line(map(latex_text, sheet.columns)), r"\midrule"]
    for i, row in enumerate(sheet.rows):
        cells = (latex_text(_words(cell) if isinstance(cell, str) else _words(cell).replace("-", "−")) for cell in row)
        lines.append(_latex_line(rf"\textbf{{{c}}}" if c and (i, j) in sheet.bold else c for j, c in enumerate(cells)))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _latex_line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"
