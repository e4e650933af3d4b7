"""Losses that trainers of inpainters share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.training.losses import FeatureLoss, hole_decibels, hole_l1, nsgan


def test_hole_losses_see_the_hole_only() -> None:
    truth = torch.zeros(2, 3, 8, 8)
    mask = torch.zeros(2, 1, 8, 8)
    mask[0, :, :4], mask[1, :, :1] = 1, 1
    output = truth + 0.5 * mask + 9 * (1 - mask)
    assert hole_l1(output, truth, mask).tolist() == pytest.approx([0.5, 0.5])
    expected = 10 * np.log10(0.25**2 + 1e-4)  # 0.5 on [-1, 1] is 0.25 on [0, 1]
    assert hole_decibels(output, truth, mask).tolist() == pytest.approx([expected] * 2, abs=1e-4)


def test_feature_loss_is_zero_for_the_truth_and_grows_with_the_error() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(1, 3, 64, 64, generator=generator) * 2 - 1
    noise = torch.randn(1, 3, 64, 64, generator=generator)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 16:48, 16:48] = 1
    loss = FeatureLoss()
    values = [float(loss(truth + sigma * noise * mask, truth, mask)) for sigma in (0.0, 0.1, 0.3, 0.6)]
    assert values[0] == 0
    assert values == sorted(values)
    assert values[1] > 0


def test_nsgan_is_binary_cross_entropy() -> None:
    logits = torch.tensor([[-2.0, 0.5]])
    chance = logits.sigmoid()
    assert nsgan(logits, True) == pytest.approx(float(-chance.log().mean()))
    assert nsgan(logits, False) == pytest.approx(float(-(1 - chance).log().mean()), rel=1e-6)
