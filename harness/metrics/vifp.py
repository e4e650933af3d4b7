"""VIFp: visual information fidelity in the pixel domain (Sheikh, Bovik, IEEE TIP 2006)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.interfaces import MetricBatch
from harness.metrics.colour import luma_8bit
from harness.metrics.regions import whole_image_only
from harness.metrics.ssim import gaussian, local_means

__all__ = ["SHORTEST", "VifP"]

WINDOWS = (17, 9, 5, 3)  # the authors' vifp_mscale: 2^(5 - scale) + 1, sigma a fifth of it
NOISE = 2.0  # variance of the eye's noise, for grey levels 0 to 255
TINY = 1e-10
SHORTEST = 41
"""Below 41 px the coarsest scale is smaller than its window. torchmetrics has the same limit."""


def _information(truth: Tensor, output: Tensor, window: Tensor) -> tuple[Tensor, Tensor]:
    """Bits (base 10) about the truth that the output keeps, and that the truth has, over all windows: two ``[N]``."""
    planes = torch.cat([truth, output, truth * truth, output * output, truth * output], 1)
    mean_t, mean_o, square_t, square_o, product = local_means(planes, window).chunk(5, 1)
    var_t = (square_t - mean_t.square()).clamp(min=0)
    var_o = (square_o - mean_o.square()).clamp(min=0)
    gain = (product - mean_t * mean_o) / (var_t + TINY)
    lost = var_o - gain * (product - mean_t * mean_o)
    flat_t, flat_o = var_t < TINY, var_o < TINY
    lost = torch.where(flat_t | (gain < 0), var_o, lost).masked_fill(flat_o, 0).clamp(min=TINY)
    gain = gain.masked_fill(flat_t | flat_o, 0).clamp(min=0)
    var_t = var_t.masked_fill(flat_t, 0)
    kept = torch.log10(1 + gain.square() * var_t / (lost + NOISE)).sum((1, 2, 3))
    return kept, torch.log10(1 + var_t / NOISE).sum((1, 2, 3))


class VifP:
    """VIFp: the share of the truth's information that survives, over four scales of Gaussian windows.

    ``Σ log(1 + g² σx² / (σv² + 2)) / Σ log(1 + σx² / 2)`` with ``g = σxy / σx²``, ``σv² = σy² - g σxy``. This is the
    pixel-domain form, as torchmetrics and sewar have it; the wavelet form of the same paper is another number
    (`Vif`). Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"vifp": [N]}``, 1 for equal pictures, above 1 where
    contrast is added, higher is better. BT.601 luma rounded to 8 bit, float64. NaN below 41 px a side and for a flat
    truth. Whole images only.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> VifP()(MetricBatch(("a",), x, x, None))["vifp"].round(decimals=4)
        tensor([1.])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        whole_image_only(region, "vifp", "ssim")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        truth, output = luma_8bit(batch.truth), luma_8bit(batch.output)
        if min(truth.shape[-2:]) < SHORTEST:
            return {"vifp": batch.truth.new_full((len(truth),), torch.nan)}
        kept = had = truth.new_zeros(len(truth))
        for scale, width in enumerate(WINDOWS):
            window = gaussian(width, width / 5)
            if scale:
                truth, output = (local_means(image, window)[..., ::2, ::2] for image in (truth, output))
            more_kept, more_had = _information(truth, output, window)
            kept, had = kept + more_kept, had + more_had
        return {"vifp": (kept / had).to(batch.truth.dtype)}
