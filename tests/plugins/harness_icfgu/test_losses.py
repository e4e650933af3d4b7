"""The confidence's loss: what it is least at, with and without the regulariser."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness_icfgu.losses import trust_losses

SIDE = 4


def _settled(image: torch.Tensor, truth: torch.Tensor, mask: torch.Tensor, distrust: float, steps: int) -> torch.Tensor:
    """Where gradient descent on the loss takes a free confidence from one half."""
    confidence = torch.full_like(mask, 0.5, requires_grad=True)
    for _ in range(steps):
        trust = trust_losses(image, truth, confidence, mask)
        (gradient,) = torch.autograd.grad(trust.error + distrust * trust.distrust, confidence)
        confidence = (confidence - 4 * gradient).clamp(0, 1).detach().requires_grad_()
    return confidence.detach()


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_a_free_confidence_settles_at_one_minus_half_the_relative_error(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    truth, image = (torch.rand(1, 3, SIDE, SIDE, generator=rng) for _ in range(2))
    mask = (torch.rand(1, 1, SIDE, SIDE, generator=rng) < 0.6).float()
    mask[..., 0, 0] = 1
    error = (image - truth).abs().mean(1, keepdim=True)
    level = error[mask > 0].mean()
    expected = (1 - error / (2 * level)).clamp(min=0)
    settled = _settled(image, truth, mask, 1.0, 30)
    torch.testing.assert_close(settled[mask > 0], expected[mask > 0], atol=1e-3, rtol=0)
    assert torch.equal(settled[mask > 0] > 0.5, error[mask > 0] < level)
    assert (settled[mask == 0] == 0.5).all()  # known pixels say nothing


def test_without_the_regulariser_nothing_is_trusted() -> None:
    torch.manual_seed(0)
    truth, image, mask = torch.rand(1, 3, SIDE, SIDE), torch.rand(1, 3, SIDE, SIDE), torch.ones(1, 1, SIDE, SIDE)
    assert _settled(image, truth, mask, 0.0, 120).max() < 0.05
    assert 0.3 < _settled(image, truth, mask, 1.0, 30).mean() < 0.7


def test_an_empty_hole_and_a_perfect_fill_are_finite() -> None:
    image, mask = torch.rand(1, 3, SIDE, SIDE), torch.zeros(1, 1, SIDE, SIDE)
    for hole in (mask, 1 - mask):
        trust = trust_losses(image, image, torch.full_like(hole, 0.5), hole)
        assert all(value.isfinite() for value in trust)
        assert trust.error == 0
