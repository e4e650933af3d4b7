"""What a rater is shown: the pictures of a turn, and where to look first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import HarnessError
from harness.studies.model import DAMAGED, TRUTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.studies.model import Picture

    Pixels = NDArray[np.uint8]
    Hole = NDArray[np.bool_]

__all__ = ["CHECK_PX", "CHECK_SHIFT", "centre_of", "damaged", "hole_of", "picture_of", "window_of"]

CHECK_PX, CHECK_SHIFT = 8, 64
"""ours: a catch trial's damage is a chequerboard of 8-px squares, every other one a quarter of the range brighter (or
darker, where it is bright already), inside the hole: nobody who looks takes it for the photograph."""

WINDOW = 1024
"""ours: pixels a side that a browser is sent of a picture, around its hole; more than a screen shows of two at 1:1."""


def damaged(truth: Pixels, hole: Hole) -> Pixels:
    """The truth with a chequerboard in its hole.

    Args:
        truth: uint8 H×W×3. `hole`: bool H×W; where it is empty, the whole picture is damaged.
    """
    rows, columns = np.indices(truth.shape[:2]) // CHECK_PX
    where = ((rows + columns) % 2 == 0) & (hole if hole.any() else True)
    shifted = np.where(truth < 128, truth + np.uint8(CHECK_SHIFT), truth - np.uint8(CHECK_SHIFT))
    result: Pixels = np.where(where[..., None], shifted, truth).astype(np.uint8)
    return result


def hole_of(picture: Picture, read: Callable[[str], Pixels | None], shape: tuple[int, ...]) -> Hole:
    """The hole, bool H×W; all of the picture where it has no mask, or its mask was not kept."""
    mask = read(picture.mask) if picture.mask else None
    return np.ones(shape[:2], dtype=bool) if mask is None else np.asarray(mask > 127).reshape(shape[:2])


def centre_of(hole: Hole) -> tuple[int, int]:
    """(x, y) of the middle of the hole's bounding box; the picture's middle where there is no hole."""
    if not hole.any():
        return hole.shape[1] // 2, hole.shape[0] // 2
    rows, columns = np.nonzero(hole)
    return int(columns.min() + columns.max()) // 2, int(rows.min() + rows.max()) // 2


def picture_of(picture: Picture, who: str, read: Callable[[str], Pixels | None]) -> Pixels:
    """The pixels of an entry's output, of `TRUTH` or of `DAMAGED`, uint8 H×W×3.

    Args:
        read: pixels by hash, None where they are gone.

    Raises:
        HarnessError: the picture is not there any more.
    """
    name = picture.truth if who in (TRUTH, DAMAGED) else picture.outputs[who]
    pixels = read(name)
    if pixels is None:
        raise HarnessError(f"a picture of this study is gone ({name[:12]}…): its run was pruned, or run again")
    return damaged(pixels, hole_of(picture, read, pixels.shape)) if who == DAMAGED else pixels


def window_of(hole: Hole, most: int = WINDOW) -> tuple[slice, slice]:
    """Rows and columns of the picture that are shown: all of them, or `most` around the hole's middle."""
    x, y = centre_of(hole)
    return _around(y, hole.shape[0], most), _around(x, hole.shape[1], most)


def _around(middle: int, length: int, most: int) -> slice:
    start = min(max(middle - most // 2, 0), max(length - most, 0))
    return slice(start, min(start + most, length))
