from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.stats.floors import BAR_SIGNIFICANCE, signed
from harness.stats.intervals import mean_intervals
from harness.stats.model import BarResult, Standing, TaskSummary
from harness.stats.summary import summarise

Make = Callable[..., Any]
HARMONIC = {"psnr@hole": 25.0, "feat_efl0@hole": 0.5, "hf_ratio@hole": 0.2}
PATCHES = {"psnr@hole": 23.0, "feat_efl0@hole": 0.2, "hf_ratio@hole": 1.0}
FLOORS = {"harmonic": HARMONIC, "patches": PATCHES}


def scores(psnr: float, features: float = 0.1, detail: float = 1.0) -> dict[str, float]:
    return {"psnr@hole": psnr, "feat_efl0@hole": features, "hf_ratio@hole": detail}


@pytest.fixture
def judge(make_entry: Make, make_manifest: Make, make_records: Make) -> Make:
    def judge(mine: dict[str, float], bar: str, kind: str = "mini") -> TaskSummary:
        entries = [
            make_entry("harmonic", tags=["floor", "smooth"]), make_entry("patches", tags=["floor", "exemplar"]),
            make_entry("mine", kind=kind),
        ]  # fmt: skip
        [task] = summarise(make_records({**FLOORS, "mine": mine}), make_manifest(entries, n=36, bar=bar)).tasks
        return task

    return judge


def standing(task: TaskSummary) -> Standing:
    return next(s for s in task.standings if s.entry == "mine")


def only_bar(task: TaskSummary) -> BarResult:
    [bar] = task.bars
    return bar


def test_superior_is_met(judge: Make) -> None:
    task = judge(scores(26.8), "superior")
    bar = only_bar(task)
    assert (bar.entry, bar.kind, bar.passed) == ("mine", "superior", True)
    assert [part.passed for part in bar.parts] == [True, True]
    assert standing(task).below_floor == ""


def test_superior_is_missed_by_a_margin_that_is_too_small(judge: Make) -> None:
    task = judge(scores(25.6), "superior")
    assert [part.passed for part in only_bar(task).parts] == [False, True]
    mark = standing(task).below_floor
    assert mark.startswith("*below floor*: +0.")
    assert "dB vs harmonic (p " in mark


def test_superior_needs_features_better_than_every_floor(judge: Make) -> None:
    task = judge(scores(28.0, features=0.4), "superior")
    assert [part.passed for part in only_bar(task).parts] == [True, False]
    assert "feat_efl0@hole +0." in standing(task).below_floor
    assert "vs patches" in standing(task).below_floor


def test_noninferior_allows_half_a_decibel(judge: Make) -> None:
    assert only_bar(judge(scores(24.9), "noninferior")).passed
    task = judge(scores(24.2), "noninferior")
    assert [part.passed for part in only_bar(task).parts] == [False, True, True]
    assert standing(task).below_floor.startswith("*below floor*: −0.")


def test_noninferior_compares_features_with_smooth_floors_only(judge: Make) -> None:
    assert only_bar(judge(scores(25.0, features=0.3), "noninferior")).passed
    assert not only_bar(judge(scores(25.0, features=0.6), "noninferior")).passed


@pytest.mark.parametrize(("detail", "passed"), [(0.3, False), (0.6, True), (1.9, True), (2.3, False)])
def test_noninferior_needs_as_much_detail_as_the_truth(judge: Make, detail: float, passed: bool) -> None:
    bar = only_bar(judge(scores(25.0, detail=detail), "noninferior"))
    assert bar.passed is passed
    assert bar.parts[2].figure == f"hf_ratio@hole {detail:.2f} (geometric mean)"


@pytest.mark.parametrize(("bar", "margin"), [("superior", 1.0), ("noninferior", -0.5)])
@pytest.mark.parametrize(("worst", "passed"), [(0.2, True), (-1.5, False)])
def test_a_margin_is_met_only_where_the_interval_is_beyond_it_too(
    make_entry: Make, make_manifest: Make, make_records: Make, bar: str, margin: float, worst: float, passed: bool
) -> None:
    entries = [
        make_entry("harmonic", tags=["floor", "smooth"]), make_entry("patches", tags=["floor", "exemplar"]),
        make_entry("mine", kind="mini"),
    ]  # fmt: skip
    records = make_records({**FLOORS, "mine": scores(25.0)})
    mine = records["entry"] == "mine"
    beyond = np.linspace(0.3, 1.1, 12)
    beyond[:2] = worst, 0.0  # one photograph on which it fails badly: the swap test does not mind
    gains = np.repeat(margin + beyond, 3)
    harmonic = records.loc[records["entry"] == "harmonic", "score:psnr@hole"].to_numpy()
    records.loc[mine, "score:psnr@hole"] = harmonic + gains
    [task] = summarise(records, make_manifest(entries, n=36, bar=bar)).tasks
    part = only_bar(task).parts[0]
    assert part.passed is passed
    interval, p = mean_intervals(gains[:, None], np.repeat(np.arange(12), 3))[0], float(part.figure.split("p ")[1][:5])
    assert p <= BAR_SIGNIFICANCE, "by the swap test alone both would pass"
    assert (interval.lo > margin) is passed
    told = f", 95 % from {signed(interval.lo, 1)}"
    assert (told in part.figure) is not passed


def test_a_metric_that_is_not_there_passes_nothing(judge: Make) -> None:
    bar = only_bar(judge({"psnr@hole": 30.0}, "noninferior"))
    assert [(part.passed, part.figure) for part in bar.parts[1:]] == [
        (False, "feat_efl0@hole not measured"), (False, "hf_ratio@hole not measured"),
    ]  # fmt: skip


def test_random_weights_have_no_bar(judge: Make) -> None:
    assert judge(scores(30.0), "superior", kind="random").bars == ()


def test_official_weights_have_one(judge: Make) -> None:
    assert only_bar(judge(scores(30.0), "superior", kind="official")).passed


def test_without_learned_weights_the_primary_decides(judge: Make) -> None:
    assert judge(scores(27.0), "superior", kind="").bars == ()
    assert standing(judge(scores(27.0), "superior", kind="")).below_floor == ""
    below = standing(judge(scores(23.8), "", kind="")).below_floor
    assert below.startswith("*below floor*: −1.")
    assert below.endswith(" dB vs harmonic")


def test_a_gain_that_may_be_chance_is_marked_and_says_so(judge: Make) -> None:
    mark = standing(judge(scores(25.03), "", kind="")).below_floor
    assert mark.startswith("*below floor*: +0.")
    assert mark.endswith("not separable")


def test_a_small_gain_that_is_sure_is_above_the_floor(judge: Make) -> None:
    assert standing(judge(scores(25.8), "", kind="")).below_floor == ""


def test_floors_are_never_marked(judge: Make) -> None:
    task = judge(scores(30.0), "superior")
    assert [s.below_floor for s in task.standings] == ["", "", ""]


def test_no_floor_in_the_run(make_entry: Make, make_manifest: Make, make_records: Make) -> None:
    manifest = make_manifest([make_entry("mine", kind="mini")], n=36, bar="superior")
    [task] = summarise(make_records({"mine": scores(30.0)}), manifest).tasks
    assert task.bars == ()
    assert standing(task).below_floor == "*floor not judged*: this run has no floor"


def test_a_run_too_small_to_tell_calls_nobody_below_the_floor(
    make_entry: Make, make_manifest: Make, make_records: Make
) -> None:
    entries = [make_entry("harmonic", tags=["floor"]), make_entry("mine", kind="mini"), make_entry("plain")]
    for photographs, words in ((5, "*floor not judged*: 5 clusters are too few"), (6, "")):
        rows = make_records({"harmonic": HARMONIC, "mine": scores(30.0), "plain": scores(30.0)}, photographs, masks=2)
        [task] = summarise(rows, make_manifest(entries, n=2 * photographs, bar="superior")).tasks
        assert standing(task).below_floor == words
        assert len(task.bars) == (0 if words else 1)
