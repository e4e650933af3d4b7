"""Peak signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.interfaces import MetricBatch
from harness.metrics.regions import counted, masked_mean

__all__ = ["CAP", "Psnr"]

CAP = 100.0
"""ours: dB given to equal images, whose PSNR is infinite; one 8-bit step in one value of a 256² picture is 101 dB."""


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
        error = masked_mean((batch.output - batch.truth).square(), counted(batch, self.region, "psnr"))
        return {"psnr": (-10 * torch.log10(error)).clamp(max=CAP)}
