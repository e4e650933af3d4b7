"""Irregular holes by size of hole: wandering strokes and blobs, redrawn until the area is in the bin.

The bins are those of Liu et al., "Image Inpainting for Irregular Holes Using Partial Convolutions", ECCV
2018, half of whose test masks stay clear of the border.
ours: the generator. NVIDIA's mask files come from optical flow and may not be passed on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from harness.masks.seeded import SeededMasks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole

__all__ = ["BINS", "BORDER", "LARGEST_COORDFILL", "CoordFill25", "Irregular6", "Irregular12", "Irregular25To50",
           "Irregular40To60", "IrregularTo25", "draw_irregular"]  # fmt: skip

BINS = ((0.01, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 0.6))
BORDER = 50 / 512  # of the short side: how far the second half of the paper's masks keeps from the border
LARGEST_COORDFILL = 0.25
ATTEMPTS = 200
MARKS = 40
CROWDED = 4  # ours: so many times more marks where a frame of the picture must stay free
STROKE_SHARE = 0.7  # ours: strokes against blobs; most irregular masks in the literature are stroke-like
BLOB_CORNERS = 48


def draw_irregular(
    rng: np.random.Generator, height: int, width: int, bounds: tuple[float, float], *, border: int = 0
) -> Hole:
    """Draw one mask: bool H×W, True = hole, with an area in (low, high] of `bounds` and `border` free pixels around.

    Marks are added until the area passes a goal drawn from the bounds; it starts again if it leaves them.

    Raises:
        ValueError: an image too small to hit the bounds (below some 16 pixels a side).
    """
    low, high = bounds
    free = np.ones((height, width), np.uint8)
    if border:
        free[:border], free[-border:], free[:, :border], free[:, -border:] = 0, 0, 0, 0
    for _ in range(ATTEMPTS):
        goal = rng.uniform(low, high)
        canvas = np.zeros((height, width), np.uint8)
        for _ in range(MARKS * CROWDED if border else MARKS):
            _add_mark(canvas, rng, math.sqrt(goal * height * width))
            canvas *= free
            area = float(canvas.mean())
            if area >= goal:
                break
        if low < area <= high:
            return canvas.astype(bool)
    raise ValueError(f"no irregular mask of {low}-{high} of the area fits into {height}×{width} pixels")


class Irregular6(SeededMasks):
    """Six masks a sample: the k-th has an area in (low, high] of the k-th of `BINS`."""

    name = "irregular-6"

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed, count=len(BINS))

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw in the k-th bin."""
        return draw_irregular(rng, height, width, BINS[k])


class Irregular12(SeededMasks):
    """Twelve masks a sample: the six of `BINS` anywhere, then the six at least `BORDER` of the short side inside."""

    name = "irregular-12"

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed, count=2 * len(BINS))

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw in bin k mod 6; from k = 6 on clear of the border."""
        border = round(BORDER * min(height, width)) if k >= len(BINS) else 0
        return draw_irregular(rng, height, width, BINS[k % len(BINS)], border=border)


class IrregularTo25(SeededMasks):
    """Small holes: an area in (0.01, 0.25]."""

    name = "irregular-to-25"
    bounds = (0.01, 0.25)

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw within the bounds."""
        return draw_irregular(rng, height, width, self.bounds)


class Irregular25To50(IrregularTo25):
    """Large holes: an area in (0.25, 0.5]."""

    name = "irregular-25-to-50"
    bounds = (0.25, 0.5)


class Irregular40To60(SeededMasks):
    """Two masks a sample, in the last two of `BINS`: what papers on faces call 40-60 %."""

    name = "irregular-40-to-60"

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed, count=2)

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw in (0.4, 0.5] for k = 0, in (0.5, 0.6] for k = 1."""
        return draw_irregular(rng, height, width, BINS[-2 + k])


class CoordFill25(SeededMasks):
    """Irregular masks of any bin, eroded until they cover at most a quarter, as CoordFill's were.

    After the authors' answers in NiFangBaAGe/CoordFill issues 2 and 6: the paper does not say it.
    """

    name = "coordfill-25"

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw in a bin chosen evenly, then erode by 3×3 until the area is in (0, 0.25]; again where nothing is left.

        Raises:
            ValueError: an image too small for an irregular mask (below some 16 pixels a side).
        """
        for _ in range(ATTEMPTS):
            hole = draw_irregular(rng, height, width, BINS[int(rng.integers(len(BINS)))]).astype(np.uint8)
            while hole.mean() > LARGEST_COORDFILL:
                hole = np.asarray(cv2.erode(hole, np.ones((3, 3), np.uint8)), np.uint8)
            if hole.any():
                return hole.astype(bool)
        raise ValueError(f"no irregular mask of at most {LARGEST_COORDFILL} fits into {height}×{width} pixels")


def _add_mark(canvas: NDArray[np.uint8], rng: np.random.Generator, size: float) -> None:
    """Add one mark. `size` is the side in pixels of a square as large as the whole hole shall be."""
    if rng.random() < STROKE_SHARE:
        points, brush = _stroke(rng, canvas.shape, size)
        cv2.polylines(canvas, [points], isClosed=False, color=1, thickness=brush)
    else:
        cv2.fillPoly(canvas, [_blob(rng, canvas.shape, size)], 1)


def _stroke(rng: np.random.Generator, shape: tuple[int, ...], size: float) -> tuple[NDArray[np.int32], int]:
    """A line whose heading drifts: some 8 to 20 short steps, in all one to three `size` long."""
    steps = int(rng.integers(8, 21))
    headings = rng.uniform(0, 2 * math.pi) + np.cumsum(rng.normal(0, 0.35, steps))
    stride = size * rng.uniform(1, 3) / steps
    start = rng.uniform(0, 1, 2) * (shape[1], shape[0])
    points = start + np.cumsum(stride * np.stack([np.cos(headings), np.sin(headings)], 1), axis=0)
    brush = max(1, round(size * rng.uniform(0.06, 0.2)))
    return points.round().astype(np.int32), brush


def _blob(rng: np.random.Generator, shape: tuple[int, ...], size: float) -> NDArray[np.int32]:
    """A closed curve around a random centre: a circle whose radius is disturbed by four low harmonics."""
    turn = np.linspace(0, 2 * math.pi, BLOB_CORNERS, endpoint=False)
    harmonics = np.arange(2, 6)[:, None]
    waves = np.cos(harmonics * turn + rng.uniform(0, 2 * math.pi, (4, 1))) * rng.normal(0, 0.18, (4, 1))
    radius = size * rng.uniform(0.15, 0.35) * np.clip(1 + waves.sum(0), 0.3, 1.8)
    centre = rng.uniform(0, 1, 2) * (shape[1], shape[0])
    corners = centre + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1)
    return np.asarray(corners.round(), np.int32)
