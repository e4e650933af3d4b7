"""The recipe: what a batch holds, a training that goes on after a kill, what is left in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from harness.nn.first_stage import first_stage_sha256
from harness.training.export import read_metadata
from harness.training.loop import train
from harness.training.losses import dice
from harness_smartbrush.losses import inside_mean
from harness_smartbrush.network import SmartBrush, noise_mask
from harness_smartbrush.objects import open_objects
from harness_smartbrush.train import Course, Mini

COURSE = Course(batch=6, judged=2, judged_steps=2)


def test_a_batch_has_noise_nowhere_but_in_the_mask_and_the_exact_mask_within(
    scenes_folder: Path, first_stage: Path
) -> None:
    recipe = Mini(scenes_folder, 0, first_stage, COURSE)
    drawn = [recipe.batch(step) for step in range(6)]
    batch = {name: torch.cat([one[name] for one in drawn]) for name in drawn[0]}
    local = batch["local"] > 0
    assert 0 < local.sum() < len(local)
    assert (batch["mask"] >= batch["exact"]).all()
    assert (batch["mask"][~local] == 1).all()
    assert (batch["precision"][~local] == 5).all()
    assert len(batch["precision"][local].unique()) > 3
    noisy, inside = recipe._noisy(batch, batch["t"])
    kept = (inside == 0).expand_as(noisy)
    assert torch.equal(noisy[kept], batch["background"][kept])
    assert torch.equal(noise_mask(batch["mask"]), inside)
    again = recipe.batch(3)
    assert all(torch.equal(again[name], drawn[3][name]) for name in again)


def test_objects_come_with_their_texts_and_dots_are_left_out(scenes_folder: Path) -> None:
    found = open_objects(scenes_folder)
    assert len(found.items) == 12
    item = found.items[1]
    assert (item.text, item.label) == ("a large blue rubber sphere", "a sphere")
    assert item.text in item.caption
    assert item.text not in item.rest
    exact = found.instances[item.whole] == 2
    assert np.array_equal(found.mask(1, 0, False), exact)
    assert np.array_equal(found.mask(1, 0, True), exact[:, ::-1])
    assert "blue" in found.words
    assert "," not in "".join(found.words)


def test_losses() -> None:
    square = torch.zeros(2, 1, 4, 4)
    square[0, :, :2] = 1
    torch.testing.assert_close(dice(square, square), torch.ones(2))
    assert float(dice(square, 1 - square)[0]) < 0.07
    error = torch.ones(2, 3, 4, 4)
    error[:, :, 2:] = 100
    torch.testing.assert_close(inside_mean(error, square), torch.tensor([1.0, 0.0]))


def test_a_training_goes_on_and_states_its_first_stage(scenes_folder: Path, first_stage: Path, tmp_path: Path) -> None:
    for steps in (2, 3):
        recipe = Mini(scenes_folder, 0, first_stage, COURSE)
        result = train(recipe, tmp_path, steps=steps, cpu=True, tell=lambda report: None)
    assert result.counters.step == 3
    assert {"noise", "dice", "painted_dice", "colour"} <= set(result.scores)
    facts = read_metadata(result.weights)
    assert facts["first_stage"] == first_stage_sha256(first_stage)
    assert list((tmp_path / "samples").glob("*.png"))
    torch.manual_seed(0)
    assert sum(p.numel() for p in SmartBrush(recipe.config).parameters()) < 750_000
