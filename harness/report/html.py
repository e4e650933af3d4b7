"""One self-contained HTML file: headlines, tables, plots and pictures of a run, readable without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from harness.report import plots, words
from harness.report.album import MAX_SIDE, Album
from harness.report.badges import badges
from harness.report.board import Board, Row, TaskView, task_views
from harness.report.curved import Figure, stored_figures
from harness.report.kinds import ByKind, by_kind
from harness.report.lines_svg import line_plot
from harness.report.pictures import ERROR_GAIN
from harness.report.strips import Strip, Tile
from harness.report.templating import render
from harness.report.views.leaderboard import Cost, costs, machine
from harness.stats.model import FEWEST_CLUSTERS
from harness.store.files import write_atomic

if TYPE_CHECKING:
    import pandas as pd

    from harness.stats.model import PairTest, RunSummary
    from harness.store import RunFolder

__all__ = ["PICTURE_BUDGET", "Section", "write_report"]

PICTURE_BUDGET = 24_000_000
"""ours: bytes of pictures in one page; a larger page is slow to open on a phone and refused by mail."""
WORST_SHARE = 0.3
MOST_TILES = 9


@dataclass(frozen=True)
class Section:
    """One task as the template draws it. `strips` of `available` samples are shown; `curves` that the run stored."""

    number: int
    view: TaskView
    boards: tuple[tuple[Board, plots.Whiskers], ...]
    by_seconds: Markup
    by_ratio: Markup
    curves: tuple[tuple[Figure, Markup], ...]
    strips: tuple[Strip, ...]
    available: int
    kinds: tuple[ByKind, ...]
    costs: tuple[list[Cost], list[Cost]]
    worst: tuple[tuple[Row, list[Strip]], ...]

    @property
    def all_strips(self) -> list[Strip]:
        """Every strip that the page shows of this task."""
        return [*self.strips, *(strip for _, strips in self.worst for strip in strips)]

    @property
    def holed(self) -> bool:
        """Whether the task's pictures have holes: without masks there is no smallest hole to speak of."""
        return any(strip.ratio > 0 for strip in self.strips)

    @property
    def mapped(self) -> bool:
        """Whether assessors told maps."""
        return any(tile.error for strip in self.strips for tile in strip.tiles)

    @property
    def columns(self) -> int:
        """Columns of a strip: input and truth, then at most nine entries a row, rows of equal length."""
        entries = len(self.view.judged)
        rows = max(1, math.ceil(entries / MOST_TILES))  # none where every entry has random weights
        return 1 + math.ceil(entries / rows)

    @property
    def captions(self) -> list[str]:
        """Metric columns whose values stand beneath a picture: the primary and the first other one of samples.

        Of an assessor its score.
        """
        if self.view.task.get("capability") == "assess":
            return ["score"]
        return [column for column in self.view.columns if self.view.info[column]["kind"] == "sample"][:2]

    def glance(self, board: Board) -> tuple[Strip, Tile] | None:
        """The sample in the middle (the median hole, where there are any) and what the leader of `board` made of it."""
        if not self.strips or not board.rows:
            return None
        strip = self.strips[len(self.strips) // 2]
        tile = next((t for t in strip.tiles if t.row.reference == board.rows[0].reference and t.error), None)
        return (strip, tile) if tile else None

    def pair(self, a: Row, b: Row) -> tuple[PairTest, float, str] | None:
        """The test of two entries with the difference a − b and the verdict on `a`, None where there was none."""
        for test in self.view.summary.pairs:
            if (test.a, test.b) == (a.reference, b.reference):
                return test, test.diff, test.verdict
            if (test.a, test.b) == (b.reference, a.reference):
                return test, -test.diff, words.MIRRORED.get(test.verdict, test.verdict)
        return None


def write_report(run: RunFolder, summary: RunSummary, out: Path) -> frozenset[str]:
    """Write the report of `run` to `out`; return the hashes of the outputs that it shows.

    The same run shows the same pictures again: a run that keeps only these can have its report rebuilt.
    Raises `HarnessError` where `out` cannot be written.
    """
    album = Album.of(run)
    views = task_views(summary, run.manifest)
    share = PICTURE_BUDGET / max(len(views), 1)
    aggregates = run.aggregates()
    sections = [_section(number, view, album, share, aggregates) for number, view in enumerate(views)]
    strips = [strip for section in sections for strip in section.all_strips]
    shown = {strip.truth for strip in strips}
    script = str(render("report.js"))
    page = render(
        "report.html.j2",
        run=run,
        manifest=run.manifest,
        sections=sections,
        truths=[(name, uri) for name, uri in album.truths.values() if name in shown],
        shrunk=album.shrunk,
        gain=ERROR_GAIN,
        max_side=MAX_SIDE,
        fewest_clusters=FEWEST_CLUSTERS,
        resolution=words.resolution,
        skipped=words.skipped_lines(run.manifest),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        manifest_json=json.dumps(_without_lists(run.manifest), indent=1, ensure_ascii=False),
        badges=badges,
        machine=machine(run.manifest),
        record_file=lambda entry, task: _record_file(run, entry, task),
        recipe=lambda view: _recipe(run, view),
        command=shlex.join(run.manifest["argv"]),
        minis=any((entry["weights"] or {}).get("kind") == "mini" for entry in run.manifest["entries"]),
    )
    write_atomic(out, page.encode())
    return frozenset(tile.output for strip in strips for tile in strip.tiles if tile.output)


def _section(number: int, view: TaskView, album: Album, share: float, aggregates: pd.DataFrame | None) -> Section:
    strips, available = album.strips(view, share * (1 - WORST_SHARE))
    return Section(
        number=number,
        view=view,
        boards=tuple((board, plots.whiskers(view, board)) for board in view.tables),
        by_seconds=plots.quality_by_seconds(view),
        by_ratio=plots.quality_by_ratio(view),
        curves=tuple((of, line_plot(of.lines, of.x_title, of.y_title)) for of in stored_figures(view, aggregates)),
        strips=tuple(strips),
        available=available,
        kinds=tuple(by_kind(view)),
        costs=costs(view),
        worst=tuple(album.worst(view, share * WORST_SHARE)),
    )


def _record_file(run: RunFolder, entry: str, task: str) -> str:
    """The file of an entry's records on a task: JSON lines until its cell is complete."""
    stem = run.cell(entry, task)
    lines = stem.with_name(stem.name + ".jsonl")
    return str((lines if lines.exists() else stem.with_name(stem.name + ".parquet")).relative_to(run.path))


def _recipe(run: RunFolder, view: TaskView) -> str:
    """Python lines that compute the primary column from the records, for entries that share the leader's samples."""
    scores = {row.reference: score for row in view.rows if (score := row.scores[view.summary.primary])}
    names = [name for name, score in scores.items() if score.n == next(iter(scores.values())).n]
    return (
        "from harness.store import open_run\n"
        f"records = open_run({str(run.path)!r}).records()\n"
        f"mine = records[(records.task == {view.summary.task!r}) & (records.status == 'ok')]\n"
        f"table = mine.pivot_table(index='sample', columns='entry', values={'score:' + view.summary.primary!r})\n"
        f"print(table[{names!r}].dropna().mean())"
    )


def _without_lists(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest without what the page shows as tables."""
    return {key: value for key, value in manifest.items() if key not in ("attribution", "skipped")}
