"""What must stand beside the columns stands on the terminal and on the page, and nothing stands where nothing is."""

from __future__ import annotations

import dataclasses
import io
import math
from pathlib import Path

import pytest
from rich.console import Console

from harness.report import write_report
from harness.report.board import task_views
from harness.report.terminal import print_summary
from harness.report.words import disagreement_line, interval
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


def test_nothing_stands_where_nothing_is(run: RunFolder, summary: RunSummary) -> None:
    [view] = task_views(summary, run.manifest)
    assert view.remarks == []
    assert disagreement_line(summary.tasks[0], TITLES) == ""


def test_a_published_number_without_an_interval_has_no_bracket() -> None:
    assert interval(Interval(0.0123, math.nan, math.nan, 1000, 200), 3) == "0.012"
    assert interval(Interval(0.0123, math.nan, math.nan, 3, 3), 3) == "0.012 [too few]"
