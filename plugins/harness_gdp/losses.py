"""The variational bound that teaches a diffusion model its variance (Nichol and Dhariwal 2021, section 3.1)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from harness.nn.diffusion import Diffusion, Estimate

__all__ = ["bits_per_dimension"]

HALF_LEVEL = 1 / 255
SMALLEST = 1e-12


def _below(value: Tensor) -> Tensor:
    return 0.5 * (1 + torch.erf(value / math.sqrt(2)))


def _decoded(start: Tensor, estimate: Estimate) -> Tensor:
    """Nats of the 8-bit level of each value under the estimate; the outer levels take the tails."""
    centred, sharp = start - estimate.mean, torch.exp(-0.5 * estimate.log_variance)
    upper, lower = _below(sharp * (centred + HALF_LEVEL)), _below(sharp * (centred - HALF_LEVEL))
    upper = torch.where(start > 0.999, torch.ones_like(upper), upper)
    lower = torch.where(start < -0.999, torch.zeros_like(lower), lower)
    return -torch.log((upper - lower).clamp(min=SMALLEST))


def bits_per_dimension(diffusion: Diffusion, estimate: Estimate, start: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
    """``[N]`` bits a value of the bound's term at steps ``t`` [N], for pictures ``[N, C, H, W]`` in [-1, 1]."""
    true_mean = diffusion.posterior_mean(start, noisy, t)
    true_log = diffusion.posterior_log(t)
    gap = true_log - estimate.log_variance
    apart = (true_mean - estimate.mean) ** 2 * torch.exp(-estimate.log_variance)
    divergence = 0.5 * (gap.exp() - 1 - gap + apart)
    first = (t == 0)[:, None, None, None]
    return torch.where(first, _decoded(start, estimate), divergence).mean((1, 2, 3)) / math.log(2)
