"""Masks as steps 2 and 3 of GQA-Inpaint handle them: one piece, its box, how well that agrees, grown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["Box", "agreement", "grown", "one_piece", "pieces"]

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels; the last column and row are x1 - 1 and y1 - 1."""


def one_piece(mask: Hole) -> Hole:
    """The largest connected piece of a mask (bool H×W, neighbours by sides), its holes filled; nothing of nothing."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    outlines, _ = cv2.findContours((labels == largest).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, list(outlines), -1, color=1, thickness=cv2.FILLED)
    return filled > 0


def pieces(mask: Hole, least: int) -> list[Hole]:
    """Connected pieces of a mask that have `least` pixels or more."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    return [labels == k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] >= least]


def agreement(mask: Hole, box: Box) -> float:
    """IoU of a mask's own upright box with an object's, in [0, 1]; 0 of an empty mask.

    ours: of the box and not of the mask itself, which would prefer whatever fills the box to a slim object.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0.0
    own = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    width, height = (min(own[k + 2], box[k + 2]) - max(own[k], box[k]) for k in (0, 1))
    both = max(width, 0) * max(height, 0)
    return both / (_area(own) + _area(box) - both)


def grown(mask: Hole, side: int) -> Hole:
    """Dilated by a square of `side` x `side` ones (odd), as the paper's 11 x 11 structuring element."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
