"""What the kit shows: real photographs and holes off the centre, in numpy, so that a fresh process is quick."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.datasets.photos import Photos

__all__ = ["Size", "hole", "photograph", "spearman"]

Size = tuple[int, int]


@lru_cache(maxsize=1)
def _photos() -> Photos:
    return Photos("native")


@lru_cache(maxsize=256)
def photograph(number: int, height: int, width: int) -> NDArray[np.uint8]:
    """uint8 H×W×3: the largest centred part of the shipped photograph with this aspect, resized. Not to be changed."""
    ids = _photos().ids()
    pixels = _photos().load(ids[number % len(ids)]).image
    scale = min(pixels.shape[0] / height, pixels.shape[1] / width)
    rows, columns = max(1, int(height * scale)), max(1, int(width * scale))
    top, left = (pixels.shape[0] - rows) // 2, (pixels.shape[1] - columns) // 2
    part = Image.fromarray(np.ascontiguousarray(pixels[top : top + rows, left : left + columns]))
    return np.array(part.resize((width, height), Image.Resampling.BICUBIC))


def hole(size: Size, number: int = 0) -> NDArray[np.bool_]:
    """bool H×W: a box and a bar off the centre, symmetric in nothing; its place depends on `number`."""
    height, width = size
    mask = np.zeros(size, np.bool_)
    top, left = (height * (1 + number % 3)) // 8, (width * (1 + number % 2)) // 8
    mask[top : top + max(1, height // 3), left : left + max(1, width // 4)] = True
    mask[top : top + max(1, height // 10), left : left + max(1, width // 2)] = True
    return mask


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])


def spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Spearman's rank correlation, ties at their mean rank; NaN where either is constant or not finite."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])
