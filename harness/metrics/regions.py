"""Which pixels a metric counts (`name@region`), and means over them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError, UnknownName
from harness.interfaces import MetricBatch

__all__ = [
    "REGIONS",
    "boundary_radius",
    "counted",
    "dilate",
    "erode",
    "known_only",
    "masked_mean",
    "region_mask",
    "whole_image_only",
]

REGIONS = ("hole", "known", "boundary")


def boundary_radius(side: int) -> int:
    """Half the width of the band around the hole's edge: max(2 px, 1 % of ``side``), rounded half up."""
    return max(2, (side + 50) // 100)


def _running_max(values: Tensor, length: int, dim: int) -> Tensor:
    """Largest of ``length`` neighbours along ``dim``, by doubling: log2(length) passes instead of a window's length."""
    reached = 1
    while reached < length:
        step = min(reached, length - reached)
        keep = values.shape[dim] - step
        values = torch.maximum(values.narrow(dim, 0, keep), values.narrow(dim, step, keep))
        reached += step
    return values


def dilate(mask: Tensor, radius: int) -> Tensor:
    """Grow what is 1 in ``mask [N,1,H,W]`` by ``radius`` pixels, diagonals included (a square element)."""
    padded = F.pad(mask, (radius, radius, radius, radius))
    return _running_max(_running_max(padded, 2 * radius + 1, -1), 2 * radius + 1, -2)


def erode(mask: Tensor, radius: int) -> Tensor:
    """Shrink what is 1 in ``mask [N,1,H,W]`` by ``radius`` pixels; the image's border is no edge."""
    return 1 - dilate(1 - mask, radius)


def region_mask(mask: Tensor, region: str, side: int | None = None) -> Tensor:
    """The pixels of a region: ``[N,1,H,W]`` float32, 1 = counted.

    Args:
        mask: ``[N,1,H,W]``, 1 = hole.
        region: ``hole``; ``known`` (the rest); ``boundary`` (pixels within ``boundary_radius(side)`` of the hole's
            edge on either side: dilation minus erosion, square element).
        side: the side the band's width is 1 % of; None means the longer side of the picture.

    Raises:
        UnknownName: another region.

    Example:
        >>> region_mask(torch.eye(4)[None, None], "known").sum()
        tensor(12.)
    """
    hole = (mask > 0.5).to(torch.float32)
    if region == "hole":
        return hole
    if region == "known":
        return 1 - hole
    if region == "boundary":
        radius = boundary_radius(max(mask.shape[-2:]) if side is None else side)
        return dilate(hole, radius) - erode(hole, radius)
    raise UnknownName("region", region, REGIONS, "harness list metrics")


def counted(batch: MetricBatch, region: str, metric: str) -> Tensor | None:
    """The batch's region for a metric restricted to one, None for the whole image.

    Raises:
        HarnessError: a region is asked for and the batch has none (a task without masks).
    """
    if not region:
        return None
    if batch.region is None:
        raise HarnessError(f"{metric}@{region} needs a mask, and this task gives none: ask for {metric} instead")
    return batch.region


def whole_image_only(region: str, metric: str, instead: str = "") -> None:
    """Refuse a region for a metric that has none.

    Raises:
        HarnessError: a region is asked for; names ``instead``, a metric that has regions, where there is one.
    """
    if region:
        other = f", or for {instead}@{region}" if instead else ""
        raise HarnessError(f"{metric} judges whole images: ask for it without @{region}{other}")


def known_only(region: str, metric: str) -> None:
    """Refuse anything but ``known`` for a metric of what lies outside the mask (by `HarnessError`)."""
    if region != "known":
        raise HarnessError(f"{metric} judges what lies outside the mask: ask for {metric}@known")


def masked_mean(values: Tensor, region: Tensor | None) -> Tensor:
    """Mean of ``values [N,C,H,W]`` over channels and counted pixels: ``[N]``, NaN where no pixel is counted."""
    if region is None:
        return values.mean((1, 2, 3))
    total = (values * region).sum((1, 2, 3))
    return total / (region.sum((1, 2, 3)) * values.shape[1])
