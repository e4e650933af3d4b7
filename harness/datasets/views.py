"""How a picture of any size is shown to a task: as it is, or as a centre square of a fixed side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.interfaces import Pixels

__all__ = ["VIEWS", "apply_view"]

# The words are part of a data set's content hash: whoever changes the rule changes them.
VIEWS = {
    "native": "as decoded",
    "square-256": "centre square (top and left rounded down), Pillow bicubic with antialiasing to 256 x 256",
}
SQUARE_SIDE = 256


def apply_view(pixels: Pixels, view: str) -> Pixels:
    """uint8 H×W×3 in one of `VIEWS`: unchanged, or [256, 256, 3]. Raises `HarnessError` for another name."""
    if view not in VIEWS:
        raise HarnessError(f"unknown view '{view}': choose {' or '.join(VIEWS)}")
    return pixels if view == "native" else _centre_square(pixels)


def _centre_square(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(np.ascontiguousarray(pixels[top : top + side, left : left + side]))
    # A reducing gap would be faster and a little different; None is the exact filter.
    return np.array(square.resize((SQUARE_SIDE, SQUARE_SIDE), Image.Resampling.BICUBIC, reducing_gap=None))
