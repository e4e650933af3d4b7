"""The centre square of context encoders: no chance in it, a quarter of the area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.masks.seeded import SeededMasks

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["CentreSquare"]


class CentreSquare(SeededMasks):
    """The central rectangle with half of either side, after Pathak et al., CVPR 2016."""

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
