"""Statistics of natural scenes that judges without a reference share (NIQE, BRISQUE, PIQE). All in float64."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.metrics.ssim import gaussian, local_means

__all__ = ["blocks_of", "fit_asymmetric", "gamma_ratio", "half_size", "mirrored", "normalised"]

WINDOW = 7  # Mittal 2012 (TIP), section III: 7 x 7 Gaussian, cut at three standard deviations
SIGMA = 7 / 6
SHAPES = (0.2, 10.0, 9801)  # shape parameters that the authors' code searches: 0.2, 0.201, ..., 10


def normalised(grey: Tensor, padding: str) -> Tensor:
    """Mean-subtracted, contrast-normalised levels ``(g - μ) / (σ + 1)`` of ``grey [N,1,H,W]`` in 0 to 255.

    ``padding`` is what stands beyond the border: ``"constant"`` (zeros) or ``"replicate"``.
    """
    margin = (WINDOW // 2,) * 4
    kernel = gaussian(WINDOW, SIGMA)
    planes = torch.cat([grey, grey * grey], 1)
    mean, square = local_means(F.pad(planes, margin, padding), kernel).chunk(2, 1)
    return (grey - mean) / ((square - mean * mean).abs().sqrt() + 1)


def blocks_of(levels: Tensor, side: int) -> Tensor:
    """Every whole block, row by row: ``[N,blocks,side,side]`` of ``[N,1,H,W]`` with sides divisible by ``side``."""
    count, _, height, width = levels.shape
    cut = levels.reshape(count, height // side, side, width // side, side)
    return cut.transpose(2, 3).flatten(1, 2)


def gamma_ratio(shape: Tensor, numerator: float, denominator: float) -> Tensor:
    """``Γ(numerator / shape) / Γ(denominator / shape)``."""
    return torch.exp(torch.lgamma(numerator / shape) - torch.lgamma(denominator / shape))


@cache
def _table() -> tuple[Tensor, Tensor]:
    """Shapes, and ``Γ(2/a)² / (Γ(1/a) Γ(3/a))``, which grows with the shape."""
    shapes = torch.linspace(*SHAPES, dtype=torch.float64)
    return shapes, gamma_ratio(shapes, 2, 1) * gamma_ratio(shapes, 2, 3)


def _shape_of(ratio: Tensor, between: bool) -> Tensor:
    """The tabled shape whose ratio is nearest, or by ``between`` the one in between; NaN for NaN."""
    shapes, ratios = (column.to(ratio.device) for column in _table())
    after = torch.searchsorted(ratios, ratio.contiguous()).clamp(1, len(ratios) - 1)
    part = ((ratio - ratios[after - 1]) / (ratios[after] - ratios[after - 1])).clamp(0, 1)
    part = part if between else torch.where(part.isnan(), part, (part > 0.5).to(part))
    return shapes[after - 1].lerp(shapes[after], part)


def fit_asymmetric(values: Tensor, *, zero_is_right: bool = False, between: bool = False) -> tuple[Tensor, ...]:
    """Shape, left and right standard deviation of an asymmetric generalised Gaussian over the last two axes.

    By moments (Lasmar, Stitou, Berthoumieu 2009). NaN where one side has no value (a flat block).

    Args:
        values: ``[...,h,w]``.
        zero_is_right: whether a value of 0 belongs to the right side or to none.
        between: whether shapes between the tabled ones are found, too.
    """
    below, above = values < 0, values >= 0 if zero_is_right else values > 0
    squares = values.square()
    left = ((squares * below).sum((-2, -1)) / below.sum((-2, -1))).sqrt()
    right = ((squares * above).sum((-2, -1)) / above.sum((-2, -1))).sqrt()
    skew = left / right
    ratio = values.abs().mean((-2, -1)).square() / squares.mean((-2, -1))
    ratio = ratio * (skew**3 + 1) * (skew + 1) / (skew.square() + 1).square()
    return _shape_of(ratio, between), left, right


def mirrored(indices: Tensor, length: int) -> Tensor:
    """Indices into an axis that goes on mirrored beyond both ends, the last value twice (MATLAB's "symmetric")."""
    indices = indices % (2 * length)
    return torch.where(indices < length, indices, 2 * length - 1 - indices)


def _halving(length: int) -> Tensor:
    """MATLAB's ``imresize`` by one half along one axis, as a matrix ``[ceil(length / 2), length]``.

    Keys' cubic (a = -1/2) stretched twofold against aliasing; beyond the border the picture is mirrored.
    """
    rows = (length + 1) // 2
    centre = 2 * torch.arange(rows, dtype=torch.float64)[:, None] + 0.5
    taps = torch.floor(centre - 4) + torch.arange(10)
    x = ((centre - taps) / 2).abs()
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    weights = torch.where(x <= 1, near, torch.where(x <= 2, far, torch.zeros_like(x)))
    matrix = torch.zeros(rows, length, dtype=torch.float64)
    return matrix.scatter_add_(1, mirrored(taps.long(), length), weights / weights.sum(1, keepdim=True))


def half_size(image: Tensor) -> Tensor:
    """Half the size as MATLAB's ``imresize(image, 0.5)``, an odd side rounded up: ``[...,ceil(H/2),ceil(W/2)]``."""
    height, width = (_halving(side).to(image) for side in image.shape[-2:])
    return height @ image @ width.T
