"""Gradient magnitude similarity deviation (Xue, Zhang, Mou, Bovik, IEEE TIP 2014, arXiv 1308.3052)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.interfaces import MetricBatch
from harness.metrics.regions import counted

__all__ = ["Gmsd", "similarity_map"]

STABILITY = 170.0  # Xue 2014, T for grey levels 0 to 255
LUMA = (0.299, 0.587, 0.114)  # BT.601, as MATLAB's rgb2gray


def _gradient_squared(grey: Tensor) -> Tensor:
    """Squared Prewitt gradient magnitude (kernels divided by 3), zero-padded: ``[N,1,H,W]`` of the same size."""
    padded = F.pad(grey, (1, 1, 1, 1))
    columns = padded[..., :-2, :] + padded[..., 1:-1, :] + padded[..., 2:, :]
    rows = padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]
    horizontal = (columns[..., :-2] - columns[..., 2:]) / 3
    vertical = (rows[..., :-2, :] - rows[..., 2:, :]) / 3
    return horizontal.square() + vertical.square()


def _halved_grey(image: Tensor) -> Tensor:
    weights = torch.tensor(LUMA, dtype=image.dtype, device=image.device).view(1, 3, 1, 1)
    grey = (image * weights).sum(1, keepdim=True).mul(255).round()  # 8-bit grey levels, as the paper's code reads
    return F.avg_pool2d(grey, 2)


def similarity_map(output: Tensor, truth: Tensor) -> Tensor:
    """Gradient magnitude similarity ``(2 g h + T) / (g² + h² + T)`` at half size: ``[N,1,H//2,W//2]``."""
    g, h = _gradient_squared(_halved_grey(output)), _gradient_squared(_halved_grey(truth))
    return (2 * torch.sqrt(g * h) + STABILITY) / (g + h + STABILITY)


def _deviation(values: Tensor, region: Tensor | None) -> Tensor:
    """Standard deviation (divisor n - 1) over the counted positions: ``[N]``, NaN for fewer than two."""
    if region is None:
        return values.flatten(1).std(1)
    n = region.sum((1, 2, 3))
    mean = (values * region).sum((1, 2, 3)) / n
    squares = ((values - mean.view(-1, 1, 1, 1)).square() * region).sum((1, 2, 3))
    return torch.where(n < 2, torch.nan, (squares / (n - 1)).sqrt())


class Gmsd:
    """Standard deviation of the gradient magnitude similarity: how unevenly structure is lost. Lower is better.

    Grey levels 0 to 255 (BT.601, rounded), 2 × 2 averages, Prewitt gradients. Images ``[N,3,H,W]`` RGB in [0, 1] ->
    ``{"gmsd": [N]}``. An odd last row or column is left out of the averages (the paper's code pads it with zeros).
    A region counts the half-size positions of which at least half of the four pixels are in it; NaN below two.

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> Gmsd()(MetricBatch(("a",), x, x, None))["gmsd"]
        tensor([0.])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        self.region = region

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        region = counted(batch, self.region, "gmsd")
        if region is not None:
            region = (F.avg_pool2d(region, 2) >= 0.5).to(region)
        return {"gmsd": _deviation(similarity_map(batch.output, batch.truth), region)}
