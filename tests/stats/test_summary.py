from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.stats.model import Interval, TaskSummary
from harness.stats.pairs import typical_detectable
from harness.stats.summary import aggregates_frame, summarise

Make = Callable[..., Any]
HARMONIC = {"psnr@hole": 25.0, "feat_efl0@hole": 0.5, "hf_ratio@hole": 0.2}
GOOD = {"psnr@hole": 28.0, "feat_efl0@hole": 0.3, "hf_ratio@hole": 0.9}
BAD = {"psnr@hole": 20.0, "feat_efl0@hole": 0.8, "hf_ratio@hole": 0.2}
SCORES = {"mean": BAD, "harmonic": HARMONIC, "mine": GOOD}


@pytest.fixture
def run(make_entry: Make, make_manifest: Make, make_records: Make) -> tuple[pd.DataFrame, dict[str, Any]]:
    entries = [make_entry("mean", tags=["floor", "smooth"]), make_entry("harmonic", tags=["floor", "smooth"])]
    return make_records(SCORES), make_manifest([*entries, make_entry("mine")], n=36)


def only_task(records: pd.DataFrame, manifest: dict[str, Any], **options: Any) -> TaskSummary:
    [task] = summarise(records, manifest, **options).tasks
    return task


def cell(task: TaskSummary, entry: str, metric: str = "psnr@hole", subset: str = "") -> Any:
    return next(c for c in task.cells if (c.entry, c.metric, c.subset) == (entry, metric, subset))


def test_the_table_of_a_finished_run(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    task = only_task(records, manifest)
    assert (task.n_common, task.n_total, task.clusters) == (36, 36, 12)
    assert [(s.entry, s.rank, s.rank_lo, s.rank_hi, s.group) for s in task.standings] == [
        ("mine", 1, 1, 1, "a"), ("harmonic", 2, 2, 2, "b"), ("mean", 3, 3, 3, "c"),
    ]  # fmt: skip
    shown = cell(task, "mine").interval
    mine = records[records["entry"] == "mine"]
    assert shown.value == pytest.approx(mine["score:psnr@hole"].mean())
    assert shown.lo < shown.value < shown.hi
    assert (shown.n, shown.clusters) == (36, 12)


def test_pairs_are_all_there_with_direction(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    task = only_task(*run)
    assert [(p.a, p.b, p.verdict) for p in task.pairs] == [
        ("mean", "harmonic", "worse"), ("mean", "mine", "worse"), ("harmonic", "mine", "worse"),
    ]  # fmt: skip
    assert all(p.metric == "psnr@hole" and p.p <= p.p_holm <= 0.05 for p in task.pairs)
    assert task.pairs[2].diff == pytest.approx(-3, abs=0.4)
    assert task.pairs[2].lo < task.pairs[2].diff < task.pairs[2].hi
    assert task.detectable is not None
    assert 0.05 < task.detectable < 0.5


def test_a_metric_that_should_be_low_ranks_low_first(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    manifest["suite"]["tasks"][0]["primary"] = "feat_efl0@hole"
    task = only_task(records, manifest)
    assert [s.entry for s in task.standings] == ["mine", "harmonic", "mean"]
    assert next(p for p in task.pairs if p.a == "harmonic").verdict == "worse"


def test_methods_alike_share_a_letter_and_a_rank_interval(
    make_entry: Make, make_manifest: Make, make_records: Make
) -> None:
    alike = {**GOOD, "psnr@hole": 28.02}
    manifest = make_manifest([make_entry("a"), make_entry("b"), make_entry("c")], n=36)
    task = only_task(make_records({"a": GOOD, "b": alike, "c": BAD}), manifest)
    first, second, third = task.standings
    assert (first.group, second.group, third.group) == ("a", "a", "b")
    assert (first.rank_lo, first.rank_hi, second.rank_lo, second.rank_hi) == (1, 2, 1, 2)
    assert task.pairs[0].verdict == "equivalent"  # surely less than 0.5 dB apart


def test_wide_differences_are_not_called_equivalent(make_entry: Make, make_manifest: Make, make_records: Make) -> None:
    manifest = make_manifest([make_entry("a"), make_entry("b")], n=12)
    records = make_records({"a": GOOD, "b": GOOD}, photographs=6, masks=2, noise=3.0)
    assert only_task(records, manifest).pairs[0].verdict == "not separable"


def test_only_common_samples_are_compared(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    hard = (records["entry"] == "mine") & (records["sample"].isin(["p03@m/0", "p04@m/1"]))
    records.loc[hard, "status"] = ["failed", "skipped"]
    records.loc[hard, "score:psnr@hole"] = np.nan
    task = only_task(records, manifest)
    assert task.n_common == 34
    mine, other = cell(task, "mine"), cell(task, "harmonic")
    assert (mine.n_ok, mine.n_failed, mine.n_skipped) == (34, 1, 1)
    assert (other.n_ok, other.n_failed, other.n_skipped) == (36, 0, 0)
    kept = records[(records["entry"] == "harmonic") & ~records["sample"].isin(["p03@m/0", "p04@m/1"])]
    assert other.interval.value == pytest.approx(kept["score:psnr@hole"].mean())
    assert other.interval.n == 34
    assert all(standing.ranked for standing in task.standings)


def test_an_entry_that_failed_entirely_is_shown_but_takes_nothing_from_the_others(
    run: tuple[pd.DataFrame, dict[str, Any]],
) -> None:
    records, manifest = run
    mine = records["entry"] == "mine"
    records.loc[mine, "status"] = "failed"
    records.loc[mine, [c for c in records if c.startswith("score:")] + ["seconds"]] = np.nan
    task = only_task(records, manifest)
    assert task.n_common == 36
    assert cell(task, "mine").interval is None
    assert cell(task, "mine").n_failed == 36
    assert task.standings[-1].why_unranked == "a result on only 0 of 36 samples"
    assert not task.standings[-1].ranked
    assert task.standings[-1].rank is None
    assert next(s for s in task.speeds if s.entry == "mine").seconds is None


@pytest.mark.parametrize(("failed", "ranked"), [(7, True), (8, False), (18, False)])
def test_an_entry_that_fails_on_the_hard_samples_does_not_win_by_it(
    run: tuple[pd.DataFrame, dict[str, Any]], failed: int, ranked: bool
) -> None:
    """F32: one that has a result on less than four fifths of what another has is shown with its counts, unranked."""
    records, manifest = run
    scores = [column for column in records if column.startswith("score:")]
    hard = records[records["entry"] == "mine"].sort_values("score:psnr@hole").index[:failed]
    records.loc[hard, "status"] = "failed"
    records.loc[hard, scores] = np.nan
    task = only_task(records, manifest)
    standing = next(s for s in task.standings if s.entry == "mine")
    assert standing.ranked is ranked
    assert task.n_common == (36 - failed if ranked else 36)
    if not ranked:
        assert standing.why_unranked == f"a result on only {36 - failed} of 36 samples"


def test_pictures_that_fail_for_everybody_are_nobody_s_fault(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    damaged = sorted(records["sample"].unique())[:20]
    records.loc[records["sample"].isin(damaged), "status"] = "failed"
    task = only_task(records, manifest)
    assert task.n_common == 16
    assert all(standing.ranked for standing in task.standings)


def test_an_unfinished_entry_is_not_ranked_and_shrinks_nothing(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    records = records[(records["entry"] != "mine") | (records["sample"] < "p05")]
    task = only_task(records, manifest)
    assert task.n_common == 36
    assert task.standings[-1].why_unranked == "incomplete: 15 of 36 samples"
    assert cell(task, "mine").interval.n == 15
    assert {pair.b for pair in task.pairs} == {"harmonic"}


def test_a_run_of_which_only_the_manifest_is_written(make_entry: Make, make_manifest: Make) -> None:
    empty = pd.DataFrame(columns=["entry", "task", "sample", "cluster", "repeat", "status", "reason"])
    manifest = make_manifest([make_entry("a"), make_entry("b")], n=36)
    manifest["skipped"] = [{"what": "a", "task": "", "reason": "pip install a"}]
    task = only_task(empty, manifest)
    assert (task.n_common, task.clusters, task.detectable, task.pairs) == (0, 0, None, ())
    assert [s.why_unranked for s in task.standings] == ["skipped: pip install a", "no record"]
    assert all(c.interval is None for c in task.cells)


def test_undefined_scores_are_left_out_for_all(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    records.loc[(records["entry"] == "mine") & (records["sample"] == "p00@m/0"), "score:psnr@hole"] = np.inf
    task = only_task(records, manifest)
    assert task.n_common == 36
    assert {cell(task, name).interval.n for name in SCORES} == {35}
    assert {cell(task, name, "hf_ratio@hole").interval.n for name in SCORES} == {36}


@pytest.mark.parametrize(("undefined", "ranked"), [(7, True), (8, False), (34, False), (36, False)])
def test_an_entry_without_most_scores_is_not_ranked_and_shrinks_nothing(
    run: tuple[pd.DataFrame, dict[str, Any]], undefined: int, ranked: bool
) -> None:
    records, manifest = run
    mine = records.index[records["entry"] == "mine"]
    records.loc[mine[:undefined], "score:psnr@hole"] = np.nan
    task = only_task(records, manifest)
    assert task.n_common == 36, "its outputs are there"
    standing = next(s for s in task.standings if s.entry == "mine")
    assert standing.ranked is ranked
    others = {cell(task, name).interval.n for name in SCORES if name != "mine"}
    assert others == {36 - undefined if ranked else 36}
    own = cell(task, "mine").interval
    assert (own.n if own else 0) == 36 - undefined, "its cell rests on what it has"
    assert {cell(task, name, "hf_ratio@hole").interval.n for name in SCORES} == {36}
    if not ranked:
        assert all("mine" not in (pair.a, pair.b) for pair in task.pairs)
        left = 36 - undefined
        told = f"psnr@hole on only {left} of 36 common samples" if left else "psnr@hole not measured on common samples"
        assert standing.why_unranked == told


def test_an_exploratory_metric_keeps_its_samples_too(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    mine = records.index[records["entry"] == "mine"]
    records.loc[mine[2:], "score:feat_efl0@hole"] = np.nan
    task = only_task(records, manifest)
    n = {name: cell(task, name, "feat_efl0@hole").interval.n for name in SCORES}
    assert n.pop("mine") == 2
    assert set(n.values()) == {36}
    assert all(standing.ranked for standing in task.standings), "by the primary metric"


def test_a_metric_that_is_undefined_for_all_on_most_samples_stays(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    few = sorted(records["sample"].unique())[:10]
    records.loc[~records["sample"].isin(few), "score:psnr@hole"] = np.nan
    task = only_task(records, manifest)
    assert {cell(task, name).interval.n for name in SCORES} == {10}
    assert all(standing.ranked for standing in task.standings)


def test_repeats_are_averaged_first_and_their_spread_is_shown(
    make_entry: Make, make_manifest: Make, make_records: Make
) -> None:
    records = make_records({"a": GOOD, "b": BAD}, repeats=3)
    task = only_task(records, make_manifest([make_entry("a"), make_entry("b")], n=36))
    of_a = records[records["entry"] == "a"]
    assert cell(task, "a").interval.n == 36
    assert cell(task, "a").interval.value == pytest.approx(of_a["score:psnr@hole"].mean())
    assert cell(task, "a").spread == pytest.approx(of_a.groupby("repeat")["score:psnr@hole"].mean().std(ddof=1))
    assert cell(task, "a", subset="ratio:0-0.1").spread is None


def test_one_repeat_has_no_spread(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    assert cell(only_task(*run), "mine").spread is None


def test_a_sample_that_failed_once_in_three_repeats_failed(
    make_entry: Make, make_manifest: Make, make_records: Make
) -> None:
    records = make_records({"a": GOOD, "b": BAD}, repeats=3)
    records.loc[records.index[1], "status"] = "failed"
    assert only_task(records, make_manifest([make_entry("a"), make_entry("b")], n=36)).n_common == 35


def test_a_sample_whose_repeats_are_not_all_there_is_missing_yet(
    make_entry: Make, make_manifest: Make, make_records: Make
) -> None:
    records = make_records({"a": GOOD, "b": BAD}, repeats=3).drop(index=1)
    task = only_task(records, make_manifest([make_entry("a"), make_entry("b")], n=36))
    assert task.standings[-1].why_unranked == "incomplete: 35 of 36 samples"


def test_bins_of_mask_area(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    task = only_task(records, manifest)
    assert {c.subset for c in task.cells} == {"", "ratio:0-0.1", "ratio:0.1-0.2", "ratio:0.2-0.3"}
    middle = cell(task, "mine", subset="ratio:0.1-0.2")
    rows = records[(records["entry"] == "mine") & records["ratio"].between(0.1, 0.2)]
    assert middle.interval.value == pytest.approx(rows["score:psnr@hole"].mean())
    assert (middle.n_ok, middle.interval.n, middle.interval.clusters) == (12, 12, 12)


def test_a_task_without_masks_has_no_bins(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    assert {c.subset for c in only_task(records.drop(columns="ratio"), manifest).cells} == {""}


def test_speeds(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    speed = next(s for s in only_task(*run).speeds if s.entry == "mine")
    assert speed.seconds is not None
    assert (speed.seconds.value, speed.seconds.n, speed.peak_mb) == (pytest.approx(0.11), 36, 5.0)


def test_unmeasured_speeds_are_none(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    [first, *_] = only_task(records.drop(columns=["seconds", "peak_mb"]), manifest).speeds
    assert (first.seconds, first.peak_mb) == (None, None)


def test_set_metrics_come_from_the_aggregates_and_are_not_ranked(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    row = {"entry": "mine", "task": "photos", "metric": "fd_efl0", "subset": "", "n": 36, "clusters": 12}
    sets = pd.DataFrame([{**row, "value": 12.5, "lo": 10.0, "hi": 15.0}])
    task = only_task(records, manifest, aggregates=sets)
    assert cell(task, "mine", "fd_efl0").interval == Interval(12.5, 10.0, 15.0, 36, 12)
    derived = aggregates_frame(summarise(records, manifest, sets))
    again = only_task(records, manifest, aggregates=derived)  # per-sample rows of a written table are not read back
    assert again == task


def test_a_refused_set_metric_has_no_value_but_a_reason(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    row = {"entry": "mine", "task": "photos", "metric": "fd_efl0", "subset": "", "n": 36, "clusters": 12}
    sets = pd.DataFrame([{**row, "value": np.nan, "lo": np.nan, "hi": np.nan, "why": "refused: n = 36"}])
    summary = summarise(records, manifest, sets)
    shown = cell(summary.tasks[0], "mine", "fd_efl0")
    assert (shown.interval, shown.why) == (None, "refused: n = 36")
    frame = aggregates_frame(summary)
    assert list(frame.loc[frame["metric"] == "fd_efl0", "why"]) == ["refused: n = 36"]
    assert json.loads(json.dumps(summary.to_dict()))["tasks"][0]["cells"][-1]["why"] == "refused: n = 36"


@pytest.mark.parametrize(("photographs", "reason"), [(12, "diagnostic below 200 sources, and here are 12"),
                                                     (200, "one number a set of outputs")])  # fmt: skip
def test_a_set_metric_ranks_nobody(
    photographs: int, reason: str, run: tuple[pd.DataFrame, dict[str, Any]], make_records: Make
) -> None:
    manifest = run[1]
    [task] = manifest["suite"]["tasks"]
    task |= {"primary": "fd_efl0", "n": photographs}
    task["metrics_info"] = {**task["metrics_info"], "fd_efl0": {**task["metrics_info"]["fd_efl0"], "diagnostic": False}}
    row = {"task": "photos", "metric": "fd_efl0", "subset": "", "n": photographs, "clusters": photographs}
    values = [{**row, "entry": name, "value": 10.0 * k, "lo": 9.0, "hi": 11.0} for k, name in enumerate(SCORES)]
    summary = only_task(make_records(SCORES, photographs, 1), manifest, aggregates=pd.DataFrame(values))
    assert summary.pairs == ()
    assert [standing.ranked for standing in summary.standings] == [False] * 3
    assert all(reason in standing.why_unranked for standing in summary.standings)


def test_a_diagnostic_metric_of_samples_ranks_nobody(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    [task] = manifest["suite"]["tasks"]
    task["metrics_info"] = {name: {**info, "diagnostic": True} for name, info in task["metrics_info"].items()}
    assert {standing.why_unranked for standing in only_task(records, manifest).standings} == {"psnr@hole is diagnostic"}


def test_a_ratio_is_shown_by_its_geometric_mean(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    mine = records["entry"] == "mine"
    records.loc[mine, "score:hf_ratio@hole"] = [0.01, 1.0, 0.1] * 12
    shown = cell(only_task(records, manifest), "mine", "hf_ratio@hole").interval
    assert shown.value == pytest.approx(0.1)
    assert 0 < shown.lo <= shown.value <= shown.hi
    manifest["suite"]["tasks"][0]["metrics_info"] = {
        column: {key: value for key, value in info.items() if key != "mean"}
        for column, info in manifest["suite"]["tasks"][0]["metrics_info"].items()
    }
    assert cell(only_task(records, manifest), "mine", "hf_ratio@hole").interval.value == pytest.approx(0.37)


def test_a_ratio_of_zero_is_undefined(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    records.loc[(records["entry"] == "mine") & (records["sample"] == "p00@m/0"), "score:hf_ratio@hole"] = 0.0
    assert {cell(only_task(records, manifest), name, "hf_ratio@hole").interval.n for name in SCORES} == {35}


def test_a_set_metric_of_three_clusters_has_no_interval(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    row = {"entry": "mine", "task": "photos", "metric": "fd_efl0", "subset": "", "n": 9, "clusters": 3}
    sets = pd.DataFrame([{**row, "value": 12.5, "lo": -90.0, "hi": 115.0}])
    shown = cell(only_task(*run, aggregates=sets), "mine", "fd_efl0").interval
    assert shown.value == 12.5
    assert np.isnan([shown.lo, shown.hi]).all()


def test_a_run_too_small_to_separate_anybody_says_so(make_entry: Make, make_manifest: Make, make_records: Make) -> None:
    """Six clusters reach p = 2/64 at best: enough for one pair at 5 %, not for the ten of five entries under Holm."""
    seen = {}
    for entries, photographs in ((2, 6), (5, 6), (5, 9), (2, 5)):
        scores = {name: {**GOOD, "psnr@hole": 28.0 + k} for k, name in enumerate("abcde"[:entries])}
        manifest = make_manifest([make_entry(name) for name in scores], n=3 * photographs)
        task = only_task(make_records(scores, photographs=photographs), manifest)
        seen[entries, photographs] = task.detectable
        assert any(pair.verdict == "better" or pair.verdict == "worse" for pair in task.pairs) == bool(task.detectable)
    assert seen[5, 6] is None
    assert seen[2, 5] is None
    assert seen[2, 6] is not None
    assert seen[5, 9] is not None


def test_holm_widens_what_can_be_seen() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(40, 3)), np.arange(40)
    alone = typical_detectable(scores, labels, [(0, 1)])
    family = typical_detectable(scores, labels, [(0, 1)] * 10)
    assert alone is not None
    assert family is not None
    assert family > 1.2 * alone


def test_a_record_of_an_unknown_entry_is_refused(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    records, manifest = run
    manifest["entries"].pop()
    with pytest.raises(HarnessError, match="mine"):
        summarise(records, manifest)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_records_and_names_of_clusters_change_nothing(
    make_entry: Make, make_manifest: Make, make_records: Make, seed: int
) -> None:
    records, rng = make_records({"a": GOOD, "b": HARMONIC}, repeats=2), np.random.default_rng(seed)
    manifest = make_manifest([make_entry("a"), make_entry("b")], n=36)
    names = sorted(records["cluster"].unique())
    renamed = dict(zip(names, rng.permutation(names), strict=True))
    shuffled = records.iloc[rng.permutation(len(records))].reset_index(drop=True)
    shuffled["cluster"] = shuffled["cluster"].map(renamed)
    plain, other = (json.dumps(rounded(summarise(r, manifest).to_dict())) for r in (records, shuffled))
    assert other == plain


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 9) if isinstance(value, float) else value


def test_aggregates_frame_has_a_row_a_cell(run: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    summary = summarise(*run)
    frame = aggregates_frame(summary)
    sizes, values = ["n", "clusters"], ["value", "lo", "hi", "curve", "why", "replicates"]
    assert list(frame) == ["entry", "task", "metric", "subset", *sizes, *values]
    assert len(frame) == len(summary.tasks[0].cells)
    row = frame[(frame["entry"] == "mine") & (frame["metric"] == "psnr@hole") & (frame["subset"] == "")].iloc[0]
    assert row["value"] == cell(summary.tasks[0], "mine").interval.value


def test_importing_stats_takes_no_torch() -> None:
    import subprocess
    import sys

    code = "import sys, harness.stats.summary; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
