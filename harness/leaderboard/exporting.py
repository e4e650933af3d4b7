"""Boards and reported tables for other programs; the two never stand in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError, UnknownName
from harness.leaderboard.papers import reported
from harness.leaderboard.places import Board, boards, roots, vouched
from harness.report.export import export_summary, standings_sheet, summary_document
from harness.report.opened import Opened
from harness.report.reported import WHY_APART, latex_reported, markdown_reported, reported_sheet
from harness.report.sheet import Cell, Sheet, csv_text, json_text, latex_text, markdown_text

if TYPE_CHECKING:
    from harness.report.reported import Reported

__all__ = ["FORMATS", "export", "export_reported", "find_boards"]

FORMATS: Mapping[str, str] = {"csv": "csv", "md": "markdown", "tex": "latex", "json": "json"}


def find_boards(name: str, root: str | Path | None = None) -> list[Board]:
    """Boards of a suite, or the one called `suite/v2-cpu`. Raises `UnknownName` where there is none."""
    known = list(boards([(Path(root), False)] if root else roots()))
    found = [board for board in known if name in (board.suite, board.id)]
    if not found:
        names = {word for board in known for word in (board.suite, board.id)}
        raise UnknownName("leaderboard", name, names, "harness leaderboard show")
    return found


def export(suite: str, layout: str = "csv", *, root: str | Path | None = None) -> str:
    """The boards of a suite (or one, `suite/v2-cpu`) as `csv`, `md`, `tex` or `json`.

    Every row says who vouches for it (`tier`, `by`), when it was added and at which commit of the harness it was made.
    Tables that never share a ranking (mini, official, outputs made elsewhere) do not here either.

    Raises:
        HarnessError: another layout, no such board, or one that is damaged.
    """
    _check(layout)
    found = [(board, Opened(board.path)) for board in find_boards(suite, root)]
    if layout == "csv":
        return csv_text(_joined([_sheet(*one) for one in found]))
    if layout == "json":
        return json_text({"boards": [_document(*one) for one in found]})
    shown = {"md": _markdown_heading, "tex": _latex_heading}[layout]
    return "\n".join(
        shown(board) + export_summary(opened.summary, opened.manifest, FORMATS[layout], _in_words(board))
        for board, opened in found
    )


def _check(layout: str) -> None:
    if layout not in FORMATS:
        raise HarnessError(f"no format '{layout}': {', '.join(FORMATS)}")


def _sheet(board: Board, opened: Opened) -> Sheet:
    further: dict[str, dict[str, Cell]] = {
        entry: {"board": board.id, **{key: row[key] for key in ("tier", "by", "added", "commit", "source")}}
        for entry, row in vouched(board.path).items()
    }
    return standings_sheet(opened.views.values(), opened.manifest["suite"], further)


def _joined(sheets: Sequence[Sheet]) -> Sheet:
    return Sheet(sheets[0].columns, tuple(row for sheet in sheets for row in sheet.rows))


def _document(board: Board, opened: Opened) -> dict[str, object]:
    return {"board": board.id, **summary_document(opened.summary, opened.manifest, vouched(board.path))}


def _in_words(board: Board) -> dict[str, dict[str, Cell]]:
    return {
        entry: {"tier": row["tier"], "added": row["added"], "commit": row["commit"][:8] or None}
        for entry, row in vouched(board.path).items()
    }


def _markdown_heading(board: Board) -> str:
    return f"## {markdown_text(board.id)}\n\n"


def _latex_heading(board: Board) -> str:
    return f"% {latex_text(board.id)}\n"


def export_reported(suite: str, layout: str = "csv", *, root: str | Path | None = None) -> str:
    """Papers' numbers related to a suite as `csv` (a row a number), `md`, `tex` or `json`, each with its source.

    Raises:
        HarnessError: another layout, a damaged file, or no table of that suite.
    """
    _check(layout)
    tables = reported(suite, [Path(root)] if root else None)
    if not tables:
        raise UnknownName(
            "suite with reported tables", suite, {t.suite for t in reported()}, "harness leaderboard show"
        )
    if layout == "csv":
        return csv_text(reported_sheet(tables))
    if layout == "json":
        return json_text({"note": WHY_APART, "tables": [_table(table) for table in tables]})
    write = {"md": markdown_reported, "tex": latex_reported}[layout]
    return "\n".join(write(table) for table in tables)


def _table(table: Reported) -> dict[str, object]:
    return {
        "tier": "reported", "suite": table.suite, "name": table.name, "title": table.title,
        "source": dict(table.source), "protocol": dict(table.protocol),
        "columns": [vars(column) for column in table.columns],
        "rows": [{**vars(row), "values": list(row.values)} for row in table.rows],
    }  # fmt: skip
