"""How TensorFlow 1 and OpenCV pad and resize, in torch, separable and row by row.

HiFill's weights were trained under TensorFlow 1: ``SAME`` padding puts the odd pixel below and to the right, and its
*legacy* resize has no half-pixel shift (source = index * source size / target size). Positions are float32, as there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "Taps",
    "TapsOf",
    "at_cols",
    "at_rows",
    "centred_taps",
    "double",
    "halve",
    "legacy_taps",
    "nearest_index",
    "pad_same",
    "resize",
    "sample",
]


class Taps(NamedTuple):
    """Where each target index of one axis reads: ``low`` and ``high`` (int64), ``weight`` of ``high`` in [0, 1]."""

    low: Tensor
    high: Tensor
    weight: Tensor

    def at(self, index: Tensor) -> Taps:
        """The taps of these target indices only."""
        return Taps(self.low[index], self.high[index], self.weight[index])


TapsOf = Callable[[int, int, torch.device], Taps]
"""(source size, target size, device) -> taps."""


def _taps(place: Tensor, source: int) -> Taps:
    low = place.floor()
    high = (low + 1).clamp(max=source - 1)
    return Taps(low.long(), high.long(), place - low)


def legacy_taps(source: int, target: int, device: torch.device) -> Taps:
    """Bilinear resize of TensorFlow 1 (``align_corners=False``): no half-pixel shift."""
    scale = torch.tensor(source, dtype=torch.float32) / target
    place = torch.arange(target, dtype=torch.float32) * scale
    return Taps(*(tap.to(device) for tap in _taps(place.clamp(max=source - 1), source)))


def centred_taps(source: int, target: int, device: torch.device) -> Taps:
    """Bilinear resize of OpenCV (``INTER_LINEAR``): pixel centres agree, no antialiasing."""
    place = (torch.arange(target, dtype=torch.float64) + 0.5) * (source / target) - 0.5
    return Taps(*(tap.to(device) for tap in _taps(place.clamp(0, source - 1).float(), source)))


def nearest_index(source: int, target: int, device: torch.device) -> Tensor:
    """``[target]`` source indices of a nearest resize, TensorFlow 1's and OpenCV's: floor(index * source / target)."""
    scale = torch.tensor(source, dtype=torch.float32) / target
    place = (torch.arange(target, dtype=torch.float32) * scale).floor()
    return place.clamp(max=source - 1).long().to(device)


def at_rows(image: Tensor, rows: Taps) -> Tensor:
    """``[..., H, W]`` read at every row tap."""
    tops, bottoms = (image.index_select(-2, index) for index in (rows.low, rows.high))
    return torch.lerp(tops, bottoms, rows.weight.to(image.dtype)[:, None])


def at_cols(image: Tensor, cols: Taps) -> Tensor:
    """``[..., H, W]`` read at every column tap: slower an entry than rows, for memory lies along them."""
    left, right = (image.index_select(-1, index) for index in (cols.low, cols.high))
    return torch.lerp(left, right, cols.weight.to(image.dtype))


def sample(image: Tensor, rows: Taps, cols: Taps) -> Tensor:
    """``[..., H, W]`` read at every pair of a row tap and a column tap."""
    return at_cols(at_rows(image, rows), cols)


def resize(image: Tensor, height: int, width: int, taps: TapsOf = legacy_taps) -> Tensor:
    """Bilinear resize of ``[..., H, W]``."""
    if image.shape[-2:] == (height, width):
        return image
    sides = zip(image.shape[-2:], (height, width), strict=True)
    return sample(image, *(taps(source, target, image.device) for source, target in sides))


def _interleaved(x: Tensor, axis: int) -> Tensor:
    after = torch.cat([x.narrow(axis, 1, x.shape[axis] - 1), x.narrow(axis, x.shape[axis] - 1, 1)], axis)
    return torch.stack([x, torch.lerp(x, after, 0.5)], axis + 1).flatten(axis, axis + 1)


def double(image: Tensor) -> Tensor:
    """`resize` of ``[N, C, H, W]`` to twice its size: copies and midpoints in turn. Much cheaper to train through."""
    return _interleaved(_interleaved(image, 2), 3)


def halve(image: Tensor) -> Tensor:
    """`resize` of ``[..., H, W]`` with even sides to half its size: every second pixel."""
    return image[..., ::2, ::2]


def pad_same(image: Tensor, kernel: int, stride: int, dilation: int = 1) -> Tensor:
    """Zero padding by TensorFlow's ``SAME``: ceil(size / stride) outputs, the odd pixel below and to the right."""
    sides: list[int] = []
    for size in (image.shape[-1], image.shape[-2]):
        total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
        sides += [total // 2, total - total // 2]
    return F.pad(image, sides)
