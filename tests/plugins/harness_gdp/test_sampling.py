"""How every method here asks the prior: shifted against the patches of a small network, with the least noise."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.interfaces import Setup
from harness_gdp.rivals import Ddrm, DiffPir, Dps
from harness_gdp.sampling import Sampler


class _Blocking(nn.Module):
    """Says of each pixel what place it has in a square of ``patch``, so that squares are seen; 0.5 of its variance."""

    pitch = 2

    def __init__(self, patch: int) -> None:
        super().__init__()
        self.patch = patch

    def forward(self, noisy: Tensor, steps: Tensor) -> Tensor:
        rows, columns = (torch.arange(length) % self.patch for length in noisy.shape[-2:])
        place = (self.patch * rows[:, None] + columns).float().expand_as(noisy)
        return torch.cat([place, torch.full_like(noisy, 0.5)], 1)


def _said(patch: int = 2, **given: Any) -> tuple[list[Tensor], list[Tensor]]:
    """Noise and variance that a sampler of eight steps is told of zeros, from the last step to the first."""
    sampler = Sampler(Setup(), {"steps": 8, **given})
    sampler.network = _Blocking(patch)  # type: ignore[assignment]
    told = [sampler.predict(torch.zeros(1, 3, 4, 6), sampler.diffusion.original[[k]]) for k in range(8)]
    noise, between = zip(*(each.chunk(2, 1) for each in told), strict=True)
    return list(noise), list(between)


def test_a_pixel_has_every_place_in_a_patch_alike_often() -> None:
    noise, _ = _said()
    places = torch.cat(noise).sort(0).values
    assert torch.equal(places, torch.arange(4.0).repeat_interleave(2)[:, None, None, None].expand_as(places))
    assert torch.equal(noise[3], noise[7])


@pytest.mark.parametrize("given", [{"preset": "release"}, {"preset": "paper"}, {"patch": 1}])
def test_nothing_is_shifted_for_the_other_presets_nor_without_patches(given: dict[str, Any]) -> None:
    noise, _ = _said(**given)
    assert all(torch.equal(each, noise[0]) for each in noise)
    assert noise[0][0, 0, 0, 0] == 0


@pytest.mark.parametrize(
    ("given", "between"),
    [({}, -1), ({"noise": "learned"}, 0.5), ({"preset": "paper"}, 0.5), ({"preset": "release", "noise": "least"}, -1)],
)
def test_the_least_noise_is_the_posterior_s_and_the_other_the_network_s(given: dict[str, Any], between: float) -> None:
    _, told = _said(**given)
    assert all((each == between).all() for each in told)


def test_the_picture_is_shifted_with_what_is_said_of_it() -> None:
    """With a network of single pixels that counts patches: its answer stays where the pixel is."""
    sampler = Sampler(Setup(), {"steps": 4})
    sampler.network = lambda noisy, steps: torch.cat([noisy, noisy], 1)  # type: ignore[assignment]
    sampler.network.patch = 2  # type: ignore[assignment]
    noisy = torch.randn(1, 3, 4, 6)
    for step in sampler.diffusion.original:
        assert torch.equal(sampler.predict(noisy, step[None])[:, :3], noisy)


@pytest.mark.parametrize("rival", [Ddrm, Dps, DiffPir])
def test_rivals_ask_the_prior_as_gdp_does(rival: type[Ddrm]) -> None:
    assert rival(Setup(), steps=8).sampler.options == Sampler(Setup(), {"steps": 8}).options
