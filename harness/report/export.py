"""A run's standings and records for other programs: CSV, JSON, Markdown, LaTeX.

Kinds of learned weights that never share a ranked table never share one here either: every format has one table a
kind, or says in every row which table it is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from harness.report.board import Board, Row, TaskView, task_views
from harness.report.sheet import (
    Cell,
    Sheet,
    csv_text,
    json_text,
    latex_tabular,
    latex_text,
    markdown_table,
    markdown_text,
)
from harness.report.words import NOTHING, interval, leak, number, rank_range, resolution, seconds, skipped_lines

if TYPE_CHECKING:
    import pandas as pd

    from harness.stats.model import Interval, RunSummary

__all__ = ["export_records", "export_summary", "frame_sheet", "metric_head", "standings_sheet", "summary_document"]

Further = Mapping[str, Mapping[str, Cell]]

COLUMNS = (
    "suite", "suite_version", "task", "table", "entry", "title", "weights", "badges", "ranked", "rank", "rank_lo",
    "rank_hi", "tie", "note", "metric", "primary", "unit", "better", "value", "lo", "hi", "n", "clusters", "ok",
    "failed", "skipped", "n_total", "seconds", "peak_mb", "why",
)  # fmt: skip


def export_summary(
    summary: RunSummary, manifest: Mapping[str, Any], layout: str, further: Further = MappingProxyType({})
) -> str:
    """The standings of a run as `csv` (a row a metric of an entry in a table), `json`, `markdown` or `latex`.

    `further`: by entry, what else stands in its rows by name, the same names for all.
    """
    if layout == "csv":
        return csv_text(standings_sheet(task_views(summary, manifest), manifest["suite"], further))
    if layout == "json":
        return json_text(summary_document(summary, manifest, further))
    write = {"markdown": _markdown, "latex": _latex}[layout]
    views = task_views(summary, manifest)
    return "\n".join(write(view, board, manifest, further) for view in views for board in view.boards)


def export_records(records: pd.DataFrame, layout: str) -> str:
    """Every record, one row a sample and repeat, as `csv` or `json`."""
    sheet = frame_sheet(records)
    return csv_text(sheet) if layout == "csv" else json_text(sheet.records())


def frame_sheet(frame: pd.DataFrame) -> Sheet:
    """A data frame as a sheet; what is not known is None."""
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return Sheet(tuple(map(str, frame.columns)), tuple(tuple(_native(cell) for cell in row) for row in rows))


def _native(cell: Any) -> Cell:
    """A cell of a data frame as Python's own type: numpy's numbers are neither JSON nor text."""
    native: Cell = cell.item() if hasattr(cell, "item") else cell
    return native


def standings_sheet(
    views: Iterable[TaskView], suite: Mapping[str, Any], further: Further = MappingProxyType({})
) -> Sheet:
    """One row for each metric of each entry in each table; the rank stands beside the primary metric only.

    `further`: as in `export_summary`.
    """
    names = _names(further)
    rows = [
        (
            *(suite["name"], suite["version"], view.summary.task, row.standing.table, *_line(view, row, column)),
            *_more(row, further, names),
        )
        for view in views
        for board in view.boards
        for row in board.rows
        for column in view.columns
    ]
    return Sheet((*COLUMNS, *names), tuple(rows))


def _names(further: Further) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for cells in further.values() for name in cells))


def _more(row: Row, further: Further, names: Sequence[str]) -> Iterator[Cell]:
    cells = further.get(row.reference, {})
    yield from (cells.get(name) for name in names)


def _line(view: TaskView, row: Row, column: str) -> tuple[Cell, ...]:
    place, score, info = row.standing, row.scores[column], view.info[column]
    primary = column == view.summary.primary
    ranks = (place.rank, place.rank_lo, place.rank_hi, place.group) if primary else (None, None, None, None)
    figures = (score.value, score.lo, score.hi, score.n, score.clusters) if score else (None, None, None, 0, 0)
    return (
        row.reference, row.title, row.kind, "; ".join(_badges(row)), place.ranked, *ranks, row.note, column, primary,
        info["unit"], _better(info), *figures, *row.counts, view.summary.n_total,
        row.seconds.value if row.seconds else None, row.peak_mb, _whys(view, row).get(column, ""),
    )  # fmt: skip


def _whys(view: TaskView, row: Row) -> dict[str, str]:
    """Why metrics refused to give an entry a value, by column."""
    return {c.metric: c.why for c in view.summary.cells if c.entry == row.reference and c.why and not c.subset}


def _badges(row: Row) -> list[str]:
    """What the report shows beneath an entry's name."""
    named = {"floor", "oracle"} & set(row.entry["tags"])
    found = [f"{row.kind} weights"] if row.kind else []
    found += sorted(named)
    found += [f"parity: {row.entry['parity']}"] if row.entry["parity"] else []
    return found + ([f"leak: {row.standing.leak}"] if row.standing.leak else [])


def _better(info: Mapping[str, Any]) -> str:
    if info["diagnostic"] or info["higher_is_better"] is None:
        return ""
    return "higher" if info["higher_is_better"] else "lower"


def summary_document(
    summary: RunSummary, manifest: Mapping[str, Any], further: Further = MappingProxyType({})
) -> dict[str, Any]:
    """The standings of a run as nested dictionaries, for JSON. `further`: as in `export_summary`."""
    suite = manifest["suite"]
    return {
        "suite": {key: suite[key] for key in ("name", "version", "sha256", "title")},
        "status": manifest["status"],
        "tasks": [_task(view, further) for view in task_views(summary, manifest)],
        "skipped": manifest["skipped"],
    }


def _task(view: TaskView, further: Further) -> dict[str, Any]:
    done = view.summary
    return {
        "task": done.task, "title": done.title, "primary": done.primary, "n_common": done.n_common,
        "n_total": done.n_total, "clusters": done.clusters, "detectable": done.detectable,
        "identity": view.task["identity"], "remarks": view.remarks,
        "metrics": {c: {"unit": view.info[c]["unit"], "better": _better(view.info[c])} for c in view.columns},
        "tables": [
            {"table": b.rows[0].standing.table if b.rows else "", "heading": b.heading, "in_words": b.headline,
             "entries": [{**_entry(view, row), **further.get(row.reference, {})} for row in b.rows]}
            for b in view.boards
        ],
    }  # fmt: skip


def _entry(view: TaskView, row: Row) -> dict[str, Any]:
    place = row.standing
    ok, failed, skipped = row.counts
    return {
        "entry": row.reference, "title": row.title, "weights": row.kind, "badges": _badges(row),
        "ranked": place.ranked, "rank": place.rank, "rank_lo": place.rank_lo, "rank_hi": place.rank_hi,
        "tie": place.group, "note": row.note, "ok": ok, "failed": failed, "skipped": skipped,
        "seconds": _figures(row.seconds), "peak_mb": row.peak_mb,
        "scores": {column: _figures(row.scores[column]) for column in view.columns}, "why": _whys(view, row),
    }  # fmt: skip


def _figures(of: Interval | None) -> dict[str, Any] | None:
    return {"value": of.value, "lo": of.lo, "hi": of.hi, "n": of.n, "clusters": of.clusters} if of else None


def metric_head(column: str, info: Mapping[str, Any]) -> str:
    """A metric's column with its better direction and unit: `psnr@hole ↑ (dB)`."""
    arrow = {"higher": " ↑", "lower": " ↓", "": ""}[_better(info)]
    return f"{column}{arrow}{' (' + info['unit'] + ')' if info['unit'] else ''}"


def _board_sheet(view: TaskView, board: Board, further: Further) -> Sheet:
    """One ranked table in words; the primary value of a leader whom nobody shares the first tie group with is bold."""
    primary, *others = view.columns
    others = [column for column in others if any(row.scores[column] for row in board.rows)]
    heads = [
        "#",
        "tie",
        "entry",
        *(metric_head(c, view.info[c]) for c in (primary, *others)),
        "ok/fail/skip",
        "s/image",
        *(names := _names(further)),
    ]
    rows = [
        (
            rank_range(row.standing),
            row.standing.group,
            row.title,
            interval(row.scores[primary], view.info[primary]["digits"]),
            *(_value(row.scores[column], view.info[column]["digits"]) for column in others),
            "/".join(map(str, row.counts)),
            seconds(row.seconds.value if row.seconds else None),
            *_more(row, further, names),
        )
        for row in board.rows
    ]
    bold = {(i, 3) for i, row in enumerate(board.rows) if _leads_alone(row, board)}
    return Sheet(tuple(heads), tuple(rows), frozenset(bold))


def _value(score: Interval | None, digits: int) -> str:
    return number(score.value, digits) if score else NOTHING


def _leads_alone(row: Row, board: Board) -> bool:
    """Whether an entry is separably better than every other ranked one of its table."""
    ranked = [other.standing for other in board.rows if other.standing.ranked]
    return row.standing.ranked and row.standing.rank_hi == 1 and len(ranked) > 1


def _footnotes(view: TaskView, board: Board, manifest: Mapping[str, Any]) -> list[str]:
    """What a table's numbers rest on, in sentences."""
    identity, suite, done = view.task["identity"], manifest["suite"], view.summary
    info = view.info[done.primary]
    said = [(row.title, "; ".join(filter(None, [row.note, leak(row.standing)]))) for row in board.rows]
    found = [f"{title}: {notes}." for title, notes in said if notes]
    rests = "; ".join(filter(None, [view.counted, resolution(done, info)]))
    found.append(
        f"{rests}. Brackets: 95 % intervals, resampled by cluster; # and tie: by {done.primary}, Holm-corrected."
    )
    found += [f"{remark}." for remark in view.remarks]
    holes = f", mask set {identity['maskset']} version {identity['mask_version']}" if identity["maskset"] else ""
    holes += f", degradation {identity['degradation']}" if "degradation" in identity else ""
    data = f"Data set {identity['dataset']} version {identity['version']}{holes}, mask role {identity['role']}"
    found.append(f"{data}; suite {suite['name']} version {suite['version']}, sha256 {suite['sha256'][:12]}.")
    return found


def _heading(view: TaskView, board: Board) -> str:
    return f"{view.summary.title} ({view.summary.task}){': ' + board.heading if board.heading else ''}"


def _markdown(view: TaskView, board: Board, manifest: Mapping[str, Any], further: Further) -> str:
    notes: Sequence[str] = [board.headline, *_footnotes(view, board, manifest), *_left_out(manifest, view)]
    below = "\n".join(f"- {markdown_text(note)}" for note in notes)
    return (
        f"### {markdown_text(_heading(view, board))}\n\n{markdown_table(_board_sheet(view, board, further))}\n{below}\n"
    )


def _left_out(manifest: Mapping[str, Any], view: TaskView) -> list[str]:
    mine = [skip for skip in manifest["skipped"] if skip["task"] in ("", view.summary.task)]
    return [f"skipped: {line}" for line in skipped_lines({"skipped": mine})]


def _latex(view: TaskView, board: Board, manifest: Mapping[str, Any], further: Further) -> str:
    notes = " ".join(_footnotes(view, board, manifest))
    return (
        "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n"
        f"\\caption{{{latex_text(_heading(view, board))}}}\n{latex_tabular(_board_sheet(view, board, further))}"
        f"\n\\smallskip\n\\parbox{{\\linewidth}}{{\\footnotesize {latex_text(notes)}}}\n\\end{{table}}\n"
    )
