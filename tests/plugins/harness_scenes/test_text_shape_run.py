"""Described objects on their way through a run: text and precision reach a method, its maps reach the metrics."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import harness
from harness.plugins import registry
from harness.report.gallery import viewer_data
from harness.report.opened import Opened
from harness.suites import load_suite
from harness_scenes.brush import BrushScenes

PLUGIN = """
from harness import MethodSpec, hookimpl
from harness.interfaces import Images

@hookimpl
def harness_register_methods(register):
    needs = frozenset({"image", "mask", "prompt", "precision"})
    mine = {"summary": "s", "licence": "MIT", "version": "1", "capabilities": ("inpaint",), "roles": ("region",)}
    register(MethodSpec("painter", target="harness_painter:Painter", needs=needs, **mine))

class Painter:
    calls = 0
    def __init__(self, setup):
        pass
    def inpaint(self, batch):
        Painter.calls += len(batch.ids)
        paint = batch.image.new_tensor((0.9, 0.0, 0.7))[None, :, None, None].expand_as(batch.image)
        facts = {"text": list(batch.prompt), "precision": list(batch.precision)}
        return Images(batch.image.lerp(paint, batch.mask), {"mask": batch.mask * 0.8}, facts)
"""
TASK = """
[[task]]
id = "box"
title = "Boxes"
dataset = "scenes-brush"
limit = 2
maskset = "object-shape[precision=5]"
role = "region"
gives = ["image", "mask", "prompt", "precision"]
metrics = ["mask_iou", "predicted_mask_iou", "background_change"]
primary = "mask_iou"
"""
SUITE = 'name = "painted"\nversion = 1\ntitle = "P"\nsummary = "s"\ncost = "none"\nmethods = ["painter"]\n' + TASK


@pytest.fixture(autouse=True)
def _painter(with_plugin: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    with_plugin("harness_painter", PLUGIN)
    monkeypatch.setenv("HARNESS_PLUGINS", "harness_painter,harness_scenes")


def test_text_and_precision_reach_a_method_and_its_mask_the_metric(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, pairs = tmp_path / "painted.toml", BrushScenes()
    file.write_text(SUITE)
    run = harness.run(str(file), out=tmp_path / "run", device="cpu", keep="all")
    records = run.records.sort_values("sample")
    assert list(records["status"]) == ["ok", "ok"]
    assert list(records["fact:text"]) == [pairs.load(id).prompt for id in pairs.ids()[:2]]
    assert list(records["fact:precision"]) == [5, 5]
    shares = []
    for id in pairs.ids()[:2]:
        mask = pairs.load(id).mask
        assert mask is not None
        rows, columns = mask.any(axis=1).nonzero()[0], mask.any(axis=0).nonzero()[0]
        shares.append(mask.sum() / ((rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)))
    assert list(records["score:predicted_mask_iou"]) == pytest.approx(shares)
    assert list(records["score:mask_iou"]) == pytest.approx(shares, abs=0.01)
    assert (records["score:background_change"] > 0.2).all()

    # what was asked stands beside the pictures
    asked = {id: pairs.load(id).prompt for id in pairs.ids()[:2]}
    page = Opened(run.path)
    for sample in page.run.samples().to_dict("records"):
        assert sample["prompt"] == asked[sample["title"]]
        assert f"<q>{sample['prompt']}</q>" in page.run.report_path.read_text()
        facts = viewer_data(page, page.views["box"], sample["sample"], ["painter"])["facts"]
        assert facts[0] == f"asked: {sample['prompt']}"

    # the pictures are kept, but what the method told beside them only the method can tell again
    specs, painter = registry().specs["metrics"], importlib.import_module("harness_painter").Painter
    monkeypatch.setitem(specs, "predicted_mask_iou", replace(specs["predicted_mask_iou"], version="2"))
    before = painter.calls
    again = harness.run(str(file), out=tmp_path / "run", device="cpu", keep="all").records
    assert list(again.sort_values("sample")["score:predicted_mask_iou"]) == pytest.approx(shares)
    assert painter.calls >= before + 2


def test_the_suite_asks_for_every_precision_of_the_same_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_PLUGINS")
    tasks = load_suite(registry().suite("text-shape")).tasks
    assert [task.maskset for task in tasks[:6]] == [f"object-shape[precision={s}]" for s in range(6)]
    assert {(task.dataset, task.limit, task.role) for task in tasks[:6]} == {("scenes-brush", 20, "region")}
    assert tasks[6].dataset == "scenes-brush[text=global]"
    assert all({"prompt", "precision"} <= set(task.gives) for task in tasks)
