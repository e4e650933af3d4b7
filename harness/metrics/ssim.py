"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004), by separable filtering."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.colour import studio_y
from harness.metrics.regions import counted, masked_mean

__all__ = ["C1", "C2", "SIGMA", "WINDOW", "Ssim", "SsimY", "gaussian", "inner_region", "local_means", "ssim_map",
           "ssim_terms"]  # fmt: skip

WINDOW = 11  # Wang 2004, section III-B: 11 x 11 circular Gaussian, standard deviation 1.5, unit sum
SIGMA = 1.5
C1 = 0.01**2  # Wang 2004, K1 = 0.01 and K2 = 0.03 for a dynamic range of 1
C2 = 0.03**2


def gaussian(window: int, sigma: float) -> Tensor:
    """A sampled Gaussian of unit sum: float64 ``[window]``."""
    x = torch.arange(window, dtype=torch.float64) - (window - 1) / 2
    weights = torch.exp(-x.square() / (2 * sigma**2))
    return weights / weights.sum()


def local_means(planes: Tensor, kernel: Tensor) -> Tensor:
    """Weighted means by ``kernel`` along each axis in turn, no padding: ``[N,C,H-k+1,W-k+1]`` of ``[N,C,H,W]``."""
    channels = planes.shape[1]
    kernel = kernel.to(planes)
    rows = F.conv2d(planes, kernel.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)
    return F.conv2d(rows, kernel.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)


def ssim_terms(output: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Luminance and contrast-structure terms wherever the whole window lies inside: two ``[N,C,H-10,W-10]``.

    Position (i, j) belongs to the window centred on pixel (i + 5, j + 5). With s = x + y and d = x - y four planes
    are filtered instead of five, and the small d² keeps its digits in float32:
    ``2 μx μy = (μs² - μd²)/2``, ``2 σxy = (σs² - σd²)/2``, ``σx² + σy² = (σs² + σd²)/2``.
    """
    # around 0 the squares are smaller: a shift changes no variance, and μ² of the sum is restored below
    total, difference = output + truth - 1, output - truth
    planes = torch.cat([total, difference, total * total, difference * difference], 1)
    if planes.shape[1] > 4:
        planes = planes.contiguous(memory_format=torch.channels_last)  # 9 x faster on a CPU than planar
    mean_s, mean_d, square_s, square_d = local_means(planes, gaussian(WINDOW, SIGMA)).chunk(4, 1)
    mean_d2 = mean_d * mean_d
    var_s = square_s - mean_s * mean_s
    var_d = square_d - mean_d2
    mean_s2 = (mean_s + 1).square()
    luminance = (mean_s2 - mean_d2 + 2 * C1) / (mean_s2 + mean_d2 + 2 * C1)
    structure = (var_s - var_d + 2 * C2) / (var_s + var_d + 2 * C2)
    return luminance, structure


def ssim_map(output: Tensor, truth: Tensor) -> Tensor:
    """SSIM at every position of `ssim_terms`, a negative contrast-structure term counted as 0.

    As in pyiqa, so that the two agree on unrelated pictures too.
    """
    luminance, structure = ssim_terms(output, truth)
    return luminance * structure.clamp(min=0)


def inner_region(batch: MetricBatch, region: str, metric: str) -> Tensor | None:
    """The counted positions of a map of `ssim_terms`: the region's pixels that have a whole window around them.

    Raises:
        HarnessError: a side is shorter than the window.
    """
    height, width = batch.truth.shape[-2:]
    if min(height, width) < WINDOW:
        raise HarnessError(f"{metric} needs pictures of at least {WINDOW} x {WINDOW} px, got {width} x {height}")
    pixels = counted(batch, region, metric)
    margin = WINDOW // 2
    return None if pixels is None else pixels[..., margin:-margin, margin:-margin]


class Ssim:
    """Mean SSIM over RGB and over the positions whose window lies inside the picture (no padding, no downsampling).

    ``SSIM = (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2))`` with weighted (biased) moments; equal
    to pyiqa's ``ssimc``. Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"ssim": [N]}`` in [0, 1], higher is better.

    A region counts the map's positions whose *centre* pixel is in it: windows may reach outside, and region pixels
    within 5 px of the image's border have no window. NaN where none is left.

    Raises:
        HarnessError: a side is shorter than the window.

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> Ssim()(MetricBatch(("a",), x, x, None))["ssim"]
        tensor([1.])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        self.region = region

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        region = inner_region(batch, self.region, "ssim")
        return {"ssim": masked_mean(ssim_map(batch.output, batch.truth), region)}


class SsimY:
    """SSIM of the Y channel (`studio_y`: BT.601 studio range, not rounded), dynamic range 255 as if Y used all of it.

    What super-resolution papers call SSIM. Negative terms stay negative, as in BasicSR. Images ``[N,3,H,W]`` RGB in
    [0, 1] -> ``{"ssim_y": [N]}`` in [-1, 1], higher is better; regions and errors as `Ssim`.

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> SsimY()(MetricBatch(("a",), x, x, None))["ssim_y"]
        tensor([1.])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        self.region = region

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        region = inner_region(batch, self.region, "ssim_y")
        luminance, structure = ssim_terms(studio_y(batch.output), studio_y(batch.truth))
        return {"ssim_y": masked_mean(luminance * structure, region)}
