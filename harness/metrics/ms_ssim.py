"""Multi-scale structural similarity (Wang, Simoncelli, Bovik, Asilomar 2003)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.interfaces import MetricBatch
from harness.metrics.regions import whole_image_only
from harness.metrics.ssim import WINDOW, ssim_terms

__all__ = ["SHORTEST", "MsSsim"]

EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang 2003, section 3.2
SHORTEST = (WINDOW - 1) * 2 ** (len(EXPONENTS) - 1) + 1
"""161 px: below it the coarsest of five scales is smaller than the window. torchmetrics has the same limit."""


def _halved(image: Tensor) -> Tensor:
    """2 × 2 averages; an odd last row or column is averaged alone, as the authors' mirrored border has it."""
    return F.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)


class MsSsim:
    """Contrast-structure at five scales and luminance at the coarsest, each raised to its exponent and multiplied.

    Scales are halved by 2 × 2 averages; means over the positions whose window lies inside; a negative mean counts
    as 0. Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"ms_ssim": [N]}`` in [0, 1],
    the mean over channels; higher is better. NaN where a side is shorter than `SHORTEST`. Whole images only: a hole
    of 20 px is 1 px at the coarsest scale.

    Example:
        >>> x = torch.rand(1, 3, 176, 176)
        >>> MsSsim()(MetricBatch(("a",), x, x, None))["ms_ssim"].round(decimals=4)
        tensor([1.])
        >>> MsSsim()(MetricBatch(("a",), x[..., :160], x[..., :160], None))["ms_ssim"]
        tensor([nan])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        whole_image_only(region, "ms_ssim", "ssim")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        output, truth = batch.output, batch.truth
        if min(truth.shape[-2:]) < SHORTEST:
            return {"ms_ssim": truth.new_full((len(truth),), torch.nan)}
        product = truth.new_ones(truth.shape[:2])
        for scale, exponent in enumerate(EXPONENTS):
            if scale:
                output, truth = _halved(output), _halved(truth)
            luminance, structure = ssim_terms(output, truth)
            last = scale == len(EXPONENTS) - 1
            term = (luminance * structure if last else structure).mean((2, 3))
            product = product * term.clamp(min=0) ** exponent
        return {"ms_ssim": product.mean(1)}
