"""Irregular holes in six ratio bins: wandering strokes and blobs, redrawn until the area is in the bin.

The bins are those of Liu et al., "Image Inpainting for Irregular Holes Using Partial Convolutions", ECCV
2018.
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

__all__ = ["BINS", "Irregular6"]

BINS = ((0.01, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 0.6))
ATTEMPTS = 200
MARKS = 40
STROKE_SHARE = 0.7  # ours: strokes against blobs; most irregular masks in the literature are stroke-like
BLOB_CORNERS = 48


class Irregular6(SeededMasks):
    """Six masks a sample: the k-th has an area in (low, high] of the k-th of `BINS`."""

    name = "irregular-6"

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed, count=len(BINS))

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Add marks until the area passes a goal drawn from the bin; start again if it leaves the bin.

        Raises:
            ValueError: an image too small to hit the bin (below some 16 pixels a side).
        """
        low, high = BINS[k]
        for _ in range(ATTEMPTS):
            goal = rng.uniform(low, high)
            canvas = np.zeros((height, width), np.uint8)
            for _ in range(MARKS):
                _add_mark(canvas, rng, math.sqrt(goal * height * width))
                area = float(canvas.mean())
                if area >= goal:
                    break
            if low < area <= high:
                return canvas.astype(bool)
        raise ValueError(f"no irregular mask of {low}-{high} of the area fits into {height}×{width} pixels")


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
