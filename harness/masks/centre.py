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
        """Mark rows and columns from a quarter to three quarters; draws nothing from `rng`."""
        hole = np.zeros((height, width), np.bool_)
        hole[round(height / 4) : round(3 * height / 4), round(width / 4) : round(3 * width / 4)] = True
        return hole
