"""Which part of a hole a fault takes, and how it passes over into what is around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

    Floats = NDArray[np.float32]

__all__ = ["feathered", "laid_over", "part"]

SHARE = (0.06, 0.6)
FEWEST = 24
"""ours: pixels of a part, at least; a smaller hole is a part itself."""
RAGGED = 0.5


def part(hole: Hole, rng: np.random.Generator, share: tuple[float, float] = SHARE) -> Hole:
    """A ragged, roundish part of the hole: ``share`` of its pixels (drawn log-uniformly), about one of them."""
    rows, columns = np.nonzero(hole)
    wanted = max(round(len(rows) * float(np.exp(rng.uniform(*np.log(share))))), min(FEWEST, len(rows)))
    middle = int(rng.integers(len(rows)))
    away = np.hypot(rows - rows[middle], columns - columns[middle])
    noise = cv2.GaussianBlur(rng.standard_normal(hole.shape).astype(np.float32), (0, 0), 5)
    # the noise moves the outline by about half of the part's radius
    bumps = noise[rows, columns] / max(float(noise.std()), 1e-6)
    away = away * (1 + RAGGED * 0.5 * bumps.clip(-1.5, 1.5))
    chosen = np.argsort(away, kind="stable")[:wanted]
    found = np.zeros_like(hole)
    found[rows[chosen], columns[chosen]] = True
    return found


def feathered(region: Hole, ramp: float) -> Floats:
    """Weights H×W in [0, 1]: 0 outside the region, rising to 1 over ``ramp`` pixels inside it."""
    away = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    weights: Floats = (away / max(ramp, 1.0)).clip(0, 1).astype(np.float32)
    return weights


def laid_over(picture: Pixels, content: NDArray[np.float32], weights: Floats) -> Pixels:
    """``content`` (H×W×3, 0…255) over the picture by weights H×W, rounded to 8 bit."""
    mixed = picture + weights[..., None] * (content - picture)
    rounded: Pixels = np.rint(mixed).clip(0, 255).astype(np.uint8)
    return rounded
