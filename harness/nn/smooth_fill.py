"""Fill holes with the harmonic interpolation of their surroundings, by multigrid.

The fill solves Laplace's equation in the hole, with the known pixels as boundary values and no flux through
the image border: a pull-push pyramid gives the first guess and V-cycles (Briggs, Henson and McCormick,
*A Multigrid Tutorial*, chapter 3) remove its error. Pure torch, batched and differentiable in the image, so
that a network may use it as its starting point.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["smooth_fill"]

CYCLES = 3  # ours: tests/nn/test_smooth_fill.py states the accuracy this gives
SWEEPS = 2  # ours: before and after each coarse correction
COARSEST_SWEEPS = 16
JACOBI_WEIGHT = 0.8  # the damping that smooths the 5-point stencil's high frequencies best


class _Level(NamedTuple):
    """The hole at one level, and how much more than its neighbours' mean a cell is bound to known ones."""

    hole: Tensor
    drag: Tensor


def _neighbour_mean(image: Tensor) -> Tensor:
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    vertical = padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]
    return 0.25 * (vertical + padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:])


def _levels(hole: Tensor) -> list[_Level]:
    """The hole from fine to coarse; a coarse cell is unknown only if all its pixels are.

    A known pixel next to the hole is one pixel from its edge at every level, less than a coarse cell; the
    drag is the finite-difference weight of that shorter distance. Without it, coarse corrections overshoot.
    """
    levels: list[_Level] = []
    while True:
        distance = 0.5 + 0.5 ** (len(levels) + 1)
        levels.append(_Level(hole, (1 / distance - 1) * _neighbour_mean(1 - hole)))
        if min(hole.shape[-2:]) <= 2:
            return levels
        hole = 1 - F.max_pool2d(1 - hole, 2, ceil_mode=True)


def _residual(value: Tensor, source: Tensor, level: _Level) -> Tensor:
    return level.hole * (_neighbour_mean(value) - (1 + level.drag) * value + source)


def _relax(value: Tensor, source: Tensor, level: _Level, sweeps: int) -> Tensor:
    step = JACOBI_WEIGHT / (1 + level.drag)
    for _ in range(sweeps):
        value = value + step * _residual(value, source, level)
    return value


def _enlarge(coarse: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(coarse, size=size, mode="bilinear", align_corners=False)


def _v_cycle(value: Tensor, source: Tensor, levels: list[_Level]) -> Tensor:
    """One V-cycle for ``value - neighbour_mean(value) = source`` in the hole, ``value`` fixed elsewhere."""
    level, *coarser = levels
    if not coarser:
        return _relax(value, source, level, COARSEST_SWEEPS)
    value = _relax(value, source, level, SWEEPS)
    residual = F.avg_pool2d(_residual(value, source, level), 2, ceil_mode=True)
    coarse_source = 4 * residual  # 4: the stencil's width has doubled
    error = _v_cycle(torch.zeros_like(residual), coarse_source, coarser)
    return _relax(value + level.hole * _enlarge(error, value.shape[-2:]), source, level, SWEEPS)


def _pull_push(image: Tensor, known: Tensor) -> Tensor:
    """Fill from the finest level of a pyramid of means of known pixels that knows something."""
    if max(image.shape[-2:]) == 1:
        return image
    weight = F.avg_pool2d(known, 2, ceil_mode=True)
    total = F.avg_pool2d(image * known, 2, ceil_mode=True)
    mean = total / torch.where(weight > 0, weight, 1.0)
    below = _pull_push(mean, (weight > 0).to(image.dtype))
    return torch.where(known > 0, image, _enlarge(below, image.shape[-2:]))


def smooth_fill(image: Tensor, mask: Tensor, *, cycles: int = CYCLES) -> Tensor:
    """Replace the hole of ``image`` by its harmonic fill.

    Parameters
    ----------
    image
        ``[N, C, H, W]``, any range; what stands in the hole is never read.
    mask
        ``[N, 1, H, W]``, 1 = hole, 0 = known.
    cycles
        Multigrid V-cycles.

    Returns
    -------
    Tensor
        ``[N, C, H, W]`` with the known pixels untouched. An image without a known pixel is filled with 0.

    """
    known = (mask <= 0).to(image.dtype)
    fill = _pull_push(torch.where(mask > 0, 0.0, image), known)
    levels, source = _levels(1 - known), torch.zeros_like(fill)
    for _ in range(cycles):
        fill = _v_cycle(fill, source, levels)
    return fill
