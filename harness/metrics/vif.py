"""VIF: visual information fidelity on wavelets (Sheikh, Bovik, "Image Information and Visual Quality", TIP 2006)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

import torch
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional as F

from harness.interfaces import MetricBatch
from harness.metrics.colour import luma_8bit
from harness.metrics.regions import whole_image_only

__all__ = ["SHORTEST", "Vif"]

SCALES = 4
BLOCK = 3  # Sheikh 2006, section IV: vectors of 3 x 3 coefficients
NOISE = 0.4  # variance of the eye's noise
TINY = 1e-15
SHORTEST = 72
"""Below 72 px the coarsest scale has no block of coefficients left between its borders."""


@cache
def _filters() -> tuple[dict[str, Tensor], str]:
    """The steerable pyramid's filters (Simoncelli's sp5), and their file's sha256."""
    content = files("harness.metrics").joinpath("data/vif.safetensors").read_bytes()
    return load(content), sha256(content).hexdigest()


def _filtered(planes: Tensor, kernels: Tensor, step: int = 1) -> Tensor:
    """Correlation of ``[N,1,H,W]`` with ``kernels [K,k,k]``, the border mirrored about its pixels: ``[N,K,h,w]``."""
    margin = (kernels.shape[-1] // 2,) * 4
    return F.conv2d(F.pad(planes, margin, "reflect"), kernels[:, None], stride=step)


def _bands(grey: Tensor, filters: Mapping[str, Tensor]) -> Iterator[tuple[int, Tensor]]:
    """The vertical and horizontal band of each scale, fine to coarse: (window, ``[N,1,h,w]``), sides cut to threes."""
    low = _filtered(grey, filters["first"][None])
    for scale in range(SCALES):
        height, width = (side // BLOCK * BLOCK for side in low.shape[-2:])
        for band in _filtered(low, filters["bands"])[..., :height, :width].chunk(2, 1):
            yield 2 ** (SCALES - scale) + 1, band
        low = _filtered(low, filters["low"][None], 2)


def _channel(truth: Tensor, output: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Gain and noise variance of ``output = gain truth + noise`` about each block: two ``[N,h/3,w/3]``."""

    def sums(values: Tensor) -> Tensor:
        padded = F.pad(values, (window // 2,) * 4, "reflect")
        first = BLOCK // 2
        return F.avg_pool2d(padded[..., first:, first:], window, BLOCK)[:, 0] * window**2

    count = window**2
    sum_t, sum_o = sums(truth), sums(output)
    cov = sums(truth * output) - sum_t * sum_o / count
    var_t = (sums(truth * truth) - sum_t * sum_t / count).clamp(min=0)
    var_o = (sums(output * output) - sum_o * sum_o / count).clamp(min=0)
    gain = cov / (var_t + TINY)
    noise = (var_o - gain * cov) / count
    flat_t, flat_o = var_t < TINY, var_o < TINY
    noise = torch.where(flat_t, var_o, noise).masked_fill(flat_o, 0)
    gain = gain.masked_fill(flat_t | flat_o, 0)
    noise = torch.where(gain < 0, var_o, noise).clamp(min=TINY)
    return gain.clamp(min=0), noise


def _source(truth: Tensor) -> tuple[Tensor, Tensor]:
    """The truth as a scale mixture of Gaussian vectors: multipliers ``[N,h/3,w/3]``, eigenvalues ``[N,9]``."""
    vectors = F.unfold(truth, BLOCK)
    vectors = vectors - vectors.mean(2, keepdim=True)
    covariance = vectors @ vectors.transpose(1, 2) / vectors.shape[2]
    blocks = F.unfold(truth, BLOCK, stride=BLOCK)
    inverse = torch.linalg.pinv(covariance, hermitian=True)
    multipliers = (blocks * (inverse @ blocks)).sum(1) / BLOCK**2
    height, width = (side // BLOCK for side in truth.shape[-2:])
    return multipliers.view(-1, height, width), torch.linalg.eigvalsh(covariance)


def _information(truth: Tensor, output: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Bits about the truth that the output keeps, and that the truth has, in one band: two ``[N]``."""
    gain, noise = _channel(truth, output, window)
    multipliers, eigenvalues = _source(truth)
    rim = -(-(window // 2) // BLOCK)
    inner = slice(rim, -rim)
    gain, noise, multipliers = (x[:, inner, inner].flatten(1)[:, None] for x in (gain, noise, multipliers))
    power = multipliers * eigenvalues[:, :, None]
    kept = torch.log2(1 + gain.square() * power / (noise + NOISE)).sum((1, 2))
    return kept, torch.log2(1 + power / NOISE).sum((1, 2))


class Vif:
    """VIF: the share of the truth's information that survives, in two bands of each of four wavelet scales.

    The authors' ``vifvec`` release on a steerable pyramid; `VifP` is its cheap pixel-domain cousin and another number.
    Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"vif": [N]}``, 1 for equal pictures, above 1 where contrast is added,
    higher is better. BT.601 luma rounded to 8 bit, float64. NaN below 72 px a side and for a flat truth. Whole images
    only. The pyramid's filters are shipped: `data/LICENSES.md`.

    Example:
        >>> x = torch.rand(1, 3, 96, 96)
        >>> Vif()(MetricBatch(("a",), x, x, None))["vif"].round(decimals=4)
        tensor([1.])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        whole_image_only(region, "vif", "ssim")
        filters, self.weights_sha256 = _filters()
        self.filters = {name: kernel.to(device) for name, kernel in filters.items()}

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        truth, output = luma_8bit(batch.truth), luma_8bit(batch.output)
        if min(truth.shape[-2:]) < SHORTEST:
            return {"vif": batch.truth.new_full((len(truth),), torch.nan)}
        kept = had = truth.new_zeros(len(truth))
        pairs = zip(_bands(truth, self.filters), _bands(output, self.filters), strict=True)
        for (window, of_truth), (_, of_output) in pairs:
            more_kept, more_had = _information(of_truth, of_output, window)
            kept, had = kept + more_kept, had + more_had
        return {"vif": (kept / had).to(batch.truth.dtype)}
