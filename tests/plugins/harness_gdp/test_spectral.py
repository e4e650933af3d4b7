"""Pulls that land on what was observed: all the way without noise, as far as the noise lets them with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.degradations.linear import Combined, Deblurring, Grey, LostPixels, SuperResolution
from harness.interfaces import Batch, Degradation, Operator, Sample, Setup
from harness.nn.diffusion import Diffusion, linear_betas, respaced
from harness_gdp.method import GdpRestorer
from harness_gdp.options import Options
from harness_gdp.patches import Mosaic
from harness_gdp.spectral import Landing, Spectral, errors_of

SIDE = 21
CANVAS = 24


def _observed(degradation: Degradation) -> tuple[Operator, Tensor]:
    pixels = np.random.default_rng(0).integers(40, 216, (SIDE, SIDE, 3), dtype=np.uint8)
    made = degradation.degrade(Sample("a", "a", pixels), 1)
    assert made.operator is not None
    return made.operator, torch.from_numpy(made.picture).permute(2, 0, 1)[None].float() / 255


def _landed(degradation: Degradation, error: float) -> tuple[Tensor, Tensor, Tensor]:
    """What was observed; that of an estimate in [0, 1] before a pull, and after it."""
    operator, seen = _observed(degradation)
    space = Spectral(operator, seen, (SIDE, SIDE), Mosaic((CANVAS, CANVAS), CANVAS), "gdp")
    start = 2 * torch.rand(1, 3, CANVAS, CANVAS, generator=torch.Generator().manual_seed(2)) - 1
    pull = Landing(space, [error], torch.zeros_like)(start)
    assert pull[..., SIDE:, :].abs().max() == pull[..., SIDE:].abs().max() == 0
    before, after = ((x / 2 + 0.5)[..., :SIDE, :SIDE] for x in (start, start + pull))
    return seen, operator(before), operator(after)


@pytest.mark.parametrize("degradation", [SuperResolution(), Grey(), LostPixels(share=0.5)])
def test_one_pull_lands_on_what_was_observed_without_noise(degradation: Degradation) -> None:
    seen, before, after = _landed(degradation, 0.05)
    assert (before - seen).abs().max() > 0.1
    assert (after - seen).abs().max() < 0.005


def test_a_pull_goes_as_far_as_its_error_stands_to_the_noise() -> None:
    """Where the operator leaves a pixel as it is: error / (error + noise), both of a picture in [-1, 1]."""
    for error, share in ((0.04, 0.8), (0.0025, 0.2)):
        seen, before, after = _landed(LostPixels(share=0.5, sigma=0.05), error)
        torch.testing.assert_close(after, before + share * (seen - before), atol=1e-3, rtol=0)


def test_what_a_blur_nearly_took_away_is_not_brought_back_from_noise() -> None:
    operator, seen = _observed(Deblurring(sigma=0.05))
    space = Spectral(operator, seen, (SIDE, SIDE), Mosaic((SIDE, SIDE), SIDE), "gdp")
    pull = Landing(space, [0.05], torch.zeros_like)(torch.zeros(1, 3, SIDE, SIDE))
    assert pull.abs().max() < 1.5
    assert (2 * operator.pseudo_inverse(seen) - 1).abs().max() > 3


def test_what_else_is_wished_is_added() -> None:
    operator, seen = _observed(Grey())
    space = Spectral(operator, seen, (SIDE, SIDE), Mosaic((SIDE, SIDE), SIDE), "gdp")
    point = torch.zeros(1, 3, SIDE, SIDE)
    plain, more = (Landing(space, [0.05], wished)(point) for wished in (torch.zeros_like, torch.ones_like))
    torch.testing.assert_close(more, plain + 1)


def test_an_estimate_gets_surer_with_every_step() -> None:
    errors = errors_of(Diffusion(linear_betas(), respaced(1000, [50])))
    assert len(errors) == 50
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == pytest.approx(0.05, rel=0.01)
    assert errors[-1] < 2e-4


@pytest.mark.parametrize(
    "given",
    [
        {"preset": "release"}, {"preset": "paper"}, {"scale": 1.0}, {"distance": "ssim"}, {"form": "score"},
        {"point": "xt"}, {"variance": "on"},
    ],
)  # fmt: skip
def test_who_asks_for_the_gradient_has_it(given: dict[str, Any]) -> None:
    assert Options.read({}).lands
    assert not Options.read(given).lands


def test_a_restored_picture_agrees_with_what_was_observed() -> None:
    operator, seen = _observed(Combined(factor=2))
    batch = Batch(("a",), seen, operator=operator, target_size=(SIDE, SIDE), seeds=(1,))
    method, weak = GdpRestorer(Setup(), steps=5), GdpRestorer(Setup(), steps=5, scale=1e-6)
    with torch.inference_mode():
        near, far = ((operator(each.restore(batch).image) - seen).square().mean() for each in (method, weak))
    assert near < 0.3 * far
