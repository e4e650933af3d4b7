"""What is filled while the clock runs: shipped photographs of any size, with a hole in the middle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from harness.datasets.photos import Photos
from harness.runner.units import Unit
from harness.store.timings import Inputs

__all__ = ["HOW", "Pictures", "centred_hole", "square"]

HOW = "the middle of each at its own scale, mirrored outwards where it is too small; pixels of the hole blanked"


def square(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The middle square of a picture [H,W,3], [side,side,3]; where it is too small it goes on as its mirror image.

    ours: a picture that is resized to 4096 px has no detail left, which is easier to match and to compress than the
    real thing; its mirror image has as much as the picture.
    """
    missing = [max(0, side - length) for length in pixels.shape[:2]]
    room = [(gap // 2, gap - gap // 2) for gap in missing]
    grown = np.pad(pixels, (*room, (0, 0)), mode="symmetric")
    top, left = ((length - side) // 2 for length in grown.shape[:2])
    return np.ascontiguousarray(grown[top : top + side, left : left + side])


def centred_hole(side: int, share: float) -> NDArray[np.bool_]:
    """A mask [side,side], True in a centred square of about `share` of the area, one pixel at least."""
    inside = min(side - 1, max(1, round(side * math.sqrt(share))))
    start = (side - inside) // 2
    mask = np.zeros((side, side), bool)
    mask[start : start + inside, start : start + inside] = True
    return mask


class Pictures:
    """Shipped photographs in the order of the turns.

    Args:
        turns: how many are needed; they begin anew where there are fewer.
        hole: share of the area.
    """

    def __init__(self, turns: int, hole: float) -> None:
        self._photos = Photos("native")
        ids = self._photos.ids()
        self._ids = tuple(ids[turn % len(ids)] for turn in range(turns))
        self._hole = hole

    def inputs(self) -> Inputs:
        """What a file of timings says of them."""
        photos = self._photos
        return Inputs("photos[view=native]", photos.version, photos.content_hash(), self._ids, HOW)

    def unit(self, turn: int, side: int) -> Unit:
        """The picture of a turn at a size, as a run hands it on; nobody judges it, so it has no hashes."""
        sample = self._photos.load(self._ids[turn])
        mask = centred_hole(side, self._hole)
        return Unit(f"{sample.id}@{side}", sample.cluster, square(sample.image, side), mask, None, "", "", "")
