"""PIQE: distortion counted block by block (Venkatanath, Praneeth, Bh, Channappayya, Medasani, NCC 2015)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.interfaces import MetricBatch
from harness.metrics.colour import luma_8bit
from harness.metrics.natural_scene import blocks_of, mirrored, normalised
from harness.metrics.regions import whole_image_only

__all__ = ["Piqe"]

BLOCK = 16  # Venkatanath 2015, section II, as are the numbers below
ACTIVE = 0.1  # variance above which a block is judged
SEGMENT = 6
FLAT = 0.1  # standard deviation below which a segment of a block's edge is an artefact


def _filled(levels: Tensor) -> Tensor:
    """Both sides mirrored on to the next multiple of 16."""
    for axis in (-2, -1):
        length = levels.shape[axis]
        indices = torch.arange(length + -length % BLOCK, device=levels.device)
        levels = levels.index_select(axis, mirrored(indices, length))
    return levels


def _has_flat_edge(blocks: Tensor) -> Tensor:
    """Whether a run of six on one of the four edges hardly varies: blockiness and other seams. Bool ``[N,blocks]``."""
    edges = torch.stack([blocks[..., 0, :], blocks[..., -1, :], blocks[..., :, 0], blocks[..., :, -1]], -2)
    return (edges.unfold(-1, SEGMENT, 1).std(-1) < FLAT).flatten(-2).any(-1)


def _is_noisy(blocks: Tensor, deviation: Tensor) -> Tensor:
    """Whether the two middle columns vary as the rest does: Gaussian noise has no structure. Bool ``[N,blocks]``.

    The rest is everything but the *8th and 10th* column: the authors' code takes out the 8th and then the 9th of
    what is left. Their published numbers hang on it.
    """
    centre = blocks[..., 7:9].flatten(-2).std(-1)
    rest = torch.cat([blocks[..., :7], blocks[..., 8:9], blocks[..., 10:]], -1).flatten(-2).std(-1)
    contrast = centre / rest
    beta = (deviation - contrast).abs() / torch.maximum(deviation, contrast)
    return deviation > 2 * beta


class Piqe:
    """PIQE: ``100 (Σ distortion + 1) / (active blocks + 1)`` over the 16 × 16 blocks that vary.

    An active block with an artefact adds 1 - its variance, one with noise its variance. No reference, nothing
    trained. **Not monotone**: of some photographs a noisier copy scores better. Images ``[N,3,H,W]`` RGB in [0, 1]
    -> ``{"piqe": [N]}``, lower is better; above 100 where noise makes blocks vary by more than 1. Whole images only.
    BT.601 luma rounded to 8 bit, *stretched* so that the brightest pixel is 255, as the authors' code does; float64;
    sides are filled up to multiples of 16 by mirroring.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> Piqe()(MetricBatch(("a",), torch.zeros_like(x), x, None))["piqe"]  # nothing to judge
        tensor([100.])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        whole_image_only(region, "piqe")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        grey = luma_8bit(batch.output)
        brightest = grey.amax((1, 2, 3), keepdim=True).clamp(min=1)
        blocks = blocks_of(normalised(_filled((255 * grey / brightest).round()), "replicate"), BLOCK)
        variance = blocks.flatten(-2).var(-1)
        active = variance > ACTIVE
        artefact = _has_flat_edge(blocks) * (1 - variance)
        noise = _is_noisy(blocks, variance.sqrt()) * variance
        distortion = ((artefact + noise) * active).sum(1)
        return {"piqe": (100 * (distortion + 1) / (active.sum(1) + 1)).to(batch.output.dtype)}
