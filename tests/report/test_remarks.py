"""What must stand beside the columns stands on the terminal and on the page, and nothing stands where nothing is."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from pathlib import Path

import pytest
from rich.console import Console

from harness.report import write_report
from harness.report.board import task_views
from harness.report.export import export_summary
from harness.report.sheet import latex_text, markdown_text
from harness.report.terminal import print_summary
from harness.report.words import disagreement_line, interval, steps_line
from harness.stats.model import Disagreement, Interval, RunSummary
from harness.store import RunFolder

TITLES = {"telea": "Telea", "mean": "Mean fill", "navier-stokes": "Navier–Stokes"}


def _found(a: str, b: str, separable: bool) -> Disagreement:
    first, second = Interval(-0.1, -0.2, -0.05, 6, 6), Interval(0.05, 0.01, 0.1, 6, 6)
    return Disagreement(a, b, "feat_efl0@hole", "feat_efl2@hole", first, second, separable)


@pytest.fixture
def flagged(summary: RunSummary) -> RunSummary:
    [task] = summary.tasks
    found = (_found("telea", "mean", False), _found("mean", "navier-stokes", True))
    cells = tuple(
        dataclasses.replace(cell, why="refused: n = 5 ≤ dimension 1280", interval=None)
        if cell.metric == "psnr" and cell.entry == "telea" and not cell.subset
        else cell
        for cell in task.cells
    )
    return dataclasses.replace(summary, tasks=(dataclasses.replace(task, disagreements=found, cells=cells),))


DISAGREE = (
    "feat_efl0 and feat_efl2 in the hole disagree about 2 of 6 pairs: "
    "Mean fill against Navier–Stokes (separable by both) and Telea against Mean fill"
)
REFUSED = "psnr: refused: n = 5 ≤ dimension 1280 (Telea)"


def test_both_faces_tell_them(run: RunFolder, flagged: RunSummary, tmp_path: Path) -> None:
    stream = io.StringIO()
    print_summary(flagged, run.manifest, Console(file=stream), plain=True)
    text = " ".join(stream.getvalue().split())
    write_report(run, flagged, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    for remark in (DISAGREE, REFUSED):
        assert remark in text
        assert f"{remark}." in page


def test_every_export_tells_them(run: RunFolder, flagged: RunSummary) -> None:
    """A metric that refuses has no value but its reason, in every table."""
    rows = csv.DictReader(io.StringIO(export_summary(flagged, run.manifest, "csv")))
    told = {(row["entry"], row["metric"]): (row["value"], row["why"]) for row in rows if row["why"]}
    assert told == {("telea", "psnr"): ("", "refused: n = 5 ≤ dimension 1280")}
    [task] = json.loads(export_summary(flagged, run.manifest, "json"))["tasks"]
    assert task["remarks"] == [DISAGREE, REFUSED]
    whys = {entry["entry"]: entry["why"] for table in task["tables"] for entry in table["entries"] if entry["why"]}
    assert whys == {"telea": {"psnr": "refused: n = 5 ≤ dimension 1280"}}
    markdown, latex = (export_summary(flagged, run.manifest, layout) for layout in ("markdown", "latex"))
    for remark in (DISAGREE, REFUSED):
        assert f"- {markdown_text(remark)}.\n" in markdown
        assert f"{latex_text(remark)}." in latex


def test_nothing_stands_where_nothing_is(run: RunFolder, summary: RunSummary) -> None:
    [view] = task_views(summary, run.manifest)
    assert view.remarks == []
    assert disagreement_line(summary.tasks[0], TITLES) == ""


def test_what_is_common_is_common_to_the_ranked_and_one_is_singular(run: RunFolder, summary: RunSummary) -> None:
    [task] = summary.tasks
    out = tuple(dataclasses.replace(s, ranked=s.entry != "telea") for s in task.standings)
    few = dataclasses.replace(task, n_common=1, n_total=1, clusters=1)
    for standings, who in ((task.standings, "all entries"), (out, "all ranked entries")):
        [view] = task_views(
            dataclasses.replace(summary, tasks=(dataclasses.replace(few, standings=standings),)), run.manifest
        )
        assert view.counted == f"1 of 1 sample common to {who}, 1 cluster"


def test_a_published_number_without_an_interval_has_no_bracket() -> None:
    assert interval(Interval(0.0123, math.nan, math.nan, 1000, 200), 3) == "0.012"
    assert interval(Interval(0.0123, math.nan, math.nan, 3, 3), 3) == "0.012 [too few]"


def test_steps_and_repeats_are_told_where_there_are_any() -> None:
    entries = [
        {"title": "A", "params": {"steps": 50, "scale": 1.0}},
        {"title": "B", "params": {}},
        {"title": "C", "params": {"steps": 0}},
        {"title": "D", "params": {"steps": 50}},
    ]
    assert steps_line(entries, 1) == "steps an image: 50 (A and D); the preset's (C)"
    often = "4 repeats of every sample where chance plays"
    assert steps_line(entries, 4) == f"steps an image: 50 (A and D); the preset's (C), {often}"
    assert steps_line(entries[1:2], 4) == often
    assert steps_line(entries[1:2], 1) == ""
