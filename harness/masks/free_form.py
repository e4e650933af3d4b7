"""Free-form masks: zigzag brush strokes, alone (DeepFill v2) or with boxes (CoModGAN, MAT, MI-GAN).

Numbers and order of draws after Yu et al., "Free-Form Image Inpainting with Gated Convolution", ICCV 2019 (published
code JiahuiYu/generative_inpainting), and Zhao et al., "Large Scale Image Completion via Co-Modulated GANs", ICLR 2021,
whose generator Li et al. (MAT, CVPR 2022; fenglinglwb/MAT, datasets/mask_generator_{256,512}{,_small}.py) and Sargsyan
et al. (MI-GAN, ICCV 2023; Picsart-AI-Research/MI-GAN, scripts/generate_masks.py) use with other counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from harness.masks.seeded import SeededMasks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole

__all__ = [
    "COMODGAN",
    "Brush",
    "CoModGan512",
    "FreeForm",
    "FreeFormRule",
    "MatLarge256",
    "MatLarge512",
    "MatSmall256",
    "MatSmall512",
    "MiGan256",
    "MiGan512",
    "draw_free_form",
]

ATTEMPTS = 1000
MEAN_ANGLE, ANGLE_RANGE = 2 * math.pi / 5, 2 * math.pi / 15
RADIUS_SHARE = 1 / 8  # a segment's mean length as a share of the picture's diagonal


@dataclass(frozen=True)
class Brush:
    """Zigzag strokes: how many, corners of each, and widths in pixels at the rule's side. All bounds inclusive."""

    fewest: int
    most: int
    fewest_corners: int = 4
    most_corners: int = 17
    narrowest: int = 12
    widest: int = 47


@dataclass(frozen=True)
class FreeFormRule:
    """A brush, and at most so many boxes with sides below half (`half_boxes`) and the whole (`whole_boxes`) of the
    picture's.

    `side` is the short side in pixels that the brush's widths were written for. `mirrored`: whether the strokes, which
    run from left to right, are mirrored at random in both directions; DeepFill's are not (its code discards the flips).
    """

    side: int
    brush: Brush
    half_boxes: int = 0
    whole_boxes: int = 0
    mirrored: bool = True


COMODGAN = FreeFormRule(512, Brush(0, 19), half_boxes=9, whole_boxes=4)
MIGAN_256 = FreeFormRule(256, Brush(0, 19), half_boxes=9, whole_boxes=4)
MAT_LARGE_512 = FreeFormRule(512, Brush(0, 8), half_boxes=4, whole_boxes=2)
MAT_SMALL_512 = FreeFormRule(512, Brush(0, 3), half_boxes=2, whole_boxes=1)
MAT_LARGE_256 = FreeFormRule(256, Brush(0, 7), half_boxes=3, whole_boxes=1)
MAT_SMALL_256 = FreeFormRule(256, Brush(0, 2), half_boxes=1, whole_boxes=1)
DEEPFILL_V2 = FreeFormRule(256, Brush(1, 3, most_corners=11, widest=39), mirrored=False)


def draw_free_form(rng: np.random.Generator, height: int, width: int, rule: FreeFormRule) -> Hole:
    """Draw one mask: bool H×W, True = hole, with an area in (0, 1): redrawn where it is empty or full, as published.

    ours: brush widths scale with the short side / rule.side (the published generators keep their pixels), and strokes
    are drawn by OpenCV with round ends where the originals put discs on Pillow's corners.

    Raises:
        ValueError: an image of so few pixels that every mask is empty or full.
    """
    for _ in range(ATTEMPTS):
        canvas = np.zeros((height, width), np.uint8)
        for most, share in ((rule.half_boxes, 2), (rule.whole_boxes, 1)):
            for _ in range(int(rng.integers(most + 1))):
                _draw_box(canvas, rng, max(1, height // share), max(1, width // share))
        strokes = _brushed(rng, height, width, rule.brush, min(height, width) / rule.side)
        canvas |= _mirrored(rng, strokes) if rule.mirrored else strokes
        if 0 < canvas.mean() < 1:
            return canvas.astype(bool)
    raise ValueError(f"no free-form mask fits into {height}×{width} pixels")


def _draw_box(canvas: NDArray[np.uint8], rng: np.random.Generator, below_height: int, below_width: int) -> None:
    """A box with sides below the given ones; up to half of it may lie outside."""
    height, width = canvas.shape
    box_w, box_h = int(rng.integers(below_width)), int(rng.integers(below_height))
    half_w, half_h = box_w // 2, box_h // 2
    left = int(rng.integers(-half_w, width - box_w + half_w))
    top = int(rng.integers(-half_h, height - box_h + half_h))
    canvas[max(top, 0) : max(top + box_h, 0), max(left, 0) : max(left + box_w, 0)] = 1


def _brushed(rng: np.random.Generator, height: int, width: int, rule: Brush, scale: float) -> NDArray[np.uint8]:
    """All strokes of one mask."""
    canvas = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(rule.fewest, rule.most + 1))):
        corners = _corners(rng, height, width, int(rng.integers(rule.fewest_corners, rule.most_corners + 1)))
        brush = max(1, round(scale * int(rng.integers(rule.narrowest, rule.widest + 1))))
        cv2.polylines(canvas, [corners], isClosed=False, color=1, thickness=brush)
    return canvas


def _mirrored(rng: np.random.Generator, strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The strokes turned over, or not, in either direction."""
    for axis in (0, 1):
        if rng.random() > 0.5:
            strokes = np.flip(strokes, axis)
    return strokes


def _corners(rng: np.random.Generator, height: int, width: int, count: int) -> NDArray[np.int32]:
    """Corners (x, y) of one stroke: headings alternate between about -72° and 72°."""
    lowest, highest = MEAN_ANGLE - rng.uniform(0, ANGLE_RANGE), MEAN_ANGLE + rng.uniform(0, ANGLE_RANGE)
    headings = rng.uniform(lowest, highest, count) * np.where(np.arange(count) % 2, 1, -1)
    radius = math.hypot(height, width) * RADIUS_SHARE
    corners = [(int(rng.integers(width)), int(rng.integers(height)))]
    for heading in headings:
        length = float(np.clip(rng.normal(radius, radius // 2), 0, 2 * radius))
        x, y = corners[-1]
        x = min(max(int(x + length * math.cos(heading)), 0), width)
        y = min(max(int(y + length * math.sin(heading)), 0), height)
        corners.append((x, y))
    return np.array(corners, np.int32)


class _FreeFormMasks(SeededMasks):
    """Masks of one rule; the k-th mask of a sample differs from the others by its seed only."""

    rule: ClassVar[FreeFormRule]

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw by the set's rule."""
        return draw_free_form(rng, height, width, self.rule)


class FreeForm(_FreeFormMasks):
    """One to three zigzag strokes, no box."""

    name = "free-form"
    rule = DEEPFILL_V2


class CoModGan512(_FreeFormMasks):
    """Up to 19 strokes and up to 13 boxes: often most of the picture."""

    name = "comodgan-512"
    rule = COMODGAN


class MiGan512(_FreeFormMasks):
    """CoModGAN's counts, as MI-GAN's published script draws them at 512."""

    name = "migan-512"
    rule = COMODGAN


class MiGan256(_FreeFormMasks):
    """CoModGAN's counts with the same brush pixels at 256, so relatively twice as wide."""

    name = "migan-256"
    rule = MIGAN_256


class MatLarge512(_FreeFormMasks):
    """Up to eight strokes and six boxes."""

    name = "mat-large-512"
    rule = MAT_LARGE_512


class MatSmall512(_FreeFormMasks):
    """Up to three strokes and three boxes."""

    name = "mat-small-512"
    rule = MAT_SMALL_512


class MatLarge256(_FreeFormMasks):
    """Up to seven strokes and four boxes."""

    name = "mat-large-256"
    rule = MAT_LARGE_256


class MatSmall256(_FreeFormMasks):
    """Up to two strokes and two boxes."""

    name = "mat-small-256"
    rule = MAT_SMALL_256
