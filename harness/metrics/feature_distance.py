"""Distance between EfficientNet-Lite feature maps: what stands in for LPIPS where its weights cannot be had."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.interfaces import MetricBatch
from harness.metrics.embedders import lite_stages
from harness.metrics.regions import counted, masked_mean
from harness.nn.efficientnet_lite import VARIANTS

__all__ = ["FeatureDistance"]


class FeatureDistance:
    """``mean over stages of mean over positions of ‖φ̂(output) - φ̂(truth)‖²``, φ̂ = channel vectors of unit length.

    The stages are EfficientNet-Lite's at strides 2, 4, 8 and 16, all weighted alike: LPIPS's form (Zhang et al. 2018,
    eq. 1) without its learnt weights and on another network. **It is not LPIPS** and the two must not be compared.
    Images ``[N,3,H,W]`` RGB in [0, 1], at their own size -> ``{"feat_<backbone>": [N]}`` in [0, 4]; lower is better.

    In a region, a position weighs as much as the share of its pixels that are counted (area average of the region);
    features also see pixels outside it. NaN where the region is empty.

    Args:
        backbone: ``efl0`` or ``efl2`` (EfficientNet-Lite0 or -Lite2): two metrics, never in one column.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> FeatureDistance()(MetricBatch(("a",), x, x, None))["feat_efl0"]
        tensor([0.])
    """

    def __init__(self, device: str = "cpu", region: str = "", *, backbone: str = "efl0") -> None:
        self.region = region
        self.name = f"feat_{backbone}"
        self.weights_sha256 = VARIANTS[backbone].sha256
        self.features = lite_stages(backbone, device)

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        region = counted(batch, self.region, self.name)
        truths = self.features(batch.truth, lasting=True)
        distances = []
        for output, truth in zip(self.features(batch.output), truths, strict=True):
            distance = (output - truth).square().sum(1, keepdim=True)
            weight = None if region is None else F.adaptive_avg_pool2d(region, (distance.shape[-2], distance.shape[-1]))
            distances.append(masked_mean(distance, weight))
        return {self.name: torch.stack(distances).mean(0)}
