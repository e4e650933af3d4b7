"""Distance between EfficientNet-Lite0 feature maps: what stands in for LPIPS where its weights cannot be had."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.interfaces import MetricBatch
from harness.metrics.embedders import efl0_stages
from harness.metrics.regions import counted, masked_mean
from harness.nn.efficientnet_lite import WEIGHTS_SHA256

__all__ = ["FeatureDistance"]


class FeatureDistance:
    """``mean over stages of mean over positions of ‖φ̂(output) - φ̂(truth)‖²``, φ̂ = channel vectors of unit length.

    The stages are EfficientNet-Lite0's at strides 2, 4, 8 and 16, all weighted alike: LPIPS's form (Zhang et al. 2018,
    eq. 1) without its learnt weights and on another network. **It is not LPIPS** and the two must not be compared.
    Images ``[N,3,H,W]`` RGB in [0, 1], at their own size -> ``{"feat_efl0": [N]}`` in [0, 4]; lower is better.

    In a region, a position weighs as much as the share of its pixels that are counted (area average of the region);
    features also see pixels outside it. NaN where the region is empty.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> FeatureDistance()(MetricBatch(("a",), x, x, None))["feat_efl0"]
        tensor([0.])
    """

    weights_sha256 = WEIGHTS_SHA256

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        self.region = region
        self.features = efl0_stages(device)

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        region = counted(batch, self.region, "feat_efl0")
        distances = []
        for output, truth in zip(self.features(batch.output), self.features(batch.truth), strict=True):
            distance = (output - truth).square().sum(1, keepdim=True)
            weight = None if region is None else F.adaptive_avg_pool2d(region, (distance.shape[-2], distance.shape[-1]))
            distances.append(masked_mean(distance, weight))
        return {"feat_efl0": torch.stack(distances).mean(0)}
