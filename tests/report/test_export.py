"""Standings and records for other programs: complete, tables apart, best only where it is separable."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.report.export import export_records, export_summary
from harness.report.words import interval
from harness.stats.model import RunSummary
from harness.stats.summary import summarise
from harness.store import RunFolder

EVIL = '=HYPERLINK("http://evil.example")|![x](http://y.z)\\input{/etc/passwd}\n\u202e<b>'


@pytest.fixture(scope="session")
def both(fake: Any, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Floors, a mini and an official entry of the same method."""
    official = (fake.entry("coordfill@official", "CoordFill", "official"), fake.FILLS[3][1])
    fills = [fake.FILLS[0], fake.FILLS[1], fake.FILLS[3], official]
    return fake.build(tmp_path_factory.mktemp("both"), count=16, size=32, fills=fills)


def summary_of(run: RunFolder) -> RunSummary:
    return summarise(run.records(), run.manifest)


def csv_rows(run: RunFolder) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export_summary(summary_of(run), run.manifest, "csv"), newline="")))


def test_every_number_of_the_summary_is_exported(larger: RunFolder) -> None:
    summary, rows = summary_of(larger), csv_rows(larger)
    document = json.loads(export_summary(summary, larger.manifest, "json"))
    [task] = summary.tasks
    cells = {(c.entry, c.metric): c for c in task.cells if not c.subset and c.interval}
    seen = set()
    for row in rows:
        cell = cells.get((row["entry"], row["metric"]))
        if cell is None:
            assert row["value"] == ""
            continue
        seen.add((row["entry"], row["metric"]))
        found = cell.interval
        assert (float(row["value"]), float(row["lo"]), float(row["hi"])) == (found.value, found.lo, found.hi)
        assert (int(row["n"]), int(row["clusters"])) == (found.n, found.clusters)
        assert [int(row[k]) for k in ("ok", "failed", "skipped")] == [cell.n_ok, cell.n_failed, cell.n_skipped]
    assert seen == set(cells)
    for table in document["tasks"][0]["tables"]:
        for entry in table["entries"]:
            for metric, figures in entry["scores"].items():
                cell = cells.get((entry["entry"], metric))
                assert (figures["value"] if figures else None) == (cell.interval.value if cell else None)


def test_ranks_ties_and_badges_are_exported(larger: RunFolder) -> None:
    summary, rows = summary_of(larger), csv_rows(larger)
    for standing in summary.tasks[0].standings:
        [row] = [
            r for r in rows if (r["entry"], r["table"]) == (standing.entry, standing.table) and r["primary"] == "true"
        ]
        assert (int(row["rank"]), int(row["rank_lo"]), int(row["rank_hi"])) == (
            standing.rank, standing.rank_lo, standing.rank_hi,
        )  # fmt: skip
        assert row["tie"] == standing.group
    assert {row["rank"] for row in rows if row["primary"] == "false"} == {""}
    badges = {row["entry"]: row["badges"] for row in rows}
    assert badges == {"mean": "floor", "telea": "floor", "coordfill@mini": "mini weights; parity: full"}


def test_a_failed_sample_is_counted_and_an_unranked_entry_has_no_rank(run: RunFolder) -> None:
    summary = summary_of(run)
    task = summary.tasks[0]
    oracle = [
        dataclasses.replace(s, rank=None, rank_lo=None, rank_hi=None, ranked=False, why_unranked="incomplete: 3 of 6")
        if s.entry == "telea" else s for s in task.standings
    ]  # fmt: skip
    changed = dataclasses.replace(summary, tasks=(dataclasses.replace(task, standings=tuple(oracle)),))
    rows = list(csv.DictReader(io.StringIO(export_summary(changed, run.manifest, "csv"))))
    [telea] = [row for row in rows if row["entry"] == "telea" and row["primary"] == "true"]
    assert (telea["ranked"], telea["rank"], telea["note"]) == ("false", "", "incomplete: 3 of 6")
    [failing] = [row for row in rows if row["entry"] == "navier-stokes" and row["primary"] == "true"]
    assert (failing["ok"], failing["failed"]) == ("5", "1")
    for layout in ("markdown", "latex"):
        text = export_summary(changed, run.manifest, layout)
        assert "Telea: incomplete: 3 of 6." in text
        assert "5/1/0" in text


def test_mini_and_official_share_no_table_in_any_format(both: RunFolder) -> None:
    rows = csv_rows(both)
    assert {row["table"] for row in rows} == {"mini", "official"}
    for table, other in (("mini", "official"), ("official", "mini")):
        assert {row["weights"] for row in rows if row["table"] == table} == {"", table}
        ranks = sorted(row["rank"] for row in rows if row["table"] == table and row["primary"] == "true")
        assert ranks == ["1", "2", "3"]
        assert other not in {row["table"] for row in rows if row["weights"] == table}
    summary = summary_of(both)
    [task] = json.loads(export_summary(summary, both.manifest, "json"))["tasks"]
    for shown in task["tables"]:
        assert {entry["weights"] for entry in shown["entries"]} == {"", shown["table"]}
    for layout, pattern in (("markdown", r"(?m)^### "), ("latex", r"\\begin\{table\}")):
        pages = re.split(pattern, export_summary(summary, both.manifest, layout))[1:]
        assert len(pages) == 2
        assert sum("says nothing about the papers" in page for page in pages) == 1
        minis = ["CoordFill · mini" in page.replace(r"$\cdot$", "·") for page in pages]
        officials = [bool(re.search(r"CoordFill (\||&)", page)) for page in pages]
        assert sorted(zip(minis, officials, strict=True)) == [(False, True), (True, False)]


@pytest.mark.parametrize("layout", ["markdown", "latex"])
def test_a_leader_is_bold_only_where_nobody_shares_its_place(larger: RunFolder, layout: str) -> None:
    summary = summary_of(larger)
    [task] = summary.tasks
    [best, *_] = task.standings

    def bold(rank_hi: int) -> list[str]:
        first = dataclasses.replace(best, rank_hi=rank_hi)
        changed = dataclasses.replace(task, standings=(first, *task.standings[1:]))
        text = export_summary(dataclasses.replace(summary, tasks=(changed,)), larger.manifest, layout)
        return re.findall(r"\*\*(.*?)\*\*|\\textbf\{(.*?\]\}?)\}", text)

    score = next(c.interval for c in task.cells if (c.entry, c.metric, c.subset) == (best.entry, task.primary, ""))
    [found] = bold(1)
    plain = re.sub(r"[{}\\]", "", "".join(found)).replace("$-$", "−")
    assert plain == interval(score, 2)
    assert bold(2) == []


def test_a_table_says_what_it_rests_on(larger: RunFolder) -> None:
    summary = summary_of(larger)
    for layout in ("markdown", "latex"):
        text = (
            export_summary(summary, larger.manifest, layout).replace("\\", "").replace("{[}", "[").replace("{]}", "]")
        )
        for said in (
            "16 of 16 samples common to all entries, 8 clusters", "95 % intervals, resampled by cluster",
            "Data set photos[view=square-256] version 1, mask set lama-thick-256 version 1, mask role hole",
            "suite demo version 1, sha256 aaaaaaaaaaaa", "Holm-corrected",
        ):  # fmt: skip
            assert said in text, said
    assert "psnr@hole ↑ (dB)" in export_summary(summary, larger.manifest, "markdown")
    latex = export_summary(summary, larger.manifest, "latex")
    assert r"psnr@hole $\uparrow$ (dB)" in latex
    assert r"l1@hole $\downarrow$" in latex
    assert r"\usepackage{booktabs}" in latex
    assert latex.count("{") == latex.count("}")


@pytest.mark.parametrize("layout", ["csv", "json", "markdown", "latex"])
def test_an_evil_name_is_only_a_name(larger: RunFolder, layout: str) -> None:
    entries = [
        {**entry, "title": EVIL} if entry["reference"] == "telea" else entry for entry in larger.manifest["entries"]
    ]
    manifest = {**larger.manifest, "entries": entries}
    text = export_summary(summary_of(larger), manifest, layout)
    if layout == "csv":
        titles = {row["title"] for row in csv.DictReader(io.StringIO(text, newline="")) if row["entry"] == "telea"}
        assert titles == {f"'{EVIL}"}
    elif layout == "json":
        entries = json.loads(text)["tasks"][0]["tables"][0]["entries"]
        assert EVIL in {entry["title"] for entry in entries}
    else:
        assert "http://" not in text or layout == "latex"
        assert "\u202e" not in text
        assert "\\input{" not in text.replace("\\\\input", "")
        assert "](" not in text.replace("\\](", "")


def test_records_are_exported_whole(larger: RunFolder, tmp_path: Path) -> None:
    records = larger.records()
    rows = list(csv.DictReader(io.StringIO(export_records(records, "csv"), newline="")))
    assert list(rows[0]) == list(records.columns)
    assert [row["sample"] for row in rows] == list(records["sample"])
    assert [float(row["score:psnr@hole"]) for row in rows] == list(records["score:psnr@hole"])
    assert [int(row["repeat"]) for row in rows] == list(records["repeat"])
    parsed = json.loads(export_records(records, "json"))
    assert [row["seconds"] for row in parsed] == list(records["seconds"])
    failed = export_records(records.assign(seconds=float("nan")), "json")
    assert {row["seconds"] for row in json.loads(failed)} == {None}
