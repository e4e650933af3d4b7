"""Label maps: files whose pixel values are classes and not colours."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from harness.datasets.decode import ImageError, image_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Pixels

__all__ = ["CMP_COLOURS", "decode_labels", "nearest_colour"]

_INDEXED = ("P", "L", "I", "I;16", "I;16B", "1")

CMP_COLOURS = (
    (0, 0, 170), (0, 0, 255), (0, 85, 255), (0, 170, 255), (0, 255, 255), (85, 255, 170),
    (170, 255, 85), (255, 255, 0), (255, 170, 0), (255, 85, 0), (255, 0, 0), (170, 0, 0),
)  # fmt: skip
"""known: the colours that CMP facades are drawn in, class 1 (background) to 12 (shop)."""


def decode_labels(data: bytes, name: str) -> NDArray[np.int64]:
    """int64 H×W of a file's own values: a palette's indices, grey values, 16-bit numbers. `name` is for errors.

    Raises:
        ImageError: it cannot be read, or has colours: then nothing says which class a colour is.
    """
    try:
        image_size(data)  # refuses what is no picture or too large, by its header
        with Image.open(io.BytesIO(data), formats=("PNG", "BMP", "TIFF", "GIF")) as image:
            mode = image.mode
            values = np.array(image)
    except Exception as error:  # Pillow's readers raise some twenty types on damaged files
        raise ImageError(f"{name}: no label map: {' '.join(str(error).split())[:120]}") from error
    if mode not in _INDEXED:
        raise ImageError(f"{name}: a label map of colours ({mode}); its values must be classes: one channel")
    return values.astype(np.int64)


def nearest_colour(pixels: Pixels, colours: Sequence[tuple[int, int, int]] = CMP_COLOURS) -> NDArray[np.int64]:
    """int64 H×W: 1 + the number of the nearest colour (squared RGB distance) of each pixel of uint8 H×W×3."""
    known = np.asarray(colours, np.int32)
    apart = ((pixels[:, :, None].astype(np.int32) - known) ** 2).sum(axis=3)
    return np.asarray(apart.argmin(axis=2) + 1, np.int64)
