"""Real photographs as tensors, and damage to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage import data

from harness.interfaces import MetricBatch

Photo = torch.Tensor


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="session")
def photos() -> dict[str, torch.Tensor]:
    """Name -> [1,3,H,W] in [0,1]; one of them with odd sides."""
    return {
        "astronaut": _tensor(data.astronaut()[:192, 100:292]),
        "coffee": _tensor(data.coffee()[100:260, 150:374]),
        "chelsea": _tensor(data.chelsea()[40:201, 90:267]),
    }


@pytest.fixture(scope="session")
def noisy() -> Callable[[torch.Tensor, float], torch.Tensor]:
    """Add Gaussian noise of a standard deviation in 8-bit steps, clamp, round to 8 bit."""

    def add(image: torch.Tensor, sigma: float) -> torch.Tensor:
        noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(5))
        return ((image * 255 + sigma * noise).clamp(0, 255).round()) / 255

    return add


@pytest.fixture(scope="session")
def batch() -> Callable[..., MetricBatch]:
    """A metric's batch from output, truth and, where given, the region to count."""

    def make(output: torch.Tensor, truth: torch.Tensor, region: torch.Tensor | None = None) -> MetricBatch:
        return MetricBatch(tuple(str(i) for i in range(len(output))), output, truth, region, region)

    return make


@pytest.fixture(scope="session")
def hole() -> Callable[[torch.Tensor], torch.Tensor]:
    """A round hole off the centre: [N,1,H,W]."""

    def make(image: torch.Tensor) -> torch.Tensor:
        n, _, height, width = image.shape
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        inside = (y - 0.45 * height) ** 2 + (x - 0.6 * width) ** 2 < (0.28 * min(height, width)) ** 2
        return inside.float().expand(n, 1, height, width).clone()

    return make
