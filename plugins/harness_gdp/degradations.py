"""What was done to a picture, as differentiable functions of pictures ``[N, 3, H, W]`` in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.degradations.matrices import KERNEL_SIDE, gaussian_taps

__all__ = ["MARGIN", "Degradation", "block_means", "blurred", "colour_cast", "gaussian_kernel", "grey"]

Degradation = Callable[[Tensor], Tensor]
BLOCK = 4
BLUR_SPREAD = 2.0
MARGIN = KERNEL_SIDE // 2
"""Rows and columns that `blurred` loses on every side."""


def block_means(image: Tensor) -> Tensor:
    """Means of 4×4 blocks, copied back to the picture's size; blocks cut by the right and lower edge are smaller."""
    means = F.avg_pool2d(image, BLOCK, ceil_mode=True)
    height, width = image.shape[-2:]
    return F.interpolate(means, scale_factor=BLOCK, mode="nearest")[..., :height, :width]


def gaussian_kernel() -> Tensor:
    """``[9, 9]`` float64, sum 1: the release's blur, `harness.degradations.matrices.gaussian_taps` along both axes."""
    taps = torch.from_numpy(gaussian_taps(BLUR_SPREAD))
    return torch.outer(taps, taps)


def blurred(image: Tensor) -> Tensor:
    """The picture under `gaussian_kernel`, eight rows and columns smaller: only where all of the kernel lies inside."""
    channels = image.shape[1]
    kernel = gaussian_kernel().to(image).expand(channels, 1, -1, -1)
    return F.conv2d(image, kernel, groups=channels)


def grey(image: Tensor) -> Tensor:
    """The mean of the three channels, three times."""
    return image.mean(1, keepdim=True).expand_as(image)


def colour_cast(image: Tensor) -> Tensor:
    """How far the channels' means lie apart (Zero-DCE's colour constancy): ``[N]``, of pictures in any range."""
    red, green, blue = image.mean((2, 3)).unbind(1)
    apart = torch.stack([red - green, red - blue, green - blue], 1).square()
    length: Tensor = torch.linalg.vector_norm(apart, dim=1)
    return length
