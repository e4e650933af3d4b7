"""The table of runs, a manifest of any size, what differs between two, and how far a run is."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.manifests import differences, shortened, shown
from harness.report.views.runs import RunLine, difference, manifest, progress, runs_table
from harness.store import RunFolder
from harness.store.watching import CellCount, Failure, Look, Watch

EVIL = "<script>document.title='owned'</script>"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab<", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "a", "b"]), inner, max_size=3),
    max_leaves=12,
)


def look(state: str = "running", left: float | None = 75.0, failures: tuple[Failure, ...] = ()) -> Look:
    cells = (
        CellCount("telea", "photos", 8, {"ok": 3, "failed": 1, "skipped": 0}),
        CellCount("mean", "photos", 0, {"ok": 0, "failed": 0, "skipped": 0}),
    )
    return Look(state, "process 7 on here" if state == "running" else "", cells, failures, left)


def test_the_table_counts_what_is_there_and_says_what_is_wrong(run: RunFolder) -> None:
    watch = Watch(run.path).look()
    table = runs_table(
        [
            RunLine("run demo", "run", "runs?source=run+demo", run.manifest, watch),
            RunLine("run torn", "run", "", problem="it is damaged", remedy="harness verify torn"),
        ]
    )
    assert '<a href="runs?source=run+demo">' in table
    assert '<td class="n">23<span class="fail"> / 1</span><span class="zero"> / 0</span></td>' in table
    assert "0123456" in table
    assert "cannot be read" in table
    assert "it is damaged<br><code>harness verify torn</code>" in table


def test_progress_says_how_long_and_what_failed() -> None:
    html = progress(look(failures=(Failure("telea", "photos", "s1", EVIL),)), {"telea": "Telea"})
    assert "4 of 8 rows" in html
    assert "about 75 s left at the pace so far" in html
    assert "process 7 on here" in html
    assert "4 / 8" in html
    assert "mean" not in html, "nobody asked for that cell"
    assert "<script" not in html
    assert "no pace can be told yet" in progress(look(left=None), {})
    assert "killed: its process is gone" in progress(look("killed", None), {})


def test_a_manifest_is_shown_in_full_and_stays_small(run: RunFolder) -> None:
    told = copy.deepcopy(run.manifest)
    told["entries"][0]["title"] = EVIL
    told["suite"]["tasks"][0]["samples"] = [f"sample{i}" for i in range(100_000)]
    html = manifest(told, "runs/demo")
    assert "<script" not in html
    assert "… and 99960 more" in html
    assert len(html) < 60_000
    assert "Go on with" not in html
    assert "<code>harness run --suite demo</code>" in manifest({**told, "status": "interrupted"}, "runs/demo")


def test_what_differs_is_told_field_by_field(run: RunFolder) -> None:
    other: dict[str, Any] = copy.deepcopy(run.manifest)
    other["seed"] = 7
    other["packages"]["numpy"] = "9.9"
    other["entries"][1]["version"] = "2"
    other["entries"].append({"reference": "new", "title": "New"})
    other["suite"]["sha256"] = "b" * 64
    assert [tuple(one) for one in differences(run.manifest, other)] == [
        ("run", "seed", "0", "7"),
        ("suite", "sha256", "aaaaaaaaaaaa…", "bbbbbbbbbbbb…"),
        ("entries", "telea › version", "1", "2"),
        ("entries", "new", "", "there"),
        ("packages", "numpy", run.manifest["packages"]["numpy"], "9.9"),
    ]


def test_entries_in_another_order_do_not_differ(run: RunFolder) -> None:
    other = {**run.manifest, "entries": run.manifest["entries"][::-1]}
    assert differences(run.manifest, other) == []
    assert "say the same in every field" in difference([], "a", "b")


@given(st.dictionaries(st.sampled_from("ab"), JSON), st.dictionaries(st.sampled_from("ab"), JSON))
def test_a_difference_is_one_from_both_sides(a: dict[str, Any], b: dict[str, Any]) -> None:
    mine = differences(a, b)
    assert sorted((d.section, d.field, d.b, d.a) for d in mine) == sorted(map(tuple, differences(b, a)))
    assert differences(a, a) == []
    assert (a == b) <= (mine == [])
    difference(mine, "a", "b")


def test_a_verdict_says_whether_rows_may_be_compared() -> None:
    html = difference([], "a", "b", [("Photographs", ""), ("Scenes", "mask set x against y")])
    assert "the same task: rows may be compared" in html
    assert "not the same task: mask set x against y" in html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"), ([], "none"), ({}, "none"), (["a", "b"], "a, b"), ("0" * 64, "000000000000…"),
        (list(range(50)), "50 items: "), ("x" * 500, "x" * 239 + "…"),
    ],
)  # fmt: skip
def test_a_value_is_one_short_line(value: Any, text: str) -> None:
    assert shown(value).startswith(text)
    assert len(shown(value)) <= 260


@given(JSON)
def test_only_long_lists_are_cut(value: Any) -> None:
    assert shortened(value) == value
