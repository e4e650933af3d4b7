"""How far a degraded sample lies from what was observed, and what else a sample should be: each a loss ``[N]``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.nn.efficientnet_lite import EfficientNetLiteFeatures

__all__ = ["DISTANCES", "Distance", "exposure_error", "mean_square", "roughness", "spatial_error"]

Distance = Literal["mse", "ssim", "perceptual"]
SSIM_SIDE, SSIM_SPREAD = 11, 1.5
BRIGHT, CONTRAST = 0.01**2, 0.03**2
EXPOSURE_SIDE, SPATIAL_SIDE = 8, 4
STEEPEST = 1e-3


def mean_square(guess: Tensor, seen: Tensor) -> Tensor:
    """``[N]`` of pictures in [0, 1]."""
    return (guess - seen).square().flatten(1).mean(1)


def _window(side: int, like: Tensor) -> Tensor:
    axis = torch.arange(side, dtype=torch.float64) - (side - 1) / 2
    mass = torch.exp(-(axis**2) / (2 * SSIM_SPREAD**2))
    window = torch.outer(mass, mass)
    return (window / window.sum()).to(like).expand(like.shape[1], 1, -1, -1)


def _dissimilarity(guess: Tensor, seen: Tensor) -> Tensor:
    """1 - SSIM (Wang 2004: Gaussian 11×11 of 1.5), ``[N]``; the window shrinks to pictures that are smaller."""
    side = min(SSIM_SIDE, *guess.shape[-2:])
    window = _window(side, guess)

    def local(image: Tensor) -> Tensor:
        return F.conv2d(image, window, groups=image.shape[1])

    mean, other = local(guess), local(seen)
    spread, other_spread = local(guess**2) - mean**2, local(seen**2) - other**2
    shared = local(guess * seen) - mean * other
    similar = (2 * mean * other + BRIGHT) * (2 * shared + CONTRAST)
    similar = similar / ((mean**2 + other**2 + BRIGHT) * (spread + other_spread + CONTRAST))
    return 1 - similar.flatten(1).mean(1)


@cache
def _features(device: torch.device) -> EfficientNetLiteFeatures:
    return EfficientNetLiteFeatures().to(device)


def _perceptual(guess: Tensor, seen: Tensor) -> Tensor:
    """ours: mean squared difference of EfficientNet-Lite0's maps, relative to the observation's, over four stages.

    Raises `MissingRequirement` where the weights' package is not here.
    """
    network = _features(guess.device)
    stages = zip(network.stages(guess), network.stages(seen), strict=True)
    apart = [(a - b).square().flatten(1).mean(1) / (b.square().flatten(1).mean(1) + STEEPEST) for a, b in stages]
    return torch.stack(apart).mean(0)


DISTANCES: dict[Distance, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": mean_square,
    "ssim": _dissimilarity,
    "perceptual": _perceptual,
}


def exposure_error(image: Tensor, target: float) -> Tensor:
    """Zero-DCE's: squared difference of grey means of 8×8 blocks to ``target``, in the picture's own range: ``[N]``."""
    side = min(EXPOSURE_SIDE, *image.shape[-2:])
    means = F.avg_pool2d(image.mean(1, keepdim=True), side)
    return (means - target).square().flatten(1).mean(1)


def roughness(field: Tensor) -> Tensor:
    """Zero-DCE's total variation, squared: twice the mean squared step down plus that to the right: ``[N]``."""
    down, right = field.diff(dim=-2).square(), field.diff(dim=-1).square()
    steps = [part.flatten(1).mean(1) for part in (down, right) if part.numel()]
    return 2 * torch.stack(steps).sum(0) if steps else field.flatten(1).sum(1) * 0


def spatial_error(guess: Tensor, seen: Tensor) -> Tensor:
    """Zero-DCE's: how differently grey means of 4×4 blocks step to their four neighbours (0 outside): ``[N]``."""
    side = min(SPATIAL_SIDE, *guess.shape[-2:])
    means = [F.pad(F.avg_pool2d(x.mean(1, keepdim=True), side), (1, 1, 1, 1)) for x in (guess, seen)]
    apart = means[0] - means[1]
    inner = apart[..., 1:-1, 1:-1]
    around = (apart[..., 1:-1, :-2], apart[..., 1:-1, 2:], apart[..., :-2, 1:-1], apart[..., 2:, 1:-1])
    return torch.stack([(inner - beside).square() for beside in around]).sum(0).flatten(1).mean(1)
