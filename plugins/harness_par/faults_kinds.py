"""Six kinds of faults that fills have, each put into a part of a hole at a drawn strength (all numbers ours).

Every kind is a function of (picture uint8 H×W×3, part bool H×W, strength in [0, 1], generator) that answers with the
picture and with the pixels that are at fault, a part of ``part``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from harness_par.faults_region import feathered, laid_over, part

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

    Kind = Callable[[Pixels, Hole, float, np.random.Generator], tuple[Pixels, Hole]]

__all__ = ["KINDS", "Put", "blob", "blur", "broken", "ghost", "put", "repeat", "seam"]

TRIES = 6
VISIBLE = 2.0
"""Mean change over the fault, in levels of 255, below which nobody could see it: it is drawn again."""


class Put(NamedTuple):
    """A picture with a fault, its pixels, its strength in [0, 1]."""

    picture: Pixels
    artifact: Hole
    strength: float


def put(kind: str, picture: Pixels, hole: Hole, rng: np.random.Generator) -> Put | None:
    """Put a fault of a kind into a part of the hole; None where it could not be seen at any of six places.

    Raises `KeyError` for an unknown kind.
    """
    for _ in range(TRIES):
        strength = float(rng.random())
        spoilt, artifact = KINDS[kind](picture, part(hole, rng), strength, rng)
        if artifact.any():
            changed = np.abs(spoilt.astype(np.int16) - picture).max(2)[artifact]
            if changed.mean() >= VISIBLE:
                return Put(spoilt, artifact, strength)
    return None


def _between(low: float, high: float, strength: float) -> float:
    """From ``low`` at strength 0 to ``high`` at 1, by equal ratios."""
    return float(low * (high / low) ** strength)


def _line(region: Hole, rng: np.random.Generator) -> NDArray[np.float32]:
    """Signed distance H×W from a line of random direction through a random pixel of the region."""
    rows, columns = np.nonzero(region)
    chosen, angle = int(rng.integers(len(rows))), rng.uniform(0, 2 * np.pi)
    y, x = np.ogrid[: region.shape[0], : region.shape[1]]
    found: NDArray[np.float32] = ((x - columns[chosen]) * np.cos(angle) + (y - rows[chosen]) * np.sin(angle)).astype(
        np.float32
    )
    return found


def seam(picture: Pixels, region: Hole, strength: float, rng: np.random.Generator) -> tuple[Pixels, Hole]:
    """A step of tone along a line, which fades away on one side: at fault is where a third of it is left."""
    away = _line(region, rng)
    reach = rng.uniform(6, 20)
    step = _between(6, 70, strength) * rng.choice((-1, 1)) * (1 + 0.25 * rng.standard_normal(3))
    weights = np.where(away >= 0, np.exp(-away / reach), 0).astype(np.float32) * feathered(region, 4)
    artifact = region & (away >= -1.5) & (away <= 1.1 * reach)
    return laid_over(picture, picture + step.astype(np.float32), weights), artifact


def blur(picture: Pixels, region: Hole, strength: float, rng: np.random.Generator) -> tuple[Pixels, Hole]:
    """Detail lost to a Gaussian blur of 0.9 to 6 pixels."""
    del rng
    smooth = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), _between(0.9, 6, strength))
    return laid_over(picture, np.asarray(smooth, np.float32), feathered(region, 3)), region


def blob(picture: Pixels, region: Hole, strength: float, rng: np.random.Generator) -> tuple[Pixels, Hole]:
    """A patch of even colour, off its surroundings, more or less opaque, soft or hard at its edge."""
    offset = _between(8, 110, strength) * rng.choice((-1, 1)) + 0.4 * _between(8, 110, strength) * (
        rng.standard_normal(3)
    )
    colour = picture[region].mean(0) + offset
    opaque = rng.uniform(0.35, 1)
    weights = opaque * feathered(region, rng.uniform(1, 6))
    return laid_over(picture, np.broadcast_to(colour.astype(np.float32), picture.shape), weights), region


def ghost(picture: Pixels, region: Hole, strength: float, rng: np.random.Generator) -> tuple[Pixels, Hole]:
    """Another part of the picture shows through, as in a double exposure."""
    height, width = region.shape
    shift = (int(rng.integers(height // 6, height - height // 6)), int(rng.integers(width // 6, width - width // 6)))
    other = np.roll(picture, shift, (0, 1)).astype(np.float32)
    return laid_over(picture, other, _between(0.15, 0.6, strength) * feathered(region, 3)), region


def broken(picture: Pixels, region: Hole, strength: float, rng: np.random.Generator) -> tuple[Pixels, Hole]:
    """A band across the strongest edge of the region is displaced along its own length, so that the edge breaks."""
    grey = cv2.GaussianBlur(picture.astype(np.float32).mean(2), (0, 0), 1)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    steep = np.hypot(dx, dy) * region
    # one of the steepest pixels: always the same one would leave it no choice of place
    row, column = np.unravel_index(rng.choice(np.argsort(steep, axis=None)[-20:]), steep.shape)
    angle = np.arctan2(dy[row, column], dx[row, column])
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    y, x = np.mgrid[: region.shape[0], : region.shape[1]].astype(np.float32)
    along, across = (x - column) * cos + (y - row) * sin, -(x - column) * sin + (y - row) * cos
    band = region & (np.abs(across) <= rng.uniform(3, 8)) & (np.abs(along) <= 24)
    by = float(_between(2, 12, strength) * rng.choice((-1, 1)))
    moved = cv2.remap(picture, x - by * cos, y - by * sin, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return laid_over(picture, moved.astype(np.float32), band.astype(np.float32)), band


def repeat(picture: Pixels, region: Hole, strength: float, rng: np.random.Generator) -> tuple[Pixels, Hole]:
    """A small tile from elsewhere, toned to the place, over and over; the stronger, the smaller."""
    side = round(_between(24, 7, strength))
    height, width = region.shape
    side = min(side, height, width)
    tiles = []
    for _ in range(4):
        top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
        tiles.append(picture[top : top + side, left : left + side].astype(np.float32))
    tile = max(tiles, key=lambda candidate: float(candidate.std()))
    tile = tile + 0.8 * (picture[region].mean(0) - tile.mean((0, 1)))
    times = (-(-height // side) + 1, -(-width // side) + 1, 1)
    top, left = int(rng.integers(side)), int(rng.integers(side))
    paved = np.tile(tile, times)[top : top + height, left : left + width].astype(np.float32)
    return laid_over(picture, paved, feathered(region, rng.uniform(1, 3))), region


KINDS: Mapping[str, Kind] = MappingProxyType(
    {"seam": seam, "blur": blur, "blob": blob, "ghost": ghost, "broken": broken, "repeat": repeat}
)
