"""Guided upsampling: matched at low resolution, copied at high resolution (section 3.3's idea; the form is ours).

The paper extends contextual attention by a network of its own, which was not released. This one learns nothing: the
low-resolution fill is enlarged, and each of its patches takes the fine detail of the known patch that it resembles.
Images are RGB in [-1, 1], masks 1 = hole.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["enlarge", "guided", "match", "reduce"]

PATCH, STRIDE = 8, 4
"""ours: side and distance, in low-resolution pixels, of the patches that are matched and copied."""
CHUNK = 512  # queries at once: keeps the distances of one chunk below 10 MB at a working size of 256


def reduce(blank: Tensor, mask: Tensor, scale: int) -> tuple[Tensor, Tensor]:
    """Means of ``scale × scale`` blocks and their mask; a block with a hole pixel in it is hole, and 0."""
    small_mask = F.max_pool2d(mask, scale)
    return F.avg_pool2d(blank, scale) * (1 - small_mask), small_mask


def enlarge(small: Tensor, scale: int) -> Tensor:
    """Bicubic enlargement by a whole factor."""
    return F.interpolate(small, scale_factor=scale, mode="bicubic", align_corners=False)


def guided(high: Tensor, mask: Tensor, small: Tensor, small_mask: Tensor, scale: int) -> Tensor:
    """The enlarged fill with detail copied from the known parts.

    Detail is what the picture has beyond the enlarged low-resolution picture; overlapping patches are blended by a
    window. A picture without a wholly known patch has nothing to copy and stays the enlarged fill.

    Parameters
    ----------
    high, mask
        ``[N, 3, H, W]`` and ``[N, 1, H, W]``; H and W are ``scale`` times small's, which are multiples of 4.
    small, small_mask
        The low-resolution picture with its hole filled, and the hole that was filled.

    """
    base = enlarge(small, scale)
    detail = (high - base) * (1 - mask)
    return torch.cat([_add_detail(*parts, scale) for parts in zip(base, detail, small, small_mask, strict=True)])


def match(small: Tensor, small_mask: Tensor) -> tuple[Tensor, Tensor] | None:
    """For one picture ``[3, h, w]``: numbers of the patches that touch the hole, and of the known one nearest to each.

    Patches are numbered row by row; nearest in squared colour difference. None if no patch is wholly known.
    """
    patches = F.unfold(small[None], PATCH, stride=STRIDE)[0].T
    hole = F.unfold(small_mask[None], PATCH, stride=STRIDE)[0].amax(0) > 0
    keys = (~hole).nonzero()[:, 0]
    if not len(keys):
        return None
    queries = hole.nonzero()[:, 0]
    known = patches[keys]
    sizes = known.square().sum(1)
    # the query's own size is the same for every key
    best = [(sizes - 2 * patches[part] @ known.T).argmin(1) for part in queries.split(CHUNK)]
    return queries, keys[torch.cat(best)] if best else queries


def _add_detail(base: Tensor, detail: Tensor, small: Tensor, small_mask: Tensor, scale: int) -> Tensor:
    found = match(small, small_mask) if min(small.shape[-2:]) >= PATCH else None
    if found is None:
        return base[None]
    queries, keys = found
    side = STRIDE * scale
    rows, columns = (n // STRIDE for n in small.shape[-2:])
    blocks = F.unfold(detail[None], side, stride=side)[0]
    added, weight = torch.zeros_like(blocks), torch.zeros_like(blocks)
    window = _window(2 * side).to(base)
    for down in (0, 1):
        for right in (0, 1):
            part = window[down * side :, right * side :][:side, :side].flatten().repeat(len(detail))
            source, target = (_block(numbers, columns, down, right) for numbers in (keys, queries))
            added[:, target] += part[:, None] * blocks[:, source]
            weight[:, target] += part[:, None]
    mean = added / torch.where(weight > 0, weight, 1.0)  # the windows sum to less along the picture's edge
    return base[None] + F.fold(mean[None], (rows * side, columns * side), side, stride=side)


def _block(numbers: Tensor, columns: int, down: int, right: int) -> Tensor:
    """Number of a patch's quadrant among the blocks of ``STRIDE`` pixels, of which a patch spans two by two."""
    across = columns - 1
    return (numbers // across + down) * columns + numbers % across + right


def _window(side: int) -> Tensor:
    """A raised cosine: shifted by half of its side, it sums to 1."""
    wave = 0.5 - 0.5 * torch.cos(2 * torch.pi * (torch.arange(side) + 0.5) / side)
    return wave[:, None] * wave
