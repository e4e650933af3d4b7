"""Label maps as pictures, for people: a method is given the numbers."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

__all__ = ["label_colours"]

GOLDEN = 0.618033988749895
"""ours: hues this far apart (a turn is 1) are far from each other however many there are."""


def label_colours(labels: NDArray[np.int64]) -> NDArray[np.uint8]:
    """uint8 H×W×3 of the first of int64 [L, H, W] label maps: class 0 dark grey, every other one a hue of its own.

    A class has the same colour in every picture; negative ones (none) are black.
    """
    first = labels[0]
    classes = np.unique(first)
    table = np.array([_colour(int(label)) for label in classes], np.uint8)
    coloured: NDArray[np.uint8] = table[np.searchsorted(classes, first)]
    return coloured


def _colour(label: int) -> tuple[int, int, int]:
    if label <= 0:
        return (0, 0, 0) if label < 0 else (64, 64, 64)
    red, green, blue = colorsys.hsv_to_rgb(label * GOLDEN % 1.0, 0.65, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)
