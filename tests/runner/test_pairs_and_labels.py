"""Removal pairs and label maps on their way: what a method sees, what it is judged by, what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import harness
from harness.errors import HarnessError
from harness.interfaces import Batch, Images
from harness.plugins import registry
from harness.runner.call import Caller
from harness.runner.label_colours import label_colours
from harness.runner.roles import shown_role
from harness.runner.units import TaskData
from harness.suites import Task, load_suite


def _task(suite: str, id: str) -> Task:
    return load_suite(registry().suite(suite)).task(id)


def test_a_method_is_shown_regions_where_it_knows_them_else_holes() -> None:
    region, hole = _task("removal", "grown-11"), _task("removal", "grown-11-hole")
    mean = registry().method("mean")
    both, regions = replace(mean, roles=("hole", "region")), replace(mean, roles=("region",))
    assert [shown_role(spec, region) for spec in (mean, both, regions)] == ["hole", "region", "region"]
    assert [shown_role(spec, hole) for spec in (mean, both, regions)] == ["hole", "hole", ""]


def test_a_region_seen_as_a_hole_is_the_hole_tasks_input() -> None:
    region, hole = (
        TaskData(replace(_task("removal", id), limit=1), registry()) for id in ("grown-11", "grown-11-hole")
    )
    as_region, as_hole = region.load(region.keys[0]), hole.load(hole.keys[0])
    assert as_region.blanked == as_hole.seen != as_region.seen
    assert as_hole.blanked == ""
    assert as_region.image is not None
    assert as_region.mask is not None
    assert (as_region.visible("region") == as_region.image).all()
    assert not as_region.visible("hole")[as_region.mask].any()


def test_an_inpainter_leaves_all_of_the_shadow_and_scoring_again_says_so(tmp_path: Path) -> None:
    run = harness.run("removal", "mean", tasks="grown-5", limit=2, out=tmp_path / "run", device="cpu", keep="all")
    records = run.records.set_index("sample")
    assert list(records["status"]) == ["ok", "ok"]
    assert np.allclose(records["score:shadow_residual@known"], 1, atol=1e-6)
    assert (records["score:l1@known"] > 0).all()
    columns = ("shadow_residual@known", "psnr", "psnr@hole")
    again = harness.score(run.path, metrics=columns).table.set_index("sample")
    for column in columns:
        assert np.allclose(again[column], records.loc[again.index, f"score:{column}"], atol=1e-5)
    outputs, truths = tmp_path / "a.png", tmp_path / "b.png"
    with pytest.raises(HarnessError, match="needs the pictures before the edit"):
        harness.score(outputs, truths, mask=outputs, metrics=["shadow_residual@known"])


class _Spy:
    """A restorer that keeps what it was given."""

    def restore(self, batch: Batch) -> Images:
        assert batch.labels is not None
        assert batch.target_size is not None
        assert (batch.image, batch.mask, batch.prompt) == (None, None, None)
        return Images(batch.labels[:, :1].float().expand(-1, 3, -1, -1) / 3)


def test_labels_arrive_as_numbers_without_a_picture() -> None:
    data = TaskData(replace(_task("translation", "scenes"), limit=2), registry())
    units = [data.load(key) for key in data.keys]
    answers = Caller(_Spy, "restore", frozenset({"labels"}), "cpu", "hole").run(units, [0, 1])
    for unit, answer in zip(units, answers, strict=True):
        assert (answer.status, answer.reason) == ("ok", "")
        assert answer.output is not None
        assert unit.labels is not None
        assert torch.equal((answer.output[0] * 3).round().long(), torch.from_numpy(unit.labels[0]))
        assert unit.image is not None
        assert not unit.image.any()
    assert units[0].seen != units[1].seen


def test_labels_reach_a_process_of_its_own(tmp_path: Path) -> None:
    here, there = (
        harness.run("translation", "label-mean", tasks="scenes", limit=1, out=tmp_path / name, isolate=name == "there",
                    device="cpu").records for name in ("here", "there")
    )  # fmt: skip
    assert list(there["status"]) == ["ok"]
    assert list(here["output_hash"]) == list(there["output_hash"])


def test_a_class_has_one_colour_everywhere() -> None:
    first = label_colours(np.array([[[0, 1, 7], [7, 2, -1]]]))
    second = label_colours(np.array([[[7, 0, 3]]]))
    assert (first[0, 2] == first[1, 0]).all()
    assert (first[0, 2] == second[0, 0]).all()
    assert (first[1, 2] == 0).all()
    assert len({tuple(pixel) for pixel in first.reshape(-1, 3)}) == 5
