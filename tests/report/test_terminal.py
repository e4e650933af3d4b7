from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.report.terminal import print_summary
from harness.stats.model import RunSummary
from harness.stats.summary import summarise
from harness.store import RunFolder


def plain(summary: RunSummary, manifest: dict[str, Any], **options: Any) -> str:
    stream = io.StringIO()
    print_summary(summary, manifest, Console(file=stream, **options), plain=True)
    return stream.getvalue()


def test_plain_lines_are_narrow_aligned_and_without_codes(run: RunFolder, summary: RunSummary) -> None:
    lines = plain(summary, run.manifest, force_terminal=True, width=300).splitlines()
    assert not any("\x1b" in line for line in lines)
    assert max(cell_len(line) for line in lines if not line.startswith("skipped")) <= 110
    rows = [line for line in lines if line.endswith("ms")]
    assert len(rows) == len(run.manifest["entries"])
    assert len({cell_len(row) for row in rows}) == 1, "the last column is right-aligned"


def test_every_number_of_the_primary_stands_with_its_interval(larger: RunFolder) -> None:
    summary = summarise(larger.records(), larger.manifest)
    text = plain(summary, larger.manifest)
    for cell in summary.tasks[0].cells:
        if cell.metric == "psnr@hole" and not cell.subset and cell.interval:
            assert f"{cell.interval.value:.2f} [{cell.interval.lo:.2f}, {cell.interval.hi:.2f}]" in text


def test_three_clusters_give_no_interval_and_separate_nobody(run: RunFolder, summary: RunSummary) -> None:
    text = plain(summary, run.manifest)
    for cell in summary.tasks[0].cells:
        if cell.metric == "psnr@hole" and not cell.subset and cell.interval:
            assert f"{cell.interval.value:.2f} [too few]" in text
    assert "3 clusters; 3 clusters cannot separate any pair of 4 entries" in text
    assert "5/1/0" in text, "a failed sample is counted where it is shown"


def test_the_footer_says_what_the_numbers_rest_on_and_what_is_missing(run: RunFolder, summary: RunSummary) -> None:
    text = plain(summary, run.manifest)
    assert "5 of 6 samples common to all entries, 3 clusters" in text
    assert "says nothing about the papers" in text
    assert "in the report only: fd_fake" in text
    assert "skipped  lpips on photos-thick: no weights here: pip install lpips" in text


def test_a_difference_that_can_be_seen_is_told_for_a_typical_pair(larger: RunFolder) -> None:
    summary = summarise(larger.records(), larger.manifest)
    [task] = summary.tasks
    assert task.detectable is not None
    text = " ".join(plain(summary, larger.manifest).split())
    assert f"a typical pair must differ by {task.detectable:.2f} dB in psnr@hole to be told apart" in text


def test_below_floor_is_marked(run: RunFolder, summary: RunSummary) -> None:
    task = summary.tasks[0]
    marked = [dataclasses.replace(s, below_floor="*below floor*: −1 dB" * (s.entry == "telea")) for s in task.standings]
    changed = dataclasses.replace(summary, tasks=(dataclasses.replace(task, standings=tuple(marked)),))
    text = plain(changed, run.manifest)
    assert "Telea *" in text
    assert "* Telea: below floor: −1 dB" in text
    assert "CoordFill · mini *" not in text


class _AsciiStream(io.StringIO):
    encoding = "ascii"


def test_an_ascii_log_gets_ascii(run: RunFolder, summary: RunSummary) -> None:
    stream = _AsciiStream()
    print_summary(summary, run.manifest, Console(file=stream), plain=True)
    assert stream.getvalue().isascii()
    assert "CoordFill - mini" in stream.getvalue()


def test_a_terminal_gets_colour_and_never_reads_names_as_markup(fake: Any, run: RunFolder, summary: RunSummary) -> None:
    entries = [{**entry, "title": f"[bold]{entry['method']}[/]"} for entry in run.manifest["entries"]]
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=110, color_system="truecolor")
    print_summary(summary, {**run.manifest, "entries": entries}, console)
    assert "\x1b[" in stream.getvalue()
    assert "[bold]telea[/]" in stream.getvalue()


def test_long_names_leave_the_table_narrow(run: RunFolder, summary: RunSummary) -> None:
    entries = [{**entry, "title": "a very long name, 名前 " * 12} for entry in run.manifest["entries"]]
    rows = [line for line in plain(summary, {**run.manifest, "entries": entries}).splitlines() if line.endswith("ms")]
    assert rows
    assert max(map(cell_len, rows)) <= 110


def test_official_and_mini_never_share_a_table(fake: Any, tmp_path: Any) -> None:
    twice = [*fake.FILLS, (fake.entry("coordfill@official", "CoordFill", "official"), fake.FILLS[3][1])]
    run = fake.build(tmp_path / "run", count=6, size=48, fills=twice)
    text = plain(summarise(run.records(), run.manifest), run.manifest)
    official, mini = text.split("this project's small checkpoints")
    assert "CoordFill" in official
    assert "CoordFill · mini" not in official.split("skipped")[0]
    assert "CoordFill · mini" in mini
    assert "Telea" in official
    assert "Telea" in mini


@pytest.mark.parametrize("tasks", [0, 1])
def test_a_run_without_results_prints_what_it_can(run: RunFolder, tasks: int) -> None:
    manifest = {**run.manifest, "suite": {**run.manifest["suite"], "tasks": run.manifest["suite"]["tasks"][:tasks]}}
    text = plain(summarise(run.records().iloc[:0], manifest), manifest)
    assert ("No ranked entry has a result" in text) == bool(tasks)
