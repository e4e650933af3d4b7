"""Holes that cut through objects: a fill has to know what a cube is, not only that pictures are smooth.

A hole starts on the visible border of an object and is a band, a blob or a bent stroke. It is redrawn until

* it covers `AREA` of the picture,
* at least `OBJECT_SHARE` of it is object, the rest ground and shadow,
* at least one object is cut: between `CUT` of its visible pixels are hidden, the others stay to be continued,
* nothing has to be guessed from nothing: every object keeps `LEAST_LEFT` of its visible pixels.

The numbers are ours: with less object in the hole, smooth fills of the ground decide every comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.interfaces import Sample
from harness.masks.identity import mask_rng

Floats = NDArray[np.float64]
Instances = NDArray[np.uint8]
Hole = NDArray[np.bool_]

NAME: Final = "scene-cuts"
AREA: Final = (0.10, 0.35)
OBJECT_SHARE: Final = 0.25
CUT: Final = (0.25, 0.75)
LEAST_LEFT: Final = 0.15
LEAST_OBJECT: Final = 0.015
"""Share of the picture that an object needs to be cut on purpose."""
ATTEMPTS: Final = 2000


class SceneCuts:
    """The mask set `scene-cuts`: needs `truth["instances"]`, so it goes with rendered scenes only."""

    version = "1"

    def __init__(self, seed: int = 0, count: int = 2) -> None:
        if count < 1:
            raise ValueError(f"{NAME} draws at least one mask a sample, not {count}")
        self.seed = seed
        self.count = count

    def draw(self, sample: Sample, k: int) -> Hole:
        """Return the k-th hole (0 <= k < count): bool H x W, True = hole.

        Raises `ValueError` for another k, `HarnessError` for a sample without an instance map or with objects
        too small to be cut.
        """
        if not 0 <= k < self.count:
            raise ValueError(f"{NAME} draws {self.count} masks a sample; there is no mask {k}")
        instances = sample.truth.get("instances")
        if instances is None:
            raise HarnessError(f"{NAME} needs instance maps, '{sample.id}' has none: use scenes-holes")
        try:
            return draw_cut(mask_rng(NAME, self.version, self.seed, sample.id, k), instances)
        except ValueError as error:
            raise HarnessError(f"{NAME}, sample '{sample.id}', mask {k}: {error}") from error


def draw_cut(rng: np.random.Generator, instances: Instances) -> Hole:
    """Draw one hole for an instance map uint8 H x W (0 background). Raises `ValueError` if there is none."""
    sizes = np.bincount(instances.ravel())
    large = [k for k in range(1, len(sizes)) if sizes[k] >= LEAST_OBJECT * instances.size]
    if not large:
        raise ValueError(f"no object covers {LEAST_OBJECT:.1%} of the picture")
    side = min(instances.shape)
    rows, columns = (np.mgrid[: instances.shape[0], : instances.shape[1]] + 0.5) / side
    kinds: tuple[Callable[..., Hole], ...] = (_band, _blob, _stroke)
    for _ in range(ATTEMPTS):
        kind = kinds[int(rng.integers(len(kinds)))]
        border = _border(instances == large[int(rng.integers(len(large)))])
        y, x = (border[int(rng.integers(len(border)))] + 0.5) / side
        hole = kind(rng, columns - x, rows - y)
        if cuts(instances, hole):
            return hole
    raise ValueError(f"none of {ATTEMPTS} holes fits the rules of harness_scenes.masks")


def cuts(instances: Instances, hole: Hole) -> bool:
    """Say whether a hole keeps the rules in this module's description."""
    if not AREA[0] <= hole.mean() <= AREA[1] or (instances[hole] > 0).mean() < OBJECT_SHARE:
        return False
    hidden = hidden_shares(instances, hole)
    some_cut = bool(((hidden >= CUT[0]) & (hidden <= CUT[1])).any())
    return some_cut and bool((hidden <= 1.0 - LEAST_LEFT).all())


def hidden_shares(instances: Instances, hole: Hole) -> Floats:
    """Return which share of its visible pixels each object loses to the hole (0 for an object never seen)."""
    total = np.bincount(instances.ravel())
    lost = np.bincount(instances[hole], minlength=len(total))
    shares: Floats = lost[1:] / np.maximum(total[1:], 1)
    return shares


def _border(silhouette: Hole) -> NDArray[np.intp]:
    """Return (row, column) of the silhouette's pixels that have a neighbour outside it."""
    padded = np.pad(silhouette, 1)
    inner: Hole = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.argwhere(silhouette & ~inner)


# The shapes: dx, dy are the offsets of every pixel from the anchor, in short sides of the picture.


def _band(rng: np.random.Generator, dx: Floats, dy: Floats) -> Hole:
    """A bar through the anchor, at any angle; the longer ones leave the picture at both ends."""
    angle, half_width, half_length = rng.uniform(0, np.pi), rng.uniform(0.06, 0.15), rng.uniform(0.3, 1.2)
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = dy * np.cos(angle) - dx * np.sin(angle)
    hole: Hole = (np.abs(across) < half_width) & (np.abs(along) < half_length)
    return hole


def _blob(rng: np.random.Generator, dx: Floats, dy: Floats) -> Hole:
    """A round patch with a wavy edge whose centre lies near the anchor."""
    dx, dy = dx - rng.uniform(-0.1, 0.1), dy - rng.uniform(-0.1, 0.1)
    angle, edge = np.arctan2(dy, dx), np.ones_like(dx)
    for wave in (2, 3, 5):
        edge += rng.uniform(0.0, 0.16) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    hole: Hole = np.hypot(dx, dy) < rng.uniform(0.18, 0.32) * edge
    return hole


def _stroke(rng: np.random.Generator, dx: Floats, dy: Floats) -> Hole:
    """A thick line of two to four pieces that sets out from the anchor."""
    hole = np.zeros(dx.shape, bool)
    x = y = 0.0
    heading, brush = rng.uniform(0, 2 * np.pi), rng.uniform(0.06, 0.10)
    for _ in range(int(rng.integers(2, 5))):
        length = rng.uniform(0.2, 0.4)
        ux, uy = np.cos(heading), np.sin(heading)
        along = np.clip((dx - x) * ux + (dy - y) * uy, 0.0, length)
        hole |= np.hypot(dx - x - along * ux, dy - y - along * uy) < brush
        x, y = x + length * ux, y + length * uy
        heading += rng.uniform(-1.8, 1.8)
    return hole
