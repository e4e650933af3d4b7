"""How much fine detail a fill has, against what stood there: ours, a diagnostic."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.regions import counted, dilate, erode, masked_mean

__all__ = ["HighFrequencyRatio", "ring_width"]

ROUNDING_ENERGY = 20 / (12 * 255**2)
"""Laplacian energy of 8-bit rounding alone: variance 1/12 of a squared step, times the stencil's 4² + 4·1²."""


def ring_width(side: int) -> int:
    """ours: the ring of known pixels a hole is set against is 1/32 of the longer side wide, at least 4 px."""
    return max(4, side // 32)


def _laplacian_energy(image: Tensor) -> Tensor:
    """Squared five-point Laplacian at the pixels that have four neighbours: ``[N,C,H-2,W-2]``."""
    centre = image[..., 1:-1, 1:-1]
    vertical = image[..., :-2, 1:-1] + image[..., 2:, 1:-1]
    return (4 * centre - vertical - image[..., 1:-1, :-2] - image[..., 1:-1, 2:]).square()


class HighFrequencyRatio:
    """``hf_ratio = (E(output, hole) / E(output, ring)) / (E(truth, hole) / E(truth, ring))``.

    E is the mean squared five-point Laplacian over RGB plus the energy that 8-bit rounding alone has (so that a flat
    sky filled flat gives 1, not 0/0). Only stencils wholly inside the hole count for the hole and wholly outside it
    for the ring: a visible seam is no detail. 1 = as detailed as the truth, towards 0 = smooth, above 1 = noisier;
    swapping output and truth gives the reciprocal. On a composite the ring is the truth's and cancels; on a raw
    output it shows a method that softens or sharpens everything. It says nothing of whether the detail is right.

    Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"hf_ratio": [N]}``, region `hole` only; NaN without hole or ring.

    Example:
        >>> x, hole = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
        >>> hole[..., 8:24, 8:24] = 1
        >>> HighFrequencyRatio(region="hole")(MetricBatch(("a",), x, x, hole, hole))["hf_ratio"]
        tensor([1.])
    """

    def __init__(self, device: str = "cpu", region: str = "hole") -> None:
        del device  # computed where the batch lies
        if region != "hole":
            raise HarnessError("hf_ratio compares a hole with its ring: ask for hf_ratio@hole")
        self.region = region

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        hole = counted(batch, self.region, "hf_ratio")
        assert hole is not None  # the region is "hole"
        width = ring_width(max(hole.shape[-2:]))
        inner = erode(hole, 1)[..., 1:-1, 1:-1]
        ring = (dilate(hole, width + 1) - dilate(hole, 1))[..., 1:-1, 1:-1]
        out, truth = _laplacian_energy(batch.output), _laplacian_energy(batch.truth)

        def contrast(energy: Tensor) -> Tensor:
            return (masked_mean(energy, inner) + ROUNDING_ENERGY) / (masked_mean(energy, ring) + ROUNDING_ENERGY)

        return {"hf_ratio": contrast(out) / contrast(truth)}
