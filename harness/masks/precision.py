"""How exactly a region's mask follows its object: a series from the silhouette itself to its box.

Xie et al. (SmartBrush, CVPR 2023, arXiv:2212.05034): a precision s in 0 … S, s = 0 the exact mask, s = S its bounding
box, between them a Gaussian blur that grows with s. The paper's text that could be read gives neither S nor the
blurs nor the threshold: those here are ours. Training and evaluation take them from this one place.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole

__all__ = ["COARSEST", "SIGMAS", "THRESHOLD", "bounding_box", "coarse"]

COARSEST: Final = 5
"""ours: S, the precision of a box."""
SIGMAS: Final = (0.04, 0.08, 0.16, 0.32)
"""ours: of s = 1 … 4, in geometric means of the box's sides, so that a series looks alike at every size."""
THRESHOLD: Final = 0.2
"""ours: what a blurred mask (1 inside, 0 outside) must reach; a straight edge moves out by 0.84 sigma."""


def coarse(mask: Hole, s: int) -> Hole:
    """Return the mask of precision ``s`` for an exact one: bool H x W, True = region.

    ``m_0 = mask``, ``m_5 = box(mask)``, and between ``m_s = m_(s-1) or (blur(mask, sigma_s) >= THRESHOLD and box)``:
    every mask of a series holds the one before (ours), so that no object sticks out of a mask and the box is the
    coarsest. No chance in it. An empty mask stays empty. Raises `ValueError` for another ``s`` than 0 … 5.
    """
    if not 0 <= s <= COARSEST:
        raise ValueError(f"precision runs from 0 (exact) to {COARSEST} (box), not {s}")
    box = bounding_box(mask)
    if s == COARSEST or not box.any():
        return box
    side = math.sqrt(int(box.sum()))
    region = mask.copy()
    for share in SIGMAS[:s]:
        region |= box & (_blurred(mask, share * side) >= THRESHOLD)
    return region


def bounding_box(mask: Hole) -> Hole:
    """Return the smallest upright rectangle about a mask, bool H x W; nothing about nothing."""
    box = np.zeros_like(mask)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows):
        box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box


def _blurred(mask: Hole, sigma: float) -> NDArray[np.float32]:
    """Blur by a Gaussian cut off at 4 sigma; nothing of the object lies outside of the picture."""
    width = 2 * math.ceil(4 * sigma) + 1
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (width, width), sigma, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred, np.float32)
