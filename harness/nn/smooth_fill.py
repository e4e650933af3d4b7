"""Fill holes with a smooth interpolation of their surroundings: pull-push pyramid, then relaxation.

The fill approaches the harmonic one (Laplace's equation, known pixels as boundary values, no flux through the
image border) coarse to fine, as in cascadic multigrid (Bornemann and Deuflhard, 1996). Pure torch, batched and
differentiable in the image, so that a network may use it as its starting point.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SWEEPS = 12  # ours: Jacobi sweeps a level; tests/nn/test_smooth_fill.py states the accuracy this gives
JACOBI_WEIGHT = 0.8  # the damping that smooths the 5-point stencil's high frequencies best


def _neighbour_mean(image: Tensor) -> Tensor:
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    vertical = padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]
    return 0.25 * (vertical + padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:])


def _relax(image: Tensor, hole: Tensor, sweeps: int) -> Tensor:
    step = JACOBI_WEIGHT * hole
    for _ in range(sweeps):
        image = torch.lerp(image, _neighbour_mean(image), step)
    return image


def _coarser(image: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Halve the size: the mean of each 2x2 block's known pixels, and whether it has one."""
    weight = F.avg_pool2d(known, 2, ceil_mode=True)
    total = F.avg_pool2d(image * known, 2, ceil_mode=True)
    coarse_known = (weight > 0).to(image.dtype)
    return total / torch.where(weight > 0, weight, 1.0), coarse_known


def smooth_fill(image: Tensor, mask: Tensor, *, sweeps: int = SWEEPS) -> Tensor:
    """Replace the hole of ``image`` by a smooth fill.

    Parameters
    ----------
    image
        ``[N, C, H, W]``, any range; what stands in the hole is never read.
    mask
        ``[N, 1, H, W]``, 1 = hole, 0 = known.
    sweeps
        Damped Jacobi sweeps on every level of the pyramid.

    Returns
    -------
    Tensor
        ``[N, C, H, W]``: known pixels untouched, the hole within the range of the known pixels. An image
        without a known pixel is filled with 0.

    """
    hole = (mask > 0).to(image.dtype)
    blanked = torch.where(mask > 0, 0.0, image)
    if min(image.shape[-2:]) == 1 and max(image.shape[-2:]) == 1 or not bool(hole.any()):
        return blanked
    coarse, coarse_known = _coarser(blanked, 1 - hole)
    below = smooth_fill(coarse, 1 - coarse_known, sweeps=sweeps)
    guess = F.interpolate(below, size=image.shape[-2:], mode="bilinear", align_corners=False)
    return torch.where(mask > 0, _relax(torch.lerp(blanked, guess, hole), hole, sweeps), blanked)
