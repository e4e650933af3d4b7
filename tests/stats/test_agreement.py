"""Two backbones, one picture: opposite signs are flagged, equal ones are not, and an absent one flags nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.stats.agreement import backbone_columns
from harness.stats.model import RunSummary, TaskSummary
from harness.stats.summary import summarise

Run = tuple[pd.DataFrame, dict[str, Any]]
SECOND = "score:feat_efl2@hole"
SCORES = {"a": 0.30, "b": 0.40, "c": 0.50}


@pytest.fixture
def run(make_entry: Callable[..., Any], make_manifest: Callable[..., Any], make_records: Callable[..., Any]) -> Run:
    """Three entries that the first backbone tells apart; the second one says the same with small noise."""
    scores = {name: {"psnr@hole": 25.0, "feat_efl0@hole": value} for name, value in SCORES.items()}
    manifest = make_manifest([make_entry(name) for name in scores], n=36)
    [task] = manifest["suite"]["tasks"]
    info = task["metrics_info"]
    task["metrics_info"] = {**info, "feat_efl2@hole": info["feat_efl0@hole"]}
    task["metrics"] = [*task["metrics"], "feat_efl2@hole"]
    records = make_records(scores)
    records[SECOND] = records["score:feat_efl0@hole"] + np.random.default_rng(0).normal(0, 0.001, len(records))
    return records, manifest


def only(run: Run) -> TaskSummary:
    [task] = summarise(*run).tasks
    return task


def test_backbones_that_agree_flag_nothing(run: Run) -> None:
    task = only(run)
    assert len(task.pairs) == 3
    assert task.disagreements == ()


def test_a_pair_turned_round_is_flagged_with_both_differences(run: Run) -> None:
    records, _ = run
    records.loc[records["entry"] == "a", SECOND] += 0.15
    [found] = only(run).disagreements
    assert (found.a, found.b) == ("a", "b")
    assert (found.first_column, found.second_column) == ("feat_efl0@hole", "feat_efl2@hole")
    assert found.first.value == pytest.approx(-0.1, abs=0.01)
    assert found.second.value == pytest.approx(0.05, abs=0.01)
    assert found.first.hi < 0 < found.second.lo
    assert found.separable


def test_a_chance_difference_is_flagged_but_not_separable(run: Run) -> None:
    """The second backbone sees no difference: its mean difference is small, its sign the other one."""
    records, _ = run
    noise = np.random.default_rng(1).normal(0, 0.05, 36)
    of_a = (noise - noise.mean()) + 0.001
    records.loc[records["entry"] == "a", SECOND] = records.loc[records["entry"] == "b", SECOND].to_numpy() + of_a
    [found] = only(run).disagreements
    assert found.second.lo < 0 < found.second.value < found.second.hi
    assert not found.separable


def test_no_flag_without_the_second_column(run: Run) -> None:
    records, manifest = run
    records.loc[records["entry"] == "a", SECOND] += 0.15
    manifest["suite"]["tasks"][0]["metrics"].remove("feat_efl2@hole")
    assert only(run).disagreements == ()
    assert only((records.drop(columns=SECOND), manifest)).disagreements == ()


def test_no_flag_where_the_two_never_meet_on_a_sample(run: Run) -> None:
    records, _ = run
    records.loc[records["entry"] == "a", SECOND] += 0.15
    even = records["sample"].str.endswith(("/0", "/2"))
    records.loc[even, SECOND] = np.nan
    records.loc[~even, "score:feat_efl0@hole"] = np.nan
    assert only(run).disagreements == ()


def test_a_difference_of_zero_has_no_sign(run: Run) -> None:
    records, _ = run
    records[SECOND] = 0.5
    assert only(run).disagreements == ()


def test_order_of_records_and_names_of_clusters_do_not_matter(run: Run) -> None:
    records, manifest = run
    records.loc[records["entry"] == "a", SECOND] += 0.15
    shuffled = records.sample(frac=1, random_state=0).assign(cluster=lambda rows: "x" + rows["cluster"])
    assert only((shuffled, manifest)).disagreements == only(run).disagreements


def test_they_survive_the_way_through_summary_json(run: Run) -> None:
    run[0].loc[run[0]["entry"] == "a", SECOND] += 0.15
    summary = summarise(*run)
    assert summary.tasks[0].disagreements
    written = summary.to_dict()
    assert RunSummary.from_dict(written) == summary
    for task in written["tasks"]:
        del task["disagreements"]  # a summary of an older version has none
    assert RunSummary.from_dict(written).tasks[0].disagreements == ()


def test_columns_are_compared_within_one_region_only() -> None:
    columns = ("psnr", "feat_efl0", "feat_efl2@hole", "feat_efl0@hole", "feat_efl0@boundary")
    assert backbone_columns(columns) == [("feat_efl0@hole", "feat_efl2@hole")]
