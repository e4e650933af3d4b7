"""Two fills that look at no structure at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from harness_classical.filler import Filler

if TYPE_CHECKING:
    from harness_classical.filler import Hole, Picture

__all__ = ["Mean", "Nearest"]


class Mean(Filler):
    """The mean of the known pixels, channel by channel."""

    def fill(self, image: Picture, hole: Hole) -> Picture:
        """One colour everywhere."""
        return np.broadcast_to(image[~hole].mean(axis=0, dtype=np.float64), image.shape).astype(np.float32)


class Nearest(Filler):
    """Every pixel takes the colour of the known pixel at the smallest Euclidean distance."""

    def fill(self, image: Picture, hole: Hole) -> Picture:
        """Voronoi cells of the hole's border; ties are broken by scipy's exact distance transform."""
        rows, columns = distance_transform_edt(hole, return_distances=False, return_indices=True)
        filled: Picture = image[rows, columns]
        return filled
