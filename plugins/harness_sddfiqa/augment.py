"""What a training does to its pictures: mirror, shift, light, and now and then a fault (all of it ours)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["FAULTS", "disturb", "spoil"]

Picture = NDArray[np.uint8]
SHIFT = 2
LIGHT = 0.15


def disturb(picture: Picture, rng: np.random.Generator) -> Picture:
    """Mirror half of the time, move by up to two pixels (edges repeat), change gain and offset a little."""
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    x, y = rng.integers(-SHIFT, SHIFT + 1, 2)
    moved = np.float32([[1, 0, x], [0, 1, y]])
    side = picture.shape[1], picture.shape[0]
    shifted = cv2.warpAffine(np.ascontiguousarray(picture), moved, side, borderMode=cv2.BORDER_REPLICATE)
    gain, offset = rng.uniform(1 - LIGHT, 1 + LIGHT), 255 * rng.uniform(-LIGHT, LIGHT) / 2
    return _bytes(shifted * gain + offset)


def spoil(picture: Picture, rng: np.random.Generator) -> Picture:
    """One of `FAULTS`, of a strength that is even in [0, 1]; compression is never among them."""
    names = tuple(FAULTS)
    return FAULTS[names[int(rng.integers(len(names)))]](picture, float(rng.random()), rng)


def _blur(picture: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Up to a standard deviation of 6 pixels."""
    del rng
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.2 + 5.8 * strength), np.uint8)


def _noise(picture: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Gaussian, up to 70 levels."""
    return _bytes(picture + 70 * strength * rng.standard_normal(picture.shape, np.float32))


def _cover(picture: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """A box of one colour over up to half of the picture."""
    height, width = picture.shape[:2]
    h, w = (round(side * np.sqrt(strength / 2)) for side in (height, width))
    top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    covered = picture.copy()
    covered[top : top + h, left : left + w] = rng.integers(0, 256, 3)
    return covered


def _shrink(picture: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Down by up to 10 and up again."""
    del rng
    height, width = picture.shape[:2]
    factor = 1 + 9 * strength
    small = cv2.resize(picture, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _darken(picture: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Down to a thirtieth, with a little noise."""
    return _bytes(picture * 30.0**-strength + 2 * strength * rng.standard_normal(picture.shape, np.float32))


def _bytes(values: NDArray[Any]) -> Picture:
    found: Picture = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return found


FAULTS: Mapping[str, Callable[[Picture, float, np.random.Generator], Picture]] = MappingProxyType(
    {"blur": _blur, "noise": _noise, "cover": _cover, "shrink": _shrink, "darken": _darken}
)
