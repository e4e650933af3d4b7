"""Mean absolute error."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from harness.interfaces import MetricBatch
from harness.metrics.regions import counted, masked_mean

__all__ = ["L1"]


class L1:
    """``mean |output - truth|`` over the elements (pixels × channels) of the region, in [0, 1].

    Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"l1": [N]}``. Lower is better. NaN where the region is empty. Papers'
    "L1" also means sums of ratios (AOT-GAN), per cent of the channel mean (CoordFill) or [-1, 1] (SCAT): not these.

    Example:
        >>> grey = torch.full((1, 3, 8, 8), 0.5)
        >>> L1()(MetricBatch(("a",), grey + 0.25, grey, None))["l1"]
        tensor([0.2500])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        self.region = region

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {"l1": masked_mean((batch.output - batch.truth).abs(), counted(batch, self.region, "l1"))}
