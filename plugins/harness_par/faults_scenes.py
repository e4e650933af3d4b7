"""Failed and right removals from rendered scenes (ours): the same scene with an object, without it, with another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from harness_par.faults import Made, untouched
from harness_par.faults_region import laid_over, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole, Pixels

__all__ = ["REMOVAL", "RENDERED", "Triple", "removed"]

REMOVAL = "removal"
"""The kind of a removal that failed: a piece of the object, its shadow, or the object half transparent is left."""
RENDERED = "rendered"
"""The kind of a scene rendered again with nothing or another object in the hole: right but different."""
SEEN = 3
"""Levels of 255 by which a pixel differs, for the object to have changed it."""
PLAIN = 8
"""The same, for what is left to be a fault."""
LEAST = 40
"""Pixels of a shadow that is left."""


class Triple(NamedTuple):
    """A scene with an object, without it, and with another in its place, uint8 S×S×3; the object's silhouette, bool."""

    whole: Pixels
    without: Pixels
    other: Pixels
    silhouette: Hole


def removed(scene: Triple, seed: int | np.random.Generator, kind: str = "") -> Made:
    """Take the object out of its scene: wrongly (`REMOVAL`), rightly (`RENDERED`), or not at all (``clean``).

    The hole is all that the object changes, shadow and reflections too, and some pixels around. `kind` "" draws one:
    15 % clean, 35 % rendered, half removals. Raises `KeyError` for an unknown kind.
    """
    rng = np.random.default_rng(seed)
    if not kind:
        kind = str(rng.choice(("clean", RENDERED, REMOVAL), p=(0.15, 0.35, 0.5)))
    if kind not in ("clean", RENDERED, REMOVAL):
        raise KeyError(kind)
    target = scene.other if rng.random() < 0.5 else scene.without
    if kind == REMOVAL:
        target = scene.without
    grow = 2 * int(rng.integers(1, 6)) + 1
    hole = cv2.dilate(
        (_apart(scene.whole, target) >= SEEN).astype(np.uint8) | scene.silhouette, np.ones((grow, grow), np.uint8)
    ).astype(bool)
    if kind == "clean":
        return untouched(scene.whole, hole)
    right = np.where(hole[..., None], target, scene.whole)
    if kind == RENDERED:
        return Made(right, np.zeros_like(hole), hole, RENDERED, 0.0)
    return _failed(scene, right, hole, rng)


def _apart(a: Pixels, b: Pixels) -> NDArray[np.int16]:
    difference: NDArray[np.int16] = np.abs(a.astype(np.int16) - b.astype(np.int16)).max(2)
    return difference


def _failed(scene: Triple, right: Pixels, hole: Hole, rng: np.random.Generator) -> Made:
    """Something of the object is left in ``right``."""
    way, strength = int(rng.integers(3)), float(rng.random())
    left = (_apart(scene.whole, scene.without) >= PLAIN) & ~scene.silhouette
    weight = 1.0
    if way == 0 or left.sum() < LEAST:
        share = 0.1 + 0.5 * strength
        left = part(scene.silhouette, rng, (share, share + 0.1))
    elif way == 1:
        left = scene.silhouette
        weight = 0.15 + 0.5 * strength
    picture = laid_over(right, scene.whole.astype(np.float32), (weight * left).astype(np.float32))
    return Made(picture, left & hole, hole, REMOVAL, strength)
