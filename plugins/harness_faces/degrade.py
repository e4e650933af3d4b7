"""Degradations of a finished picture, each with a strength from 0 (nothing) to 1 (hardly a face)."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["KINDS", "degrade"]

Picture = NDArray[np.uint8]


def degrade(image: Picture, kind: str, strength: float, seed: int) -> Picture:
    """Return a degraded copy of a uint8 [H, W, 3] picture.

    The same seed gives the same noise and the same place of an occlusion. Raises `ValueError` for a kind that is not
    in `KINDS` and for a strength outside [0, 1].
    """
    if kind not in KINDS:
        raise ValueError(f"no degradation is called '{kind}': {', '.join(KINDS)}")
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"a strength lies in [0, 1], {strength} does not")
    if strength == 0.0:
        return image.copy()
    return _KINDS[kind](image, strength, np.random.default_rng([73, seed]))


def _blur(image: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Gaussian, standard deviation up to 6 pixels of 112."""
    sigma = 6.0 * strength * image.shape[1] / 112.0
    return _bytes(np.asarray(cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma)))


def _noise(image: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Gaussian, independent by channel, standard deviation up to 70 levels."""
    return _bytes(image + rng.normal(0.0, 70.0 * strength, image.shape))


def _occlusion(image: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """A rectangle of one colour over up to half of the picture's area, its place and form by chance."""
    height, width = image.shape[:2]
    wide = np.sqrt(0.5 * strength) * np.exp(rng.uniform(-0.3, 0.3))
    w, h = min(wide, 1.0) * width, min(0.5 * strength / min(wide, 1.0), 1.0) * height
    x, y = rng.uniform(0.0, width - w), rng.uniform(0.0, height - h)
    covered = image.copy()
    covered[round(y) : round(y + h), round(x) : round(x + w)] = rng.integers(0, 256, 3)
    return covered


def _compression(image: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """JPEG by Pillow, quality from 40 down to 2."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=round(40.0 - 38.0 * strength))
    with Image.open(buffer) as picture:
        return np.array(picture)


def _scale(image: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Down by a factor up to 10 (area means) and up again (cubic)."""
    height, width = image.shape[:2]
    factor = 1.0 + 9.0 * strength
    small = cv2.resize(image, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    return _bytes(np.asarray(cv2.resize(small.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)))


def _darkness(image: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Light down to a thirtieth, with the sensor's own noise of 2 levels, in whole levels."""
    return _bytes(image * 30.0**-strength + rng.normal(0.0, 2.0 * strength, image.shape))


def _bytes(values: NDArray[Any]) -> Picture:
    pixels: Picture = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels


_KINDS: Mapping[str, Callable[[Picture, float, np.random.Generator], Picture]] = MappingProxyType(
    {
        "blur": _blur,
        "noise": _noise,
        "occlusion": _occlusion,
        "compression": _compression,
        "scale": _scale,
        "darkness": _darkness,
    }
)
KINDS = tuple(_KINDS)
