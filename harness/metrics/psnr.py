"""Peak signal-to-noise ratio, over RGB and over Y."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.interfaces import MetricBatch
from harness.metrics.colour import studio_y
from harness.metrics.regions import counted, masked_mean

__all__ = ["CAP", "Psnr", "PsnrY", "decibels"]

CAP = 100.0
"""ours: dB given to equal images, whose PSNR is infinite; one 8-bit step in one value of a 256² picture is 101 dB."""


def decibels(mean_squared_error: Tensor) -> Tensor:
    """``-10 log10(MSE)`` of pictures in [0, 1], at most `CAP`; NaN stays NaN."""
    return (-10 * torch.log10(mean_squared_error)).clamp(max=CAP)


class Psnr:
    """PSNR of each sample: ``-10 log10(MSE)`` in dB, MSE over the elements (pixels × channels) of the region.

    Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"psnr": [N]}``, at most `CAP`. Higher is better. A set's PSNR is the mean
    of its samples' PSNRs, not the PSNR of the mean error. NaN where the region is empty.

    Example:
        >>> grey = torch.full((1, 3, 8, 8), 0.5)
        >>> Psnr()(MetricBatch(("a",), grey + 0.1, grey, None))["psnr"]
        tensor([20.0000])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        self.region = region

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        error = (batch.output - batch.truth).square()
        return {"psnr": decibels(masked_mean(error, counted(batch, self.region, "psnr")))}


class PsnrY:
    """PSNR of the Y channel (`studio_y`: BT.601 studio range, not rounded), peak 255 although Y spans 16 to 235.

    What super-resolution papers call PSNR (they also cut a border of as many pixels as the scale; this does not).
    Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"psnr_y": [N]}``, at most `CAP`. NaN where the region is empty.

    Example:
        >>> grey = torch.full((1, 3, 8, 8), 0.5)
        >>> PsnrY()(MetricBatch(("a",), grey + 0.1, grey, None))["psnr_y"]  # 20 dB + 20 log10(255 / 219)
        tensor([21.3219])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        self.region = region

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        error = (studio_y(batch.output) - studio_y(batch.truth)).square()
        return {"psnr_y": decibels(masked_mean(error, counted(batch, self.region, "psnr_y")))}
