"""Degraded pictures on their way: what a restorer is given, what it is judged by, what is kept and what is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.datasets.decode import decode, encode_png
from harness.errors import HarnessError
from harness.plugins import registry
from harness.report.gallery import viewer_data
from harness.report.opened import Opened
from harness.runner.units import TaskData
from harness.store.files import write_atomic
from harness.suites import Suite, Task, parse_suite

PLUGIN = """
import numpy as np
from harness import DegradationSpec, MethodSpec, Param, hookimpl
from harness.interfaces import Degraded

@hookimpl
def harness_register_degradations(register):
    params = {"factor": Param(4, "pixels a side that become one"), "sigma": Param(0.05, "of the noise")}
    register(DegradationSpec("pooled", "harness_pooled:Pooled", "1", "means of squares, and noise", params))
    register(DegradationSpec("dim", "harness_pooled:Dim", "1", "darker by what nobody tells, three exposures"))

@hookimpl
def harness_register_methods(register):
    mine = {"summary": "s", "licence": "MIT", "version": "1", "capabilities": ("restore",)}
    needs = {"back": {"image", "operator"}, "nearest-up": {"image"}, "fuse": {"image", "exposures"}}
    for name, wanted in needs.items():
        register(MethodSpec(name, target="harness_pooled:Restorer", needs=frozenset(wanted), **mine))

class Pool:
    def __init__(self, factor, sigma):
        self.factor, self.sigma = factor, sigma
    def __call__(self, image):
        from torch.nn.functional import avg_pool2d
        return avg_pool2d(image, self.factor)
    def pseudo_inverse(self, observed):
        return observed.repeat_interleave(self.factor, -1).repeat_interleave(self.factor, -2)

class Pooled:
    version = "1"
    def __init__(self, factor, sigma):
        self.operator = Pool(factor, sigma)
    def degrade(self, sample, seed):
        import torch
        clean = torch.from_numpy(sample.image.copy()).permute(2, 0, 1)[None] / 255
        seen = self.operator(clean)
        seen = seen + self.operator.sigma * torch.randn(seen.shape, generator=torch.Generator().manual_seed(seed))
        levels = seen.clamp(0, 1).mul(255).round().byte()
        return Degraded(levels[0].permute(1, 2, 0).contiguous().numpy(), self.operator)

class Dim:
    version = "1"
    def degrade(self, sample, seed):
        return Degraded(sample.image[::2, ::2] // 4, None, np.stack([sample.image // k for k in (1, 2, 4)]))

class Restorer:
    def __init__(self, setup):
        pass
    def restore(self, batch):
        from torch.nn.functional import interpolate
        from harness.interfaces import Images
        if batch.operator is not None:
            assert len(batch.ids) == 1
            return Images(batch.operator.pseudo_inverse(batch.image))
        if batch.exposures is not None:
            return Images(batch.exposures[:, 0])
        return Images(interpolate(batch.image, batch.target_size))
"""
SUITE = """
name = "restored"
version = 1
title = "Pooled photographs"
summary = "four photographs"
cost = "nothing"
methods = ["back", "nearest-up", "fuse"]

[[task]]
id = "known"
title = "Means of squares of 4, told"
dataset = "photos"
limit = 2
capability = "restore"
degradation = "pooled[sigma=0.02]"
gives = ["image", "operator"]
metrics = ["psnr", "consistency"]
primary = "psnr"

[[task]]
id = "blind"
title = "Darkened, not told"
dataset = "photos"
limit = 2
capability = "restore"
degradation = "dim"
gives = ["image", "exposures"]
metrics = ["psnr", "consistency"]
primary = "psnr"
"""


@pytest.fixture(autouse=True)
def _pooled(with_plugin: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    with_plugin("harness_pooled", PLUGIN)
    monkeypatch.setenv("HARNESS_PLUGINS", "harness_pooled,harness_classical")


@pytest.fixture
def suite() -> Suite:
    return parse_suite("restored", SUITE.encode())


def _data(task: Task, **changes: Any) -> TaskData:
    return TaskData(replace(task, **changes), registry())


def _seen(data: TaskData, place: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    found = data.load(data.keys[place]).image
    assert found is not None
    return found


def test_it_depends_on_degradation_and_sample_alone(suite: Suite) -> None:
    known = suite.task("known")
    data, again, weaker = _data(known), _data(known, limit=1), _data(known, degradation="pooled[sigma=0.01]")
    first, second = (data.load(key) for key in data.keys)
    assert (_seen(data).shape, first.truth.shape) == ((64, 64, 3), (256, 256, 3))
    assert (_seen(data) == _seen(again)).all()
    assert first.seen != second.seen
    assert first.seen != weaker.load(weaker.keys[0]).seen
    assert len({str(one.identity()) for one in (data, again, weaker)}) == 2
    noise = [
        _seen(data, i) / 255 - unit.truth.reshape(64, 4, 64, 4, 3).mean((1, 3)) / 255
        for i, unit in enumerate((first, second))
    ]
    assert [round(float(n.std()), 2) for n in noise] == [0.02, 0.02]
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.05


def test_a_run_gives_restores_judges_and_keeps(tmp_path: Path, suite: Suite) -> None:
    file = tmp_path / "restored.toml"
    file.write_text(SUITE)
    run = harness.run(str(file), out=tmp_path / "run", device="cpu", keep="all", batch_size=2)
    records = run.records.set_index(["task", "entry", "sample"]).sort_index()
    assert set(records["status"]) == {"ok"}
    assert set(run.records["entry"][run.records["task"] == "known"]) == {"back", "nearest-up"}
    skips = {(skip["what"], skip["task"]): skip["reason"] for skip in run.folder.manifest["skipped"]}
    assert skips["fuse", "known"] == "needs exposures, which the task does not give"
    assert skips["back", "blind"] == "needs operator, which the task does not give"
    told = records.loc["known"]
    # what the pseudo-inverse explains of y is all of it: 8 bits of the output remain
    assert (told["score:consistency"] < 0.002).all()
    back, up = (told.loc[name, "score:psnr"].to_numpy() for name in ("back", "nearest-up"))
    assert np.allclose(back, up)
    assert records.loc["blind", "score:consistency"].isna().all()
    assert (records.loc[("blind", "fuse"), "score:psnr"] == 100).all()
    samples = run.folder.samples().set_index("task")
    kept = run.folder.artifacts.get(samples.loc["known", "shown"].iloc[0])
    assert kept is not None
    assert kept.shape == (64, 64, 3)
    with pytest.raises(HarnessError, match="consistency needs operators of the degradation, which are not here"):
        harness.score(run.path, metrics=["consistency"])
    again = harness.score(run.path, metrics=["psnr"]).table.set_index(["task", "entry", "sample"]).sort_index()
    assert np.allclose(again["psnr"], records["score:psnr"], atol=1e-4)
    verified = harness.verify(run.path, rescore=8)
    assert verified.ok, verified
    assert "consistency (needs operators, which no run keeps)" in str(verified)
    page = Opened(run.path)
    seen = viewer_data(page, page.views["known"], samples.loc["known", "sample"].iloc[0], ["back"])
    assert seen["size"] == [256, 256]
    assert "input 64 × 64 px" in seen["facts"]


def test_observations_reach_a_process_of_its_own_and_operators_do_not(suite: Suite, tmp_path: Path) -> None:
    file = tmp_path / "restored.toml"
    file.write_text(SUITE)
    here, there = (
        harness.run(
            str(file), "fuse", limit=1, out=tmp_path / name, isolate=name == "there", device="cpu", report=False
        )
        for name in ("here", "there")
    )
    assert list(there.records["status"]) == ["ok"]
    assert list(here.records["output_hash"]) == list(there.records["output_hash"])
    with pytest.raises(HarnessError, match="back needs the operator, which cannot be sent to a process of its own"):
        harness.run(str(file), "back", out=tmp_path / "never", isolate=True, device="cpu")


def test_observations_are_exported_and_what_was_made_of_them_is_judged(suite: Suite, tmp_path: Path) -> None:
    file = tmp_path / "restored.toml"
    file.write_text(SUITE)
    told = harness.export(str(file), tmp_path / "seen", limit=1)
    rows = {row["task"]: row for row in told["samples"]}
    assert [row["height"] for row in rows.values()] == [256, 256]
    assert "mask" not in rows["known"]
    assert len(rows["blind"]["exposures"]) == 3
    page = (tmp_path / "seen" / "README.txt").read_text()
    assert "2 degraded pictures" in page
    assert "the sample's height and width, RGB" in page
    assert "apart from the hole" not in page
    for row in rows.values():
        seen = decode(tmp_path / "seen" / row["image"]["path"]).pixels
        made = seen.repeat(256 // seen.shape[0], 0).repeat(256 // seen.shape[1], 1)
        write_atomic(tmp_path / "made" / row["output"], encode_png(made))
    run = harness.run(
        str(file), [f"mine=folder:{tmp_path / 'made'}", "nearest-up"], limit=1, out=tmp_path / "run", report=False,
        device="cpu",
    )  # fmt: skip
    found = run.records.set_index(["task", "entry"])["score:psnr"].unstack()
    assert np.allclose(found["mine"], found["nearest-up"])
