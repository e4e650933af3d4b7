"""Step 3 of GQA-Inpaint: a mask's edge made exact. The paper takes CascadePSP; here GrabCut, which needs no file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from harness_gqa.outlines import one_piece
from harness_gqa.segmenters import grab

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

__all__ = ["REFINERS", "Refiner"]

BAND = 0.06
"""ours: half the width of the doubtful band about a mask's edge, of the root of its area."""
Refiner = Callable[["Pixels", "Hole"], "Hole"]
"""A picture uint8 H×W×3 and a mask of it -> the mask with a better edge, bool H×W."""


def _grabcut(pixels: Pixels, mask: Hole) -> Hole:
    """What lies deep in the mask is the object, what lies far outside is not; GrabCut decides about the band between.

    A mask of which nothing would remain (a band everywhere) stays as it is.
    """
    reach = max(2, round(BAND * float(np.sqrt(mask.sum()))))
    square = np.ones((2 * reach + 1,) * 2, np.uint8)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    more = 3 * reach
    part = np.s_[max(rows[0] - more, 0) : rows[-1] + 1 + more, max(columns[0] - more, 0) : columns[-1] + 1 + more]
    small = mask[part].astype(np.uint8)
    marks = np.full(small.shape, cv2.GC_BGD, np.uint8)
    marks[cv2.dilate(small, square) > 0] = cv2.GC_PR_BGD
    marks[small > 0] = cv2.GC_PR_FGD
    marks[cv2.erode(small, square) > 0] = cv2.GC_FGD
    better = np.zeros_like(mask)
    better[part] = one_piece(grab(np.ascontiguousarray(pixels[part]), marks))
    return better if better.any() else mask


def _as_it_is(pixels: Pixels, mask: Hole) -> Hole:
    return mask


REFINERS: dict[str, Refiner] = {"grabcut": _grabcut, "none": _as_it_is}
