"""CoordFill's training losses (section 3.4 of arXiv 2303.08524 and the published code), and those of `mini`.

Images are RGB in [-1, 1], masks 1 = hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from harness.nn.efficientnet_lite import EfficientNetLiteFeatures

DISCRIMINATOR_SLOPE = 0.2


class PatchDiscriminator(nn.Module):
    """The paper's discriminator: five spectrally normalised 4x4 convolutions without bias, three of stride 2.

    ``width`` is the first layer's; the paper's is 64. Returns logits (the published code ends in a sigmoid and uses
    BCE; logits with BCE-with-logits are the same, and stable) and the four feature maps before them.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        channels = (3, width, 2 * width, 4 * width, 8 * width)
        layers = [self._layer(a, b, 1 if b == channels[-1] else 2) for a, b in pairwise(channels)]
        self.features = nn.ModuleList(layers)
        self.logits = self._layer(channels[-1], 1, 1)

    @staticmethod
    def _layer(into: int, out: int, stride: int) -> nn.Module:
        return spectral_norm(nn.Conv2d(into, out, 4, stride, 1, bias=False))

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """``[N, 3, H, W]`` -> logits ``[N, 1, h, w]`` and four feature maps."""
        maps: list[Tensor] = []
        value = image
        for layer in self.features:
            value = F.leaky_relu(layer(value), DISCRIMINATOR_SLOPE)
            maps.append(value)
        return self.logits(value), maps


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
