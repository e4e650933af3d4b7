"""NIQE: how far a picture's statistics lie from those of pristine pictures (Mittal, Soundararajan, Bovik 2013)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

import torch
from safetensors.torch import load
from torch import Tensor

from harness.interfaces import MetricBatch
from harness.metrics.colour import luma_8bit
from harness.metrics.natural_scene import blocks_of, fit_asymmetric, gamma_ratio, half_size, normalised
from harness.metrics.regions import whole_image_only

__all__ = ["BLOCK", "Niqe", "block_features"]

BLOCK = 96  # Mittal 2013, section II-C
SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows, columns; a block is shifted round, as its code does


@cache
def _model() -> tuple[Tensor, Tensor, str]:
    """Mean and covariance of pristine pictures' features, and the file's sha256."""
    content = files("harness.metrics").joinpath("data/niqe.safetensors").read_bytes()
    tensors = load(content)
    return tensors["mean"], tensors["covariance"], sha256(content).hexdigest()


def _features(blocks: Tensor) -> Tensor:
    """18 numbers of each block of normalised levels: ``[...,18]`` of ``[...,h,w]``."""
    shape, left, right = fit_asymmetric(blocks)
    scale = gamma_ratio(shape, 1, 3).sqrt()
    own = torch.stack([shape, (left + right) / 2 * scale], -1)
    products = torch.stack([blocks * blocks.roll(shift, (-2, -1)) for shift in SHIFTS], -3)
    shape, left, right = fit_asymmetric(products)
    scale = gamma_ratio(shape, 1, 3).sqrt()
    left, right = left * scale, right * scale
    pairs = torch.stack([shape, (right - left) * gamma_ratio(shape, 2, 1), left, right], -1)
    return torch.cat([own, pairs.flatten(-2)], -1)


def block_features(image: Tensor) -> Tensor:
    """36 features of each whole 96 × 96 block, 18 at full and 18 at half size: ``[N,blocks,36]`` of ``[N,3,H,W]``."""
    grey = luma_8bit(image)
    rows, columns = (side // BLOCK for side in grey.shape[-2:])
    grey = grey[..., : rows * BLOCK, : columns * BLOCK]
    found = []
    for side in (BLOCK, BLOCK // 2):
        found.append(_features(blocks_of(normalised(grey, "replicate"), side)))
        grey = half_size(grey)
    return torch.cat(found, -1)


class Niqe:
    """NIQE: ``sqrt((μ - ν)ᵀ ((Σ + S) / 2)⁻¹ (μ - ν))`` between pristine pictures' features and this picture's blocks'.

    No reference is looked at: a faithful restoration of a noisy truth scores worse than a beautified one. Images
    ``[N,3,H,W]`` RGB in [0, 1] -> ``{"niqe": [N]}``, lower is better, whole images only. BT.601 luma rounded to
    8 bit, float64. NaN where fewer than two 96 × 96 blocks have statistics; a flat block has none and is left out
    (ours: the authors' code keeps those of its features that are numbers).

    The pristine model is shipped: `data/LICENSES.md`.

    Example:
        >>> x = torch.rand(1, 3, 192, 192)
        >>> Niqe()(MetricBatch(("a",), x, x, None))["niqe"] > 10  # noise is not natural
        tensor([True])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        whole_image_only(region, "niqe")
        mean, covariance, self.weights_sha256 = _model()
        self.mean, self.covariance = mean.to(device), covariance.to(device)

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        if min(batch.output.shape[-2:]) < BLOCK:
            return {"niqe": batch.output.new_full((len(batch.output),), torch.nan)}
        values = [self._distance(features) for features in block_features(batch.output)]
        return {"niqe": torch.stack(values).to(batch.output.dtype)}

    def _distance(self, features: Tensor) -> Tensor:
        features = features[features.isfinite().all(1)]
        if len(features) < 2:
            return features.new_tensor(torch.nan)
        gap = self.mean - features.mean(0)
        inverse: Tensor = torch.linalg.pinv((self.covariance + features.T.cov()) / 2)
        return torch.sqrt(gap @ inverse @ gap)
