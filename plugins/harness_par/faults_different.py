"""Right but different (ours): a fitting part of the same photograph, blended into a hole without a visible border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from harness_par.faults_region import feathered, laid_over, part

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

__all__ = ["blended"]

PLACES = 3
AMONG = 48
"""Of so many best shifts each may be drawn."""
FITS = 28.0
"""Root mean square difference along the border, in levels of grey of 255, up to which a part is taken for fitting."""
BORDER = 5
SHARE = (0.06, 0.7)


def blended(photo: Pixels, hole: Hole, rng: np.random.Generator) -> Pixels | None:
    """The photograph with another of its parts in a part of its hole; None where none fits at any of 3 places.

    Candidates are all shifts of the photograph, mirrored beyond its border, but small ones; one of those that differ
    least along the border of the place is blended by Poisson's equation (Pérez et al., SIGGRAPH 2003) or over a ramp of
    some pixels.
    """
    for _ in range(PLACES):
        place = part(hole, rng, SHARE)
        other = _fitting(photo, place, rng)
        if other is not None:
            mixed = _poisson(photo, other, place) if rng.random() < 0.5 else None
            if mixed is not None:
                return mixed
            return laid_over(photo, other.astype(np.float32), feathered(place, rng.uniform(4, 9)))
    return None


def _fitting(photo: Pixels, place: Hole, rng: np.random.Generator) -> Pixels | None:
    """The photograph shifted so that it fits along the border of the place; None where no shift does."""
    kernel = np.ones((BORDER, BORDER), np.uint8)
    border = cv2.dilate(place.astype(np.uint8), kernel) - cv2.erode(place.astype(np.uint8), kernel)
    rows, columns = np.nonzero(border)
    top, left, bottom, right = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
    reach = (place.shape[0] // 2, place.shape[1] // 2)
    wide = np.pad(photo, ((reach[0], reach[0]), (reach[1], reach[1]), (0, 0)), mode="reflect")
    shown, wanted = (np.ascontiguousarray(a) for a in (photo[top:bottom, left:right], border[top:bottom, left:right]))
    searched = np.ascontiguousarray(wide[top : bottom + 2 * reach[0], left : right + 2 * reach[1]])
    grey, template = (cv2.cvtColor(a, cv2.COLOR_RGB2GRAY) for a in (searched, shown))
    differs = np.sqrt(cv2.matchTemplate(grey, template, cv2.TM_SQDIFF, mask=wanted).clip(0) / wanted.sum())
    y, x = np.ogrid[: differs.shape[0], : differs.shape[1]]
    differs[np.abs(y - reach[0]) + np.abs(x - reach[1]) < min(reach) // 4] = np.inf  # its own place
    # one of the best: the best alone would be the same part for every seed
    best = np.argpartition(differs, AMONG, axis=None)[:AMONG]
    row, column = np.unravel_index(rng.choice(best), differs.shape)
    if not differs[row, column] <= FITS:
        return None
    return wide[row : row + place.shape[0], column : column + place.shape[1]]


def _poisson(photo: Pixels, other: Pixels, place: Hole) -> Pixels | None:
    """Gradients of ``other`` in the place, levels of the photograph around it; equal to it outside.

    None for a place without a pixel whose neighbours all lie in it: OpenCV cannot blend that.
    """
    inner = place.copy()
    inner[:2], inner[-2:], inner[:, :2], inner[:, -2:] = False, False, False, False
    if not cv2.erode(inner.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).any():
        return None
    rows, columns = np.nonzero(inner)
    # OpenCV centres the mask's box at a point that it is told, rounding down
    middle = ((int(columns.min()) + int(columns.max()) + 1) // 2, (int(rows.min()) + int(rows.max()) + 1) // 2)
    mixed = cv2.seamlessClone(
        np.ascontiguousarray(other), photo, inner.astype(np.uint8) * 255, middle, cv2.NORMAL_CLONE
    )
    return np.where(place[..., None], np.asarray(mixed, np.uint8), photo)
