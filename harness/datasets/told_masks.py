"""Masks that a list tells in words and not in files: runs of pixels, or polygons; each one text, which rows keep.

`runs H W start length …`: row by row, from 0. `columns H W length …`: COCO's, column by column, of 0 and 1 in turn.
`polygons x y x y … / x y …`: corners in pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["told_mask"]


def told_mask(text: str, size: tuple[int, int]) -> Hole:
    """The mask, bool H x W. Raises `HarnessError` where it is of another size than the picture, or cannot be read."""
    kind, *words = text.split()
    try:
        if kind == "polygons":
            return _filled(" ".join(words), size)
        height, width, *numbers = (int(word) for word in words)
    except ValueError as error:
        raise HarnessError(f"a list's mask cannot be read: {text[:60]}…") from error
    if (height, width) != size:
        raise HarnessError(f"a list's mask is {width}×{height}, its picture {size[1]}×{size[0]}: they must agree")
    if kind == "runs":
        return _runs(numbers, height * width).reshape(height, width)
    return _columns(numbers, height * width).reshape(width, height).T


def _runs(numbers: list[int], count: int) -> Hole:
    flat = np.zeros(count, bool)
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        flat[start : start + length] = True
    return flat


def _columns(lengths: list[int], count: int) -> Hole:
    if sum(lengths) != count:
        raise HarnessError(f"a list's mask counts {sum(lengths)} pixels of {count}")
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)


def _filled(text: str, size: tuple[int, int]) -> Hole:
    import cv2

    filled = np.zeros(size, np.uint8)
    for polygon in text.split("/"):
        corners = np.array(polygon.split(), np.float64).reshape(-1, 2)
        # a corner between pixels goes to the nearest: half a pixel from pycocotools at most
        cv2.fillPoly(filled, [np.rint(corners - 0.5).astype(np.int32)], 1)
    return filled.astype(bool)
