"""Batches and validation that inpainters share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.nn.smooth_fill import smooth_fill
from harness.training.data import PackedImages
from harness.training.inpainting import Batches, Source, Validator, lama_mix


def _packed(name: str, level: int) -> PackedImages:
    noise = np.random.default_rng(level).integers(0, 60, (6, 48, 48, 3))
    return PackedImages(name, (noise + level).astype(np.uint8), "0" * 64, {})


@pytest.fixture
def batches() -> Batches:
    sources = (Source(_packed("dark", 0), 0.25, (1.0, 1.0)), Source(_packed("light", 190), 0.75, (1.0, 1.0)))
    return Batches(sources, ((16, 8, 0.5), (32, 4, 0.5)), lama_mix, seed=4)


def test_a_batch_is_decided_by_its_step(batches: Batches) -> None:
    one, again, other = batches(3), batches(3), batches(4)
    assert torch.equal(one["image"], again["image"])
    assert torch.equal(one["mask"], again["mask"])
    assert one["image"].shape != other["image"].shape or not torch.equal(one["image"], other["image"])
    assert one["image"].min() >= -1
    assert one["image"].max() <= 1
    assert set(one["mask"].unique().tolist()) == {0.0, 1.0}


def test_sizes_and_sources_come_in_their_shares(batches: Batches) -> None:
    drawn = [batches(step)["image"] for step in range(80)]
    sizes = {(len(images), images.shape[-1]) for images in drawn}
    assert sizes == {(8, 16), (4, 32)}
    light = torch.cat([images.mean((1, 2, 3)) > 0 for images in drawn]).float().mean()
    assert 0.65 < light < 0.85


def test_validation_knows_the_smooth_fill_and_the_truth() -> None:
    validator = Validator({"noise": _packed("noise", 60)}, side=32)
    cpu = torch.device("cpu")
    smooth = validator(smooth_fill, cpu)
    assert smooth.scores["noise/gain"] == pytest.approx(0, abs=1e-4)
    assert smooth.scores["noise/feat"] == pytest.approx(1, abs=1e-4)
    assert smooth.scores["noise/detail"] < 0.2
    truth, _ = validator.samples["noise"]
    perfect = validator(lambda image, mask: truth, cpu)
    assert perfect.scores["noise/feat"] == 0
    assert perfect.scores["noise/gain"] > 20
    assert perfect.scores["noise/detail"] == pytest.approx(1, abs=1e-4)
    assert perfect.pictures is not None
    assert perfect.pictures.shape == (4, 4, 3, 32, 32)


def test_validation_never_shows_the_hole() -> None:
    validator = Validator({"noise": _packed("noise", 60)}, side=32)

    def peek(image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        assert (image * mask).abs().sum() == 0
        return image

    validator(peek, torch.device("cpu"))
