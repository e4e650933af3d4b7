"""Holes with the outline of an object, laid over photographs.

Not object removal: what stands under the hole is the photograph's own content, so the truth is known exactly.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from harness.masks.seeded import SeededMasks
from harness.masks.silhouettes import silhouette

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole
    from harness.masks.outlines import Polygon

__all__ = ["LARGEST", "SMALLEST", "ObjectHoles"]

SMALLEST, LARGEST = 0.03, 0.35  # ours: the area bounds; an object in the middle distance up to a close one
ATTEMPTS = 200
SUBPIXEL_BITS = 4


class ObjectHoles(SeededMasks):
    """One silhouette a mask: mirrored, turned a little, scaled and placed; area in [0.03, 0.35]."""

    name = "object-holes"

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw silhouettes until one has an area within bounds, counting only what lies inside the image.

        Raises:
            ValueError: an image too small for it (a few pixels a side).
        """
        for _ in range(ATTEMPTS):
            canvas = np.zeros((height, width), np.uint8)
            for piece in _placed(rng, silhouette(rng), height, width):
                cv2.fillPoly(canvas, [piece], 1, shift=SUBPIXEL_BITS)
            if SMALLEST <= canvas.mean() <= LARGEST:
                return canvas.astype(bool)
        raise ValueError(f"no object silhouette fits into {height}×{width} pixels")


def _placed(rng: np.random.Generator, pieces: list[Polygon], height: int, width: int) -> list[NDArray[np.int32]]:
    """Polygons of the unit square in pixels, as fixed-point numbers with `SUBPIXEL_BITS` binary places."""
    turn = rng.normal(0, 0.15)
    cos, sin = math.cos(turn), math.sin(turn)
    size = rng.uniform(0.6, 1.25) * min(height, width)
    mirror = rng.choice([-1.0, 1.0])
    matrix = size * np.array([[cos, sin], [-sin, cos]]) * [[mirror], [1.0]]
    centre = rng.uniform(0.3, 0.7, 2) * (width, height)
    fixed_point = 2**SUBPIXEL_BITS
    return [np.asarray(((centre + (piece - 0.5) @ matrix) * fixed_point).round(), np.int32) for piece in pieces]
