"""SCAT's losses against their definitions; their values on the official networks stand in the parity test."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from harness_scat.discriminator import Judged
from harness_scat.losses import confuse, corrupted, semantic_contrast, tell_apart, textural_contrast


def _judged(whole: float, pixels: Tensor) -> Judged:
    return Judged((), torch.zeros(1, 4), torch.tensor([[float(whole)]]), pixels)


HOLE = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])


def test_a_discriminator_that_is_surely_right_has_no_hinge_loss() -> None:
    told = tell_apart("hinge", _judged(-1, 1 - 2 * HOLE), _judged(1, torch.ones_like(HOLE)), HOLE)
    assert [told.whole.item(), told.pixels.item()] == [0, 0]


def test_each_wrong_pixel_costs_its_share() -> None:
    told = tell_apart("hinge", _judged(-1, torch.ones_like(HOLE)), _judged(1, torch.ones_like(HOLE)), HOLE)
    assert told.pixels.item() == pytest.approx(2 / 4)


@pytest.mark.parametrize(("kind", "value"), [("hinge", -3.0), ("lsgan", 4.0), ("nsgan", math.log1p(math.exp(-3.0)))])
def test_only_the_hole_s_pixels_are_confused(kind: str, value: float) -> None:
    pixels = torch.tensor([[[[3.0, -9.0], [5.0, 7.0]]]])
    asked = confuse(kind, _judged(0.0, pixels), HOLE)  # type: ignore[arg-type]
    assert asked.pixels.item() == pytest.approx(value / 4)


def test_corrupted_versions_are_the_truth_under_the_batch_s_masks_its_own_first() -> None:
    truth = torch.rand(3, 3, 4, 4) - 0.5
    mask = torch.stack([torch.full((1, 4, 4), 0.0), torch.ones(1, 4, 4), torch.eye(4)[None]])
    found = corrupted(truth, mask, 2)
    assert found.shape == (3, 2, 3, 4, 4)
    assert torch.equal(found[0, 0], truth[0])
    assert torch.equal(found[0, 1], torch.ones(3, 4, 4))
    assert torch.equal(found[2, 0], torch.where(mask[2] > 0, 1.0, truth[2]))
    assert torch.equal(found[2, 1], truth[2])
    assert corrupted(truth, mask, 8).shape[1] == 3


def test_textures_at_the_truth_cost_nothing_and_at_the_corrupted_much() -> None:
    real, spoilt = [torch.rand(1, 2, 3, 3) for _ in range(4)], [torch.rand(1, 2, 3, 3) for _ in range(4)]
    assert textural_contrast(real, real, spoilt) == 0
    assert textural_contrast(spoilt, real, spoilt) > 1e5
    half = [(a + b) / 2 for a, b in zip(real, spoilt, strict=True)]
    assert textural_contrast(half, real, spoilt).item() == pytest.approx(4, rel=1e-4)


def test_semantics_are_a_choice_among_the_versions_without_a_temperature() -> None:
    anchor, far = torch.tensor([[2.0, 0.0]]), torch.tensor([[[-1.0, 0.0], [-5.0, 0.0]]])
    found = semantic_contrast(anchor, 3 * anchor, far).item()
    assert found == pytest.approx(-math.log(math.e / (math.e + 2 / math.e)), abs=1e-5)
    assert semantic_contrast(anchor, far[:, 0], far).item() > found
