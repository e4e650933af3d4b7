"""Rectangular holes: the centre square of context encoders, and a box anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.masks.seeded import SeededMasks

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["CentreSquare", "Rectangle"]

BOX, DELTA, SIDE = 128, 32, 256
"""Pixels at a picture of 256²: the box's sides, by how much they may shrink, and the picture's side."""


class CentreSquare(SeededMasks):
    """The central rectangle with half of either side, after Pathak et al., CVPR 2016: no chance in it."""

    name = "centre-square"

    def __init__(self) -> None:
        super().__init__()

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Mark the middle half of the rows and of the columns; draws nothing from `rng`."""
        hole = np.zeros((height, width), np.bool_)
        rows, columns = round(height / 2), round(width / 2)
        top, left = (height - rows) // 2, (width - columns) // 2
        hole[top : top + rows, left : left + columns] = True
        return hole


class Rectangle(SeededMasks):
    """One box anywhere inside: half of either side, each less up to an eighth of the picture's.

    After Yu et al., "Generative Image Inpainting with Contextual Attention", CVPR 2018 (DeepFill): a box of 128² in
    256², each of its sides shrunk on both ends by the same 0 to 16 pixels. Area in [0.14, 0.25].
    """

    name = "rectangle"

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw the place, then how much each side shrinks. ours: lengths scale with the picture's sides.

        Raises:
            ValueError: an image of less than two pixels a side.
        """
        if min(height, width) < 2:
            raise ValueError(f"no rectangle fits into {height}×{width} pixels")
        hole = np.zeros((height, width), np.bool_)
        edges = []
        for side in (height, width):
            length, most = round(side * BOX / SIDE), round(side * DELTA / SIDE / 2)
            start, shrunk = int(rng.integers(side - length + 1)), int(rng.integers(most + 1))
            edges.append(slice(start + shrunk, start + length - shrunk))
        hole[edges[0], edges[1]] = True
        return hole
