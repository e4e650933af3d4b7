"""Losses that trainers of inpainters share: adversarial, in the hole's pixels, in its features, in its detail.

Images are RGB in [-1, 1], masks 1 = hole.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.nn.efficientnet_lite import EfficientNetLiteFeatures

__all__ = ["FeatureLoss", "dice", "feature_matching", "hole_decibels", "hole_l1", "hole_l2", "missing_detail", "nsgan"]


def nsgan(logits: Tensor, real: bool) -> Tensor:
    """Binary cross-entropy of the non-saturating GAN: how far ``logits`` are from being called real (or fake)."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def feature_matching(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean L1 between the discriminator's feature maps, summed over the layers; no gradient into ``real``."""
    return torch.stack([F.l1_loss(a, b.detach()) for a, b in zip(fake, real, strict=True)]).sum()


def hole_l1(output: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error per hole pixel and channel, of each image ``[N]``."""
    total = ((output - truth).abs() * mask).sum((1, 2, 3))
    return total / (output.shape[1] * mask.sum((1, 2, 3))).clamp(min=1)


def hole_l2(output: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error per hole pixel and channel, of each image ``[N]``."""
    total = ((output - truth).square() * mask).sum((1, 2, 3))
    return total / (output.shape[1] * mask.sum((1, 2, 3))).clamp(min=1)


def hole_decibels(output: Tensor, truth: Tensor, mask: Tensor, floor: float = 1e-4) -> Tensor:
    """``10 log10`` of the hole's mean squared error on the [0, 1] scale, of each image ``[N]``: minus its PSNR.

    ours: ``floor`` is added to the error (40 dB), so that nearly perfect fills do not take over the gradient.
    """
    mean = hole_l2(output, truth, mask) / 4  # from [-1, 1] to [0, 1]
    return 10 * (mean + floor).log10()


def _laplacian_rms(image: Tensor, inner: Tensor) -> Tensor:
    """Root mean square of the five-point Laplacian at the ``inner`` pixels ``[N, 1, H-2, W-2]``: ``[N]``."""
    centre = 4 * image[..., 1:-1, 1:-1]
    response = centre - image[..., :-2, 1:-1] - image[..., 2:, 1:-1] - image[..., 1:-1, :-2] - image[..., 1:-1, 2:]
    mean = (response.square() * inner).sum((1, 2, 3)) / (image.shape[1] * inner.sum((1, 2, 3))).clamp(min=1)
    return (mean + 1e-6).sqrt()


def missing_detail(output: Tensor, truth: Tensor, mask: Tensor, wanted: float) -> Tensor:
    """How far the hole's fine detail falls short of ``wanted`` times the truth's, of each image ``[N]`` in [0, 1).

    ours: ``max(0, 1 - rms(output) / (wanted * rms(truth)))`` of the Laplacian inside the hole. Errors of pixels reward
    a smooth fill; this asks only that there be detail, and leaves to features and critic which.
    """
    inner = 1 - F.max_pool2d(1 - mask, 3, 1)
    return (1 - _laplacian_rms(output, inner) / (wanted * _laplacian_rms(truth, inner))).relu()


def dice(predicted: Tensor, exact: Tensor) -> Tensor:
    """``2 |X and Y| / (|X| + |Y|)`` of masks ``[N, 1, H, W]`` in [0, 1]: ``[N]``; 1 where both are empty."""
    both, sizes = (predicted * exact).sum((1, 2, 3)), (predicted + exact).sum((1, 2, 3))
    return (2 * both + 1) / (sizes + 1)


class FeatureLoss(nn.Module):
    """ours: relative L1 between EfficientNet-Lite0 feature maps of a composite and of the truth.

    Per stage: the mean absolute difference over the mean absolute feature of the truth, per share of hole, so that a
    small hole counts as much as a large one; then the mean over the stages.
    """

    def __init__(self) -> None:
        super().__init__()
        self.network = EfficientNetLiteFeatures()

    def forward(self, composite: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
        """Loss of each image ``[N]``."""
        with torch.no_grad():
            targets = self.network.stages((truth + 1) / 2)
        share = mask.mean((1, 2, 3)).clamp(min=0.01)  # ours: holes below 1 % do not count for more than 1 %
        losses = []
        for got, wanted in zip(self.network.stages((composite + 1) / 2), targets, strict=True):
            losses.append((got - wanted).abs().mean((1, 2, 3)) / wanted.abs().mean())
        return torch.stack(losses).mean(0) / share
