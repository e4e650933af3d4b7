"""Assessors in a run: scores, refusals, maps and facts in records; wrong answers; ranks by a table metric."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness

PLUGIN = '''
import torch
from harness import MethodSpec, hookimpl
from harness.interfaces import Scores


class Detail:
    """How much neighbouring columns differ; refuses pictures of one kind, gives noise or nonsense on demand."""

    def __init__(self, setup, *, sign=1.0, refuse="", wrong=""):
        self.sign, self.refuse, self.wrong = sign, refuse, wrong

    def assess(self, batch):
        detail = (batch.image[..., 1:] - batch.image[..., :-1]).abs().mean((1, 2, 3))
        if self.wrong == "type":
            return detail
        if self.wrong == "shape":
            return Scores({"detail": detail[None]}, primary="detail")
        if self.wrong == "primary":
            return Scores({"detail": detail}, primary="sharpness")
        if self.wrong == "nan":
            detail = detail * float("nan")
        if self.wrong in ("few", "mean", "assessed_by"):
            told = {self.wrong: [] if self.wrong == "few" else ["x"] * len(batch.ids)}
            mean = batch.image.mean((1, 2, 3))
            return Scores({"detail": detail, "mean": mean}, primary="detail", facts=told)
        refused = {i: "no face" for i, name in enumerate(batch.ids) if self.refuse and self.refuse in name}
        return Scores({"detail": self.sign * detail, "mean": batch.image.mean((1, 2, 3))}, primary="detail",
                      map=batch.image[:, :1], refused=refused,
                      facts={"place": [f"in {id}" for id in batch.ids], "nothing": [""] * len(batch.ids)})


@hookimpl
def harness_register_methods(register):
    from harness.specs import Param
    register(MethodSpec(name="detail", capabilities=("assess",), target="judges:Detail", version="1", roles=(),
                        summary="differences of columns", licence="CC0-1.0", needs=frozenset({"image"}),
                        params={"sign": Param(1.0, "of the score"), "refuse": Param("", "part of an id"),
                                "wrong": Param("", "what to get wrong")}))
'''
SUITE = """
name = "steps"
version = 1
title = "Steps"
summary = "ladders of four photographs"
cost = "seconds"
methods = ["detail"]

[[task]]
id = "ladders"
title = "Ladders"
dataset = "ladders[photographs=4]"
capability = "assess"
gives = ["image"]
metrics = ["ladder_srcc", "ladder_monotone", "srcc"]
primary = "ladder_srcc"
"""


@pytest.fixture
def run(with_plugin: Callable[..., None], tmp_path: Path) -> Callable[..., harness.Run]:
    with_plugin("judges", PLUGIN)
    (tmp_path / "steps.toml").write_text(SUITE)

    def call(methods: list[str], folder: str = "run", **more: Any) -> harness.Run:
        options: dict[str, Any] = {"device": "cpu", "out": tmp_path / folder, "report": False, **more}
        return harness.run(str(tmp_path / "steps.toml"), methods, **options)

    return call


def test_scores_further_scores_and_maps_stand_in_the_records(run: Callable[..., harness.Run]) -> None:
    done = run(["detail"], keep="all")
    rows, samples = done.records, done.folder.samples().set_index("sample")
    assert (rows["status"] == "ok").all()
    assert set(rows["fact:assessed_by"]) == {"detail"}
    for row in rows.iloc[::37].to_dict("records"):
        picture = done.folder.artifacts.get(samples.loc[row["sample"], "truth"])
        assert picture is not None
        levels = picture.astype(np.float64) / 255
        assert row["score:assessed"] == pytest.approx(np.abs(np.diff(levels, axis=1)).mean(), rel=1e-4)
        assert row["fact:mean"] == pytest.approx(levels.mean(), rel=1e-4)
        assert row["fact:place"] == f"in {row['sample']}"
        assert np.array_equal(done.folder.artifacts.get(row["fact:map:map"]), picture[..., 0])
        assert row["output_hash"] == samples.loc[row["sample"], "truth"]
    assert "fact:nothing" not in rows
    assert '"kind": "blur"' in samples["known"].iloc[0]
    assert [check.name for check in harness.verify(done.folder.path).checks if check.state == "wrong"] == []


def test_the_same_command_computes_nothing_again_and_isolation_changes_nothing(
    run: Callable[..., harness.Run],
) -> None:
    here = run(["detail[refuse=blur]"])
    before = here.records.copy()
    again = run(["detail[refuse=blur]"])
    pd.testing.assert_frame_equal(again.records, before)  # seconds too: nothing ran
    apart = run(["detail[refuse=blur]"], "apart", isolate=True)
    columns = [
        "sample",
        "status",
        "reason",
        "score:assessed",
        "fact:mean",
        "fact:place",
        "fact:map:map",
        "cell_key",
        "output_hash",
    ]
    assert apart.records[columns].equals(before[columns])


def test_who_orders_ladders_is_told_from_who_does_not(run: Callable[..., harness.Run]) -> None:
    ways = ["detail[sign=-1.0]", "detail", "metric:brisque"]
    task = run(ways).summary.tasks[0]
    first = task.standings[0]
    assert (first.entry, first.rank) == ("metric:brisque", 1)
    pair = next(p for p in task.pairs if {p.a, p.b} == {"detail", "metric:brisque"})
    assert pair.verdict == "worse"
    assert pair.clusters == 4
    assert pair.lo <= pair.diff <= pair.hi < 0
    values = {cell.entry: cell.interval for cell in task.cells if cell.metric == "ladder_srcc" and not cell.subset}
    assert values["detail"] is not None
    assert values["detail[sign=-1.0]"] is not None
    assert values["detail"].value == pytest.approx(-values["detail[sign=-1.0]"].value)
    kinds = {cell.subset for cell in task.cells if cell.metric == "ladder_srcc"}
    assert {"kind:blur", "kind:jpeg2000"} < kinds
    (why,) = {cell.why for cell in task.cells if cell.metric == "srcc"}
    assert why == "the data set has no opinion scores"
    rebuilt = harness.open_run(run(ways).folder.path)
    assert harness.verify(rebuilt.path).ok  # the summary follows from the rows


def test_refusals_are_skipped_and_stay_in_the_comparison(run: Callable[..., harness.Run]) -> None:
    done = run(["detail[refuse=blur/5]", "detail"])
    mine = done.records[done.records["entry"] == "detail[refuse=blur/5]"]
    refused = mine[mine["status"] == "skipped"]
    assert len(refused) == 4
    assert set(refused["reason"]) == {"no face"}
    cells = {(c.entry, c.metric): c for c in done.summary.tasks[0].cells if c.subset == ""}
    for entry in ("detail", "detail[refuse=blur/5]"):
        interval = cells[entry, "ladder_srcc"].interval
        assert interval is not None
        assert interval.n == 144


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("type", "the method returned Tensor, not Scores"),
        ("shape", "the method's score detail has shape (1, 1), expected (1,)"),
        ("primary", "the method's primary score 'sharpness' is not among its scores"),
        ("nan", "the score is NaN or infinite"),
        ("few", "the method's fact few has 0 values, expected 1"),
        ("mean", "the method tells mean as a score and as a fact"),
        ("assessed_by", "the method's score assessed_by has a name that is the engine's"),
    ],
)
def test_a_wrong_answer_fails_its_sample_in_one_line(run: Callable[..., harness.Run], wrong: str, reason: str) -> None:
    done = run([f"detail[wrong={wrong}]"], limit=2)
    assert set(done.records["status"]) == {"failed"}
    assert set(done.records["reason"]) == {reason}
    (standing,) = done.summary.tasks[0].standings
    assert not standing.ranked


def test_any_metric_that_needs_the_picture_alone_is_an_assessor(run: Callable[..., harness.Run]) -> None:
    done = run(["metric:niqe", "metric:brisque"], limit=2)
    rows = done.records[done.records["entry"] == "metric:niqe"]
    assert (rows["score:assessed"] == -rows["fact:niqe"]).all()
    with pytest.raises(harness.HarnessError, match="metric:shadow_residual: shadow_residual needs more than a picture"):
        run(["metric:shadow_residual"])
    with pytest.raises(harness.HarnessError, match="niqqe"):
        run(["metric:niqqe"])
