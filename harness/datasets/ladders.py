"""Ladders: photographs under one distortion at rising strength, for assessors that need no opinions to be judged."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from harness.datasets.photos import Photos
from harness.errors import HarnessError, UnknownName
from harness.interfaces import Sample

if TYPE_CHECKING:
    from harness.interfaces import Pixels

__all__ = ["KINDS", "Ladders", "distorted"]

Step = Callable[["Pixels", float, int], "Pixels"]


def _blur(pixels: Pixels, sigma: float, seed: int) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def _noise(pixels: Pixels, sigma: float, seed: int) -> Pixels:
    grain = np.random.default_rng(seed).standard_normal(pixels.shape, np.float32)
    return np.clip(np.rint(pixels + sigma * grain), 0, 255).astype(np.uint8)


def _jpeg(pixels: Pixels, quality: float, seed: int) -> Pixels:
    return _through(pixels, format="JPEG", quality=int(quality), subsampling=2)


def _jpeg2000(pixels: Pixels, rate: float, seed: int) -> Pixels:
    return _through(pixels, format="JPEG2000", quality_mode="rates", quality_layers=[rate], irreversible=True)


def _contrast(pixels: Pixels, share: float, seed: int) -> Pixels:
    mean = pixels.mean((0, 1), keepdims=True)
    return np.asarray(np.clip(np.rint(mean + share * (pixels - mean)), 0, 255), np.uint8)


def _banding(pixels: Pixels, levels: float, seed: int) -> Pixels:
    step = 255 / (levels - 1)
    return np.rint(np.rint(pixels / step) * step).astype(np.uint8)


def _through(pixels: Pixels, **options: object) -> Pixels:
    """A picture written and read again by Pillow."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **options)  # type: ignore[arg-type]  # its options are its formats'
    return np.asarray(Image.open(file).convert("RGB"), np.uint8)


KINDS: Mapping[str, tuple[Step, tuple[float, ...]]] = {
    "blur": (_blur, (0.6, 1.0, 1.7, 2.8, 4.5)),
    "noise": (_noise, (3, 7, 14, 25, 45)),
    "jpeg": (_jpeg, (60, 35, 20, 10, 5)),
    "jpeg2000": (_jpeg2000, (16, 32, 64, 120, 240)),
    "contrast": (_contrast, (0.8, 0.6, 0.45, 0.3, 0.18)),
    "banding": (_banding, (32, 20, 12, 8, 5)),
}
"""ours: kind → how, and five levels from hardly visible to gross: Gaussian blur (standard deviation, px), white noise
(standard deviation, of 255), JPEG (quality, 4:2:0), JPEG 2000 (compression ratio), contrast about the mean colour
(share that is left), banding (levels a channel). Level 0 is the photograph itself."""


def distorted(pixels: Pixels, kind: str, level: int, name: str) -> Pixels:
    """A photograph at a level of a ladder; the noise of one name is the same at all its levels but for its strength."""
    if not level:
        return pixels
    how, levels = KINDS[kind]
    return how(pixels, levels[level - 1], int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))


class Ladders:
    """Ladders over the first `photographs` of `photos[view=square-256]`: one of each kind, six steps each.

    Sample ids are `photo/kind/level`; `reference` is the photograph. `truth` holds its name (`reference`), `kind`,
    `strength` (the level).
    """

    version = "1"

    def __init__(self, photographs: int = 12) -> None:
        self._photos = Photos("square-256")
        if not 1 <= photographs <= len(self._photos):
            raise HarnessError(f"ladders: {photographs} photographs; there are 1 to {len(self._photos)}")
        self._names = tuple(self._photos.ids())[:photographs]

    def __len__(self) -> int:
        return len(self.ids())

    def ids(self) -> Sequence[str]:
        """By photograph, kind and level."""
        steps = [(kind, level) for kind, (_, levels) in KINDS.items() for level in range(len(levels) + 1)]
        return tuple(f"{name}/{kind}/{level}" for name in self._names for kind, level in steps)

    def load(self, id: str) -> Sample:
        """Decode the photograph and distort it. Raises what `Photos.load` raises."""
        if id not in self.ids():
            raise UnknownName("step", id, self.ids(), "harness show ladders")
        name, kind, level = id.split("/")
        photo = self._photos.load(name)
        pixels = distorted(photo.image, kind, int(level), name)
        truth = {"reference": name, "kind": kind, "strength": int(level)}
        return Sample(id, photo.cluster, pixels, reference=photo.image, truth=truth)

    def content_hash(self) -> str:
        """sha256 over version, photographs and levels."""
        levels = {kind: list(values) for kind, (_, values) in KINDS.items()}
        return hashlib.sha256(
            f"{self.version} {self._photos.content_hash()} {self._names} {levels}".encode()
        ).hexdigest()

    def pairs(self) -> None:
        """No verification protocol."""

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """Those of the photographs that are shown."""
        rows = [dict(row) for row in self._photos.attribution()]
        return [{k: v for k, v in row.items() if k != "image"} for row in rows if row["image"] in self._names]
