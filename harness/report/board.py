"""The leaderboards of one task, as rows that a terminal and a page both draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.report.words import count, disagreement_line, headline, refusals, steps_line, wrapped_lines
from harness.stats.model import TABLE_HEADINGS

if TYPE_CHECKING:
    from harness.stats.model import Cell, Interval, RunSummary, Standing, TaskSummary

__all__ = ["COLOURS", "Board", "Row", "TaskView", "subset_view", "task_views"]

COLOURS = 20
"""Colours that `report.css` has for entries."""


@dataclass(frozen=True)
class Row:
    """One entry on one task.

    Attributes:
        entry: the manifest's description of the entry (title, weights, licence, …).
        colour: its colour number, the same all over a report.
        scores: per metric column the value with its interval over the common samples, None where undefined, and of
            random weights, which are for timing: what they output is no result.
        counts: samples ok, failed, skipped.
        note: why it is not ranked, or which floor it stands below; "" for neither.
    """

    entry: Mapping[str, Any]
    colour: int
    standing: Standing
    scores: Mapping[str, Interval | None]
    counts: tuple[int, int, int]
    seconds: Interval | None
    peak_mb: float | None
    note: str

    @property
    def reference(self) -> str:
        """The entry's reference."""
        return str(self.entry["reference"])

    @property
    def title(self) -> str:
        """The entry's title."""
        return str(self.entry["title"])

    @property
    def floor(self) -> bool:
        """Whether it is a baseline."""
        return "floor" in self.entry["tags"]

    @property
    def kind(self) -> str:
        """Kind of its learned weights, "" where it learned nothing."""
        return str(self.entry["weights"]["kind"]) if self.entry["weights"] else ""


@dataclass(frozen=True)
class Board:
    """Entries that may be ranked against each other, best first, and the sentence that says what came out."""

    heading: str
    headline: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class TaskView:
    """A task of the manifest with its summary and boards.

    Attributes:
        columns: its metrics, the primary one first.
        unverified: extractors of set metrics whose file nobody's sha256 vouches for, with the file's own.
        repeats: how often each entry did each sample.
    """

    task: Mapping[str, Any]
    summary: TaskSummary
    columns: tuple[str, ...]
    boards: tuple[Board, ...]
    unverified: Mapping[str, str]
    repeats: int

    @property
    def info(self) -> Mapping[str, Any]:
        """What the manifest says of each metric column."""
        described: Mapping[str, Any] = self.task["metrics_info"]
        return described

    @property
    def rows(self) -> list[Row]:
        """Every entry once, best first."""
        return list({row.reference: row for board in self.boards for row in board.rows}.values())

    @property
    def judged(self) -> list[Row]:
        """Entries whose outputs are results: all but random weights."""
        return [row for row in self.rows if row.kind != "random"]

    @property
    def tables(self) -> tuple[Board, ...]:
        """Boards with an entry whose outputs are results."""
        return tuple(board for board in self.boards if any(row.kind != "random" for row in board.rows))

    @property
    def counted(self) -> str:
        """What every interval rests on: samples common to all who are ranked, and their clusters."""
        done = self.summary
        who = "entries" if all(row.standing.ranked for row in self.rows) else "ranked entries"
        samples, clusters = count(done.n_total, "sample"), count(done.clusters, "cluster")
        return f"{done.n_common} of {samples} common to all {who}, {clusters}"

    @property
    def remarks(self) -> list[str]:
        """What must stand beside columns.

        Steps and repeats, what a wrapper adds to what it wraps, backbones that disagree, set metrics without a value,
        unverified files.
        """
        titles = {row.reference: row.title for row in self.rows}
        entries = [row.entry for row in self.rows]
        return [
            *filter(None, [steps_line([row.entry for row in self.rows if row.counts[0]], self.repeats)]),
            *wrapped_lines(self.summary, entries, self.info[self.summary.primary]),
            *filter(None, [disagreement_line(self.summary, titles)]),
            *refusals(self.summary, titles),
            *(
                f"{column}: features by a file that no published sha256 vouches for ({digest[:8]}…)"
                for column in self.columns
                if (digest := self.unverified.get(self.info[column].get("extractor", "")))
            ),
        ]


def task_views(summary: RunSummary, manifest: Mapping[str, Any]) -> list[TaskView]:
    """Every task of the manifest that the summary knows, in the manifest's order."""
    known = {task.task: task for task in summary.tasks}
    return [_view(task, known[task["id"]], manifest) for task in manifest["suite"]["tasks"] if task["id"] in known]


def subset_view(view: TaskView, subset: str) -> TaskView:
    """The task as one bin of mask area shows it ("ratio:0.1-0.2"; "" is the task itself): exploratory, best first.

    Ranks, ties and tests are of all samples, so nobody has a rank here.
    """
    if not subset:
        return view
    boards = []
    for board in view.boards:
        rows = [_subset_row(row, view, subset) for row in board.rows]
        sign = -1 if view.summary.higher_is_better else 1
        rows.sort(key=lambda row: sign * of.value if (of := row.scores[view.summary.primary]) else math.inf)
        boards.append(Board(board.heading, "Means of one bin: exploratory, not tested and not ranked.", tuple(rows)))
    return replace(view, boards=tuple(boards))


def _subset_row(row: Row, view: TaskView, subset: str) -> Row:
    cells = {c.metric: c for c in view.summary.cells if c.entry == row.reference and c.subset == subset}
    primary = cells.get(view.summary.primary)
    return replace(
        row,
        standing=replace(row.standing, rank=None, rank_lo=None, rank_hi=None, group="", ranked=False),
        scores={c: None if row.kind == "random" else _defined(cells.get(c)) for c in view.columns},
        counts=(primary.n_ok, primary.n_failed, primary.n_skipped) if primary else (0, 0, 0),
    )


def _view(task: Mapping[str, Any], summary: TaskSummary, manifest: Mapping[str, Any]) -> TaskView:
    columns = (summary.primary, *(c for c in task["metrics"] if c != summary.primary))
    boards = []
    for table in summary.tables():
        standings = [standing for standing in summary.standings if standing.table == table]
        boards.append(_board(table, standings, summary, task, columns, manifest))
    extractors = manifest.get("extractors", {})  # older runs noted none
    unverified = {name: of["weights_sha256"] for name, of in extractors.items() if of["verified"] is False}
    return TaskView(task, summary, columns, tuple(boards), unverified, manifest["repeats"])


def _board(
    table: str,
    standings: Sequence[Standing],
    summary: TaskSummary,
    task: Mapping[str, Any],
    columns: Sequence[str],
    manifest: Mapping[str, Any],
) -> Board:
    numbers = {entry["reference"]: number for number, entry in enumerate(manifest["entries"])}
    rows = [_row(manifest["entries"][numbers[s.entry]], numbers[s.entry], s, summary, columns) for s in standings]
    rows.sort(key=lambda row: (not row.standing.ranked, row.standing.rank or 0))
    titles = {row.reference: row.title for row in rows}
    ranked = [row.standing for row in rows if row.standing.ranked]
    words = headline(summary, ranked, titles, task["metrics_info"][summary.primary])
    return Board(TABLE_HEADINGS[table], words, tuple(rows))


def _row(
    entry: Mapping[str, Any], number: int, standing: Standing, summary: TaskSummary, columns: Sequence[str]
) -> Row:
    cells = {c.metric: c for c in summary.cells if c.entry == standing.entry and not c.subset}
    speed = next((s for s in summary.speeds if s.entry == standing.entry), None)
    primary = cells.get(summary.primary)
    random = bool(entry["weights"]) and entry["weights"]["kind"] == "random"
    return Row(
        entry=entry,
        colour=number % COLOURS,
        standing=standing,
        scores={column: None if random else _defined(cells.get(column)) for column in columns},
        counts=(primary.n_ok, primary.n_failed, primary.n_skipped) if primary else (0, 0, 0),
        seconds=speed.seconds if speed else None,
        peak_mb=speed.peak_mb if speed else None,
        note=standing.why_unranked or standing.below_floor.replace("*", ""),
    )


def _defined(cell: Cell | None) -> Interval | None:
    """The cell's interval where its value is a number."""
    return cell.interval if cell and cell.interval and math.isfinite(cell.interval.value) else None
