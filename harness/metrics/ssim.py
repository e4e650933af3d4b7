"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004), by separable filtering."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.regions import counted, masked_mean

__all__ = ["WINDOW", "Ssim", "ssim_map"]

WINDOW = 11  # Wang 2004, section III-B: 11 x 11 circular Gaussian, standard deviation 1.5, unit sum
SIGMA = 1.5
C1 = 0.01**2  # Wang 2004, K1 = 0.01 and K2 = 0.03 for a dynamic range of 1
C2 = 0.03**2


def _filter(planes: Tensor) -> Tensor:
    """Gaussian-weighted local means ``[N,C,H-10,W-10]`` of ``[N,C,H,W]``, each axis in turn, no padding."""
    x = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    gauss = torch.exp(-x.square() / (2 * SIGMA**2))
    kernel = (gauss / gauss.sum()).to(planes)
    channels = planes.shape[1]
    rows = F.conv2d(planes, kernel.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)
    return F.conv2d(rows, kernel.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)


def ssim_map(output: Tensor, truth: Tensor) -> Tensor:
    """SSIM at every position where the whole window lies inside the picture: ``[N,C,H-10,W-10]``.

    Position (i, j) belongs to the window centred on pixel (i + 5, j + 5). With s = x + y and d = x - y four planes
    are filtered instead of five, and the small d² keeps its digits in float32:
    ``2 μx μy = (μs² - μd²)/2``, ``2 σxy = (σs² - σd²)/2``, ``σx² + σy² = (σs² + σd²)/2``.
    A negative contrast-structure term counts as 0, as in pyiqa, so that the two agree on unrelated pictures too.
    """
    # around 0 the squares are smaller: a shift changes no variance, and μ² of the sum is restored below
    total, difference = output + truth - 1, output - truth
    planes = torch.cat([total, difference, total * total, difference * difference], 1)
    filtered = _filter(planes.contiguous(memory_format=torch.channels_last))  # 9 x faster on a CPU than planar
    mean_s, mean_d, square_s, square_d = filtered.chunk(4, 1)
    mean_d2 = mean_d * mean_d
    var_s = square_s - mean_s * mean_s
    var_d = square_d - mean_d2
    mean_s2 = (mean_s + 1).square()
    luminance = (mean_s2 - mean_d2 + 2 * C1) / (mean_s2 + mean_d2 + 2 * C1)
    structure = (var_s - var_d + 2 * C2) / (var_s + var_d + 2 * C2)
    return luminance * structure.clamp(min=0)


class Ssim:
    """Mean SSIM over RGB and over the positions whose window lies inside the picture (no padding, no downsampling).

    ``SSIM = (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2))`` with weighted (biased) moments; equal
    to pyiqa's ``ssimc`` to 1e-5. Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"ssim": [N]}`` in [0, 1], higher is better.

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
        height, width = batch.truth.shape[-2:]
        if min(height, width) < WINDOW:
            raise HarnessError(f"ssim needs pictures of at least {WINDOW} x {WINDOW} px, got {width} x {height}")
        region = counted(batch, self.region, "ssim")
        if region is not None:
            margin = WINDOW // 2
            region = region[..., margin:-margin, margin:-margin]
        return {"ssim": masked_mean(ssim_map(batch.output, batch.truth), region)}
