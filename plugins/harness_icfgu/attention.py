"""Contextual attention in two halves: how alike patches are, and what is pasted for it.

Split so that patches may be matched at one resolution and copied at another. Shapes and rules after crfill
(Zeng et al., ICCV 2021), the later code of ICF-GU's first author; masks are 1 = hole.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Norm", "copy_blocks", "hard", "overlaps", "paste", "similarity"]

Norm = Literal["space", "patch"]
SCALE = 10.0
FAINT = 1e-8


def similarity(features: Tensor, mask: Tensor, *, size: int, stride: int, norm: Norm) -> Tensor:
    """How alike each patch of ``features`` is to each other one.

    A key counts if it is fully known, or known to a larger share than a query that is more than half known itself;
    the score of the others is 0 (so their weight is small but not zero, as published).

    Parameters
    ----------
    features
        ``[N, C, H, W]``; queries are its raw patches.
    mask
        ``[N, 1, H, W]``, share of hole in each cell.
    size, stride
        Side of a patch and distance of two, in cells.
    norm
        What keys are divided by: ``space`` is each channel's norm over the whole map (the published code, where
        scores depend on the map's size), ``patch`` each patch's own norm (ours).

    Returns
    -------
    Tensor
        ``[N, K, h, w]``, a softmax over the K = h·w keys for each of the h × w queries.

    """
    queries = F.unfold(features, size, stride=stride)
    if norm == "space":
        keys = F.unfold(features / (features.square().sum((2, 3), keepdim=True) + FAINT).sqrt(), size, stride=stride)
    else:
        keys = queries / (queries.square().sum(1, keepdim=True) + FAINT).sqrt()
    known = F.unfold(1 - mask, size, stride=stride).mean(1)
    fuller = (known[:, :, None] > known[:, None]) & (known[:, None] > 0.5)
    counts = fuller | (known == 1)[:, :, None]
    scores = (keys.transpose(1, 2) @ queries) * counts
    rows = (features.shape[-2] - size) // stride + 1
    return (SCALE * scores).softmax(1).unflatten(2, (rows, -1))


def hard(similar: Tensor) -> Tensor:
    """All weight on the best key of each query: one-hot ``[N, K, h, w]``."""
    return torch.zeros_like(similar).scatter_(1, similar.argmax(1, keepdim=True), 1)


def paste(similar: Tensor, values: Tensor, *, size: int, stride: int, mask: Tensor | None = None) -> Tensor:
    """Patches of ``values`` laid where the queries stand, weighted by ``similar``; overlaps are summed.

    ``values`` ``[N, C, H, W]`` has the same grid of patches as the map that was matched, at its own ``size`` and
    ``stride``. Under ``mask`` ``[N, 1, H, W]`` a patch is blank.
    """
    patches = F.unfold(values if mask is None else values * (1 - mask), size, stride=stride)
    return F.fold(patches @ similar.flatten(2), values.shape[-2:], size, stride=stride)


def overlaps(height: int, width: int, *, size: int, stride: int) -> Tensor:
    """How many patches cover each pixel: ``[1, 1, height, width]``."""
    ones = F.unfold(torch.ones(1, 1, height, width), size, stride=stride)
    return F.fold(ones, (height, width), size, stride=stride)


def copy_blocks(similar: Tensor, image: Tensor) -> Tensor:
    """The best key's block of a larger ``image`` ``[N, C, H, W]`` for every query; ``H / h`` pixels a side."""
    side = image.shape[-1] // similar.shape[-1]
    blocks = F.unfold(image, side, stride=side)
    best = similar.argmax(1).flatten(1)[:, None].expand(-1, blocks.shape[1], -1)
    return F.fold(blocks.gather(2, best), image.shape[-2:], side, stride=side)
