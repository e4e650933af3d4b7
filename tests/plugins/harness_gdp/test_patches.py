"""Pictures in overlapping patches: every pixel once whole, no seam, the release's repetition where it is asked for."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from harness.nn.diffusion import Diffusion, linear_betas
from harness_gdp.patches import Mosaic, patch_starts


@given(st.integers(1, 300), st.integers(1, 80))
def test_patches_cover_a_length_end_where_it_ends_and_never_repeat(length: int, side: int) -> None:
    side = min(side, length)
    starts = patch_starts(length, side)
    assert len(set(starts)) == len(starts)
    assert starts[0] == 0
    assert starts[-1] == length - side
    assert {place for start in starts for place in range(start, start + side)} == set(range(length))


def test_the_release_repeats_a_last_start_that_already_fits() -> None:
    assert patch_starts(384, 256, repeated=True) == [0, 128, 128]
    assert patch_starts(384, 256) == [0, 128]
    assert patch_starts(300, 256, repeated=True) == patch_starts(300, 256) == [0, 44]
    visits = Mosaic((256, 384), 256, released=True).visits()
    assert visits[0, 200] == 3 * visits[0, 0]
    assert visits[0, 383] == 2 * visits[0, 0]


def _pixelwise(noisy: Tensor, steps: Tensor) -> Tensor:
    return torch.cat([0.5 * noisy + 1e-4 * steps[:, None, None, None], torch.cos(noisy)], 1)


def test_a_network_of_single_pixels_sees_no_patches() -> None:
    """Whatever the weights, their quotient is 1: patches change nothing but the batch."""
    noisy = torch.randn(2, 3, 21, 50, generator=torch.Generator().manual_seed(0))
    diffusion, t = Diffusion(linear_betas()), torch.tensor([3, 400])
    whole = diffusion.estimate(_pixelwise(noisy, t), noisy, t)
    for released in (False, True):
        found = Mosaic((21, 50), 16, released).estimate(_pixelwise, diffusion, noisy, t)
        for ours, theirs in zip(found, whole, strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_patches_of_one_size_go_through_the_network_together() -> None:
    seen: list[tuple[int, ...]] = []

    def network(noisy: Tensor, steps: Tensor) -> Tensor:
        seen.append(tuple(noisy.shape))
        return _pixelwise(noisy, steps)

    Mosaic((40, 64), 16).estimate(network, Diffusion(linear_betas()), torch.zeros(1, 3, 40, 64), torch.tensor([9]))
    assert sum(shape[0] for shape in seen) == 4 * 7
    assert len(seen) == 2
    assert {shape[2:] for shape in seen} == {(16, 16)}


def test_weights_fall_to_the_border_of_a_patch_so_that_a_step_between_two_is_spread() -> None:
    """Two patches that disagree by a constant: neighbouring pixels of the average differ by little."""

    def network(noisy: Tensor, steps: Tensor) -> Tensor:
        offset = torch.arange(len(noisy)).float()[:, None, None, None].expand_as(noisy)
        return torch.cat([offset * 1e-3, torch.zeros_like(noisy)], 1)

    diffusion, t = Diffusion(linear_betas()), torch.tensor([500])
    start = Mosaic((16, 24), 16).estimate(network, diffusion, torch.zeros(1, 3, 16, 24), t).start
    released = Mosaic((16, 24), 16, released=True).estimate(network, diffusion, torch.zeros(1, 3, 16, 24), t).start
    height = float(released.max() - released.min())
    assert float(start.diff(dim=-1).abs().max()) < 0.4 * float(released.diff(dim=-1).abs().max())
    assert height > 0
