"""What a number stands for: nothing stale, nothing of another picture, nothing of other code is ever in a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import harness
from harness.interfaces import Batch
from harness.plugins import registry
from harness.runner.call import Caller
from harness.runner.entries import resolve_entry
from harness.runner.units import Unit

SMALL: dict[str, Any] = {"tasks": ["photos-thick"], "device": "cpu", "report": False}


def _fill(level: float) -> Callable[[Batch], torch.Tensor]:
    def fill(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        return torch.full_like(batch.image, level)

    return fill


def test_an_edited_callable_never_gets_the_scores_of_the_old_one(tmp_path: Path) -> None:
    dark = harness.run("demo", [_fill(0.1)], limit=2, out=tmp_path / "run", **SMALL).records
    light = harness.run("demo", [_fill(0.9)], limit=2, out=tmp_path / "run", **SMALL).records
    assert not np.allclose(dark["score:psnr@hole"], light["score:psnr@hole"])
    again = harness.run("demo", [_fill(0.9)], limit=2, out=tmp_path / "run", **SMALL)
    assert np.allclose(again.records["score:psnr@hole"], light["score:psnr@hole"])
    assert len(again.folder.manifest["history"]) == 2


def test_a_callable_with_a_state_has_no_lasting_identity() -> None:
    layer = torch.nn.Conv2d(3, 3, 1)
    entry = resolve_entry(lambda batch: layer(batch.image), registry())
    assert entry.identity() != resolve_entry(lambda batch: layer(batch.image), registry()).identity()


def test_rows_computed_by_another_version_are_missing_ones(tmp_path: Path) -> None:
    run = harness.run("demo", ["mean", "telea"], limit=4, out=tmp_path / "run", **SMALL)
    keys = run.folder.manifest["cell_keys"]
    run.folder.manifest["cell_keys"] = {**keys, "mean": {"photos-thick": "of another version"}}
    run.folder.save_manifest()
    records = harness.open_run(tmp_path / "run").records()
    assert set(records["entry"]) == {"telea"}


def test_samples_that_the_task_lost_leave_the_table(tmp_path: Path) -> None:
    run = harness.run("demo", ["mean"], limit=4, out=tmp_path / "run", **SMALL)
    run.folder.manifest["suite"]["tasks"][0]["samples"] = list(run.records["sample"][:3])
    run.folder.save_manifest()
    assert len(harness.open_run(tmp_path / "run").records()) == 3


def test_equal_outputs_of_different_photographs_are_different_pictures_to_a_set_metric(tmp_path: Path) -> None:
    run = harness.run("demo", [_fill(0.5)], limit=6, metrics=["kid_efl0"], out=tmp_path / "run", **SMALL)
    assert run.records["output_hash"].nunique() == 1
    shard = next((tmp_path / "run" / "features" / "efl0").glob("*fill*/photos-thick.parquet"))
    assert pd.read_parquet(shard)["key"].nunique() == 6


def test_a_new_metric_continues_the_same_folder_without_a_forward_pass(tmp_path: Path) -> None:
    calls: list[int] = []
    harness.run("demo", ["telea"], limit=2, out=tmp_path / "run", keep="all", **SMALL)

    class Watch(harness.runner.progress.Silent):
        def cell_done(self, entry: str, task: str, result: Any, seconds: float) -> None:
            calls.append(result.computed)

    more = harness.run(
        "demo", ["telea"], limit=2, metrics=["gmsd"], out=tmp_path / "run", keep="all", progress=Watch(), **SMALL
    )
    assert calls == [0]
    assert more.records["score:gmsd"].notna().all()


def test_a_kept_picture_that_was_altered_is_computed_again(tmp_path: Path) -> None:
    run = harness.run("demo", ["telea"], limit=1, out=tmp_path / "run", keep="all", **SMALL)
    name = run.records["output_hash"].iloc[0]
    pixels = run.folder.artifacts.get(name)
    assert pixels is not None
    run.folder.artifact(name).unlink()
    run.folder.artifacts.put(name, 255 - pixels)
    more = harness.run("demo", ["telea"], limit=1, metrics=["l1"], out=tmp_path / "run", keep="all", **SMALL)
    assert more.records["output_hash"].iloc[0] == name
    assert more.records["score:psnr"].iloc[0] == run.records["score:psnr"].iloc[0]


def test_a_metric_that_raises_fails_its_sample_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.metrics.psnr import Psnr

    original, seen = Psnr.__call__, list[int]()

    def broken(self: Psnr, batch: Any) -> Any:
        seen.append(1)
        if len(seen) == 1:
            raise ArithmeticError("out of luck")
        return original(self, batch)

    monkeypatch.setattr(Psnr, "__call__", broken)
    run = harness.run("demo", ["mean"], limit=3, out=tmp_path / "run", **SMALL)
    assert sorted(run.records["status"]) == ["failed", "ok", "ok"]
    reason = run.records.loc[run.records["status"] == "failed", "reason"].item()
    assert "ArithmeticError: out of luck" in reason


def test_a_method_is_shown_the_picture_and_never_the_target() -> None:
    shown: list[torch.Tensor] = []

    class Spy:
        def inpaint(self, batch: Batch) -> harness.Images:
            assert batch.image is not None
            shown.append(batch.image)
            return harness.Images(batch.image)

    image, target = np.full((8, 8, 3), 40, np.uint8), np.full((8, 8, 3), 200, np.uint8)
    unit = Unit("a", "a", target, np.zeros((8, 8), bool), None, "", "", "", image)
    answer = Caller(Spy, "inpaint", frozenset({"image", "mask"}), "cpu", "region").run([unit], [0])[0]
    assert answer.truth is not None
    assert {round(float(t.max()) * 255) for t in shown} == {40}
    assert round(float(answer.truth.max()) * 255) == 200


def test_integer_pixels_are_refused(tmp_path: Path) -> None:
    def bytes_out(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        return (batch.image * 255).to(torch.uint8)

    run = harness.run("demo", [bytes_out], limit=1, out=tmp_path / "run", **SMALL)
    assert "torch.uint8" in run.records["reason"].item()


def test_a_bar_needs_every_floor_of_its_suite(tmp_path: Path) -> None:
    run = harness.run("inpainting", ["mean", "coordfill@mini"], limit=12, out=tmp_path / "run", **SMALL)
    learned = next(s for s in run.summary.tasks[0].standings if s.entry == "coordfill@mini")
    assert "floor not judged" in learned.below_floor
    assert "harmonic" in learned.below_floor
    assert run.summary.tasks[0].bars == ()
