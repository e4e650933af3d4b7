"""Step 2 of GQA-Inpaint: masks of an object from its box. The paper takes Detectron2's on COCO and LVIS.

Two need no file (`grabcut`, `ring`); two are torchvision's networks, whose files a user brings. Any number of them
may be asked: the mask whose own box agrees best with the object's is kept (`building`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import cv2
import numpy as np

from harness.errors import UnknownName
from harness_gqa.networks import NETWORKS, open_network
from harness_gqa.outlines import Box, one_piece

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole, Pixels

__all__ = ["SEGMENTERS", "Segmenter", "grab", "open_segmenter"]

ROUNDS = 5
MARGIN = 0.5
"""ours: how much of a box's sides is looked at around it."""
COLOURS = 4
RING = 0.15
SEED = 0
Masks = Callable[[Box], Sequence["Hole"]]


class Segmenter(Protocol):
    """Finds objects. `identity` says what it is, its file's sha256 included, and belongs into a build's settings."""

    identity: str

    def on(self, pixels: Pixels) -> Masks:
        """Look at one picture, uint8 H×W×3; what it gives says masks (bool H×W) of the object in a box."""
        ...


class _ByBox(NamedTuple):
    """A segmenter that only needs the surroundings of a box."""

    identity: str
    mask: Callable[[Pixels, Box], Hole]

    def on(self, pixels: Pixels) -> Masks:
        """As `Segmenter` says."""
        return lambda box: [self._placed(pixels, box)]

    def _placed(self, pixels: Pixels, box: Box) -> Hole:
        x0, y0, x1, y1 = _around(pixels.shape, box)
        crop = np.ascontiguousarray(pixels[y0:y1, x0:x1])
        whole = np.zeros(pixels.shape[:2], bool)
        inner = (box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0)
        whole[y0:y1, x0:x1] = one_piece(self.mask(crop, inner))
        return whole


def _around(shape: tuple[int, ...], box: Box) -> Box:
    """A box with `MARGIN` of its sides about it, inside the picture."""
    wide, high = (round(MARGIN * (box[k + 2] - box[k])) for k in (0, 1))
    x0, y0 = max(box[0] - wide, 0), max(box[1] - high, 0)
    return x0, y0, min(box[2] + wide, shape[1]), min(box[3] + high, shape[0])


def grab(pixels: Pixels, marks: NDArray[np.uint8]) -> Hole:
    """GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004) from marks uint8 H×W (cv2's `GC_*`); equal in, equal out.

    Where the marks hold no background or no object at all there is nothing to tell them apart by: the marks' object.
    """
    possible = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    if possible.all() or not possible.any():
        return possible
    cv2.setRNGSeed(SEED)  # its colour clusters start at random
    models = np.zeros((1, 65)), np.zeros((1, 65))
    found, _, _ = cv2.grabCut(pixels, marks.copy(), None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return (found == cv2.GC_FGD) | (found == cv2.GC_PR_FGD)


def _grabcut(pixels: Pixels, box: Box) -> Hole:
    """Background outside of the box, perhaps the object inside."""
    marks = np.full(pixels.shape[:2], cv2.GC_BGD, np.uint8)
    marks[box[1] : box[3], box[0] : box[2]] = cv2.GC_PR_FGD
    return grab(pixels, marks)


def _ring(pixels: Pixels, box: Box) -> Hole:
    """Pixels in the box whose colour is far from those of a ring around it (ours): Lab, k-means, Otsu's threshold."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    inside = np.zeros(pixels.shape[:2], bool)
    inside[box[1] : box[3], box[0] : box[2]] = True
    width = max(3, round(RING * min(box[2] - box[0], box[3] - box[1])))
    near = cv2.dilate(inside.astype(np.uint8), np.ones((2 * width + 1,) * 2, np.uint8)) > 0
    around = lab[near & ~inside]
    if len(around) < COLOURS:
        return inside
    cv2.setRNGSeed(SEED)
    until = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    _, _, centres = cv2.kmeans(around, COLOURS, None, until, 1, cv2.KMEANS_PP_CENTERS)
    away = np.linalg.norm(lab[:, :, None] - centres[None, None], axis=3).min(axis=2)
    grey = np.clip(away, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(grey[inside][:, None], 0, 255, cv2.THRESH_OTSU)
    return inside & (grey > threshold)


_BY_BOX = {"grabcut": _grabcut, "ring": _ring}
SEGMENTERS = (*_BY_BOX, *NETWORKS)


def open_segmenter(name: str) -> Segmenter:
    """The segmenter called `name`.

    Raises `UnknownName`, or `MissingRequirement` where its file is not here.
    """
    if name in _BY_BOX:
        return _ByBox(f"{name} 1", _BY_BOX[name])
    if name in NETWORKS:
        return open_network(name)
    raise UnknownName("segmenter", name, SEGMENTERS, "", listed=True)
