"""The kit's photographs and holes as tensors, and damage to them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from harness.testing.conformance.pictures import Size, hole, photograph

__all__ = ["Halved", "blurred", "holes", "noisy", "pictures"]


class Halved:
    """Means of 2 × 2 pixels, as a degradation's operator."""

    sigma = 0.0

    def __call__(self, image: Tensor) -> Tensor:
        """[N,3,H,W] -> [N,3,H/2,W/2]."""
        return F.avg_pool2d(image, 2)

    def pseudo_inverse(self, observed: Tensor) -> Tensor:
        """Every pixel four times."""
        return F.interpolate(observed, scale_factor=2.0)


def pictures(count: int, size: Size, first: int = 0) -> Tensor:
    """[count,3,H,W] in [0, 1]: photographs, each another one."""
    stack = np.stack([photograph(first + i, *size) for i in range(count)])
    return torch.from_numpy(stack).permute(0, 3, 1, 2).float().div(255).contiguous()


def holes(count: int, size: Size) -> Tensor:
    """[count,1,H,W], 1 = hole."""
    return torch.from_numpy(np.stack([hole(size, i) for i in range(count)])[:, None]).float()


def noisy(images: Tensor, levels: float) -> Tensor:
    """Gaussian noise of a standard deviation in 8-bit levels; rounded to 8 bit.

    One draw for every strength and every picture, so that a picture's noise does not depend on its batch.
    """
    noise = torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(5))
    return (images * 255 + levels * noise).clamp(0, 255).round() / 255


def blurred(images: Tensor, sigma: float) -> Tensor:
    """A Gaussian blur of `sigma` pixels, reflected at the border; rounded to 8 bit."""
    if sigma == 0:
        return images
    reach = min(int(3 * sigma + 1), min(images.shape[-2:]) - 1)
    at = torch.arange(-reach, reach + 1, dtype=torch.float32)
    weights = torch.exp(-(at**2) / (2 * sigma**2))
    kernel = (weights / weights.sum()).expand(images.shape[1], 1, -1)
    padded = F.pad(images, (reach, reach, reach, reach), mode="reflect")
    rows = F.conv2d(padded, kernel[..., None], groups=images.shape[1])
    return F.conv2d(rows, kernel[..., None, :], groups=images.shape[1]).mul(255).round().div(255)
