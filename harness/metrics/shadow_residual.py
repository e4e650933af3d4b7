"""What of a removed object is left outside the mask: its shadow, its reflections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.regions import counted, known_only

__all__ = ["CHANGED", "ShadowResidual"]

CHANGED: Final = 3 / 255
"""ours: a pixel counts where the largest channel of input and truth differs so much: rendering is free of noise."""
ROUNDING = 0.5 / 255


class ShadowResidual:
    """``shadow_residual = sum |output - truth| / sum |shown - truth|`` over the pixels that the object changes outside
    the mask.

    These are the pixels outside the mask at which the picture before the edit (`shown`, with the object) differs from
    the truth (without) by `CHANGED` or more in some channel: shadow, reflections, what the mask left of the object. 1 =
    all of it is left, as an inpainter leaves it that returns known pixels as they are; 0 = gone; above 1 = made
    worse. It judges the raw output; pixels that the object does not change are `l1@known`'s business.

    Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"shadow_residual": [N]}``, region `known` only. Lower is better. NaN where
    the object changes nothing outside the mask. Sums run over pixels and channels.

    Example:
        >>> truth, region = torch.full((1, 3, 8, 8), 0.5), torch.ones(1, 1, 8, 8)
        >>> shown = truth - 0.2
        >>> half = MetricBatch(("a",), truth - 0.1, truth, None, region, shown)
        >>> ShadowResidual(region="known")(half)["shadow_residual"]
        tensor([0.5000])

    Raises `HarnessError` in a task that shows its truths (no pairs): nothing was removed there.
    """

    def __init__(self, device: str = "cpu", region: str = "known") -> None:
        del device  # computed where the batch lies
        known_only(region, "shadow_residual")
        self.region = region

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        region = counted(batch, self.region, "shadow_residual")
        if batch.shown is None or region is None:
            raise HarnessError("shadow_residual needs pairs with and without an object, and this task has none")
        before = (batch.shown - batch.truth).abs()
        touched = region * (before.amax(1, keepdim=True) > CHANGED - ROUNDING)
        left = ((batch.output - batch.truth).abs() * touched).sum((1, 2, 3))
        return {"shadow_residual": left / (before * touched).sum((1, 2, 3))}
