"""The recipes learn, resume from their latents, and draw what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from harness.errors import HarnessError
from harness.training.loop import train
from harness_instinpaint import train_mini, train_refer
from harness_instinpaint.checkpoint import load_network
from harness_instinpaint.pairs import mirrored_text, open_pairs
from harness_instinpaint.refer import load_finder
from harness_instinpaint.train_mini import Course, Mini
from harness_instinpaint.train_refer import Refer


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_mini, "HELD_OUT", 2)
    monkeypatch.setattr(train_refer, "HELD_OUT", 2)
    monkeypatch.setattr(train_refer, "JUDGED", 4)


def test_mini_trains_exports_and_refuses_another_first_stage(
    pairs_folder: Path, first_stage: Path, tmp_path: Path
) -> None:
    recipe = Mini(pairs_folder, 0, first_stage, Course(batch=4, judged=3, judged_steps=2))
    result = train(recipe, tmp_path / "out", steps=2, cpu=True)
    assert {"removed", "elsewhere", "obeyed", "noise", "mask_removed"} <= set(result.scores)
    loaded = load_network(result.weights, first_stage)
    assert loaded.network.config == recipe.config
    again = Mini(pairs_folder, 0, first_stage)
    assert np.array_equal(again.latents, recipe.latents)
    assert len(list(pairs_folder.glob("instructions-latents-*.npy"))) == 1
    assert all(torch.equal(value, again.batch(7)[name]) for name, value in again.batch(7).items())
    assert not torch.equal(again.batch(7)["noise"], again.batch(8)["noise"])


def test_refer_trains_and_finds(pairs_folder: Path, tmp_path: Path) -> None:
    recipe = Refer(pairs_folder, 0, train_refer.Course(batch=8, learning_rate=1e-2, warm_up_steps=1))
    losses: list[float] = []
    result = train(
        recipe, tmp_path / "out", steps=12, cpu=True, every_minutes=0,
        tell=lambda report: losses.append(report.losses["entropy"]),
    )  # fmt: skip
    assert losses[-1] < 0.6 * losses[0]
    assert load_finder(result.weights).config == recipe.network


def test_what_is_drawn_is_of_one_scene_and_an_absent_thing_leaves_it(pairs_folder: Path) -> None:
    pairs, rng = open_pairs(pairs_folder), np.random.default_rng(0)
    seen = set()
    for _ in range(60):
        asked = pairs.draw(rng, 0.5)
        assert asked.source // 3 == asked.target // 3
        shape = pairs.silhouette(asked)
        assert shape.any() == (asked.label > 0) == (asked.source != asked.target)
        changed = pairs.changed(asked, 4) > 0
        assert changed.any() == shape.any()
        if shape.any():  # nothing but the object differs in these
            assert (pairs.picture(asked.source, asked.mirrored) != pairs.picture(asked.target, asked.mirrored)).any(2)[
                ~shape
            ].sum() == 0
        seen.add((asked.label > 0, asked.source % 3 == 0, asked.mirrored))
    assert len(seen) == 6  # present; absent: taken out, or never there; each of them mirrored, too


def test_a_mirrored_instruction_says_the_other_side() -> None:
    said = "remove the left cube to the right of the sphere"
    assert mirrored_text(said) == "remove the right cube to the left of the sphere"
    assert mirrored_text(mirrored_text(said)) == said


def test_no_pairs_no_training(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no training images"):
        open_pairs(tmp_path)
