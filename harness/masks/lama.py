"""LaMa's random masks: either polygonal strokes or boxes, redrawn until they cover at most half of the image.

Numbers and order of draws after Suvorov et al., "Resolution-robust Large Mask Inpainting with Fourier
Convolutions", WACV 2022, and its published settings (advimman/lama, files random_{thin,medium,thick}_{256,512}.yaml
of configs/data_gen).
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
    "MEDIUM_256",
    "MEDIUM_512",
    "THICK_256",
    "THICK_512",
    "THIN_256",
    "THIN_512",
    "Boxes",
    "LamaMedium256",
    "LamaMedium512",
    "LamaRule",
    "LamaThick256",
    "LamaThick512",
    "LamaThin256",
    "LamaThin512",
    "Strokes",
    "draw_lama",
]

ATTEMPTS = 1000
MOST_SEGMENTS = 5
SHORTEST, THINNEST = 10, 5  # pixels at the rule's side, added to what is drawn
ANGLE_OFFSET = 0.01


@dataclass(frozen=True)
class Strokes:
    """Polygonal lines: lengths and widths in pixels at the rule's side, angles 0.01 + {0, 1, …} rad."""

    fewest: int
    most: int
    width: int
    length: int
    angles: int = 4


@dataclass(frozen=True)
class Boxes:
    """Axis-parallel rectangles. Sides and the margin to the border in pixels at the rule's side."""

    fewest: int
    most: int
    smallest: int
    largest: int
    margin: int


@dataclass(frozen=True)
class LamaRule:
    """One of LaMa's settings: strokes (weight 1) or boxes (weight `box_weight`), never both in one mask.

    `side` is the short side in pixels that the setting was written for.
    """

    side: int
    strokes: Strokes
    boxes: Boxes | None = None
    box_weight: float = 0.3
    largest_area: float = 0.5


THIN_256 = LamaRule(256, Strokes(4, 50, width=10, length=40))
MEDIUM_256 = LamaRule(256, Strokes(4, 5, width=50, length=100), Boxes(1, 5, smallest=10, largest=50, margin=0))
THICK_256 = LamaRule(256, Strokes(1, 5, width=100, length=200), Boxes(1, 3, smallest=30, largest=150, margin=10))
THIN_512 = LamaRule(512, Strokes(4, 70, width=20, length=100))
MEDIUM_512 = LamaRule(512, Strokes(4, 10, width=100, length=200), Boxes(1, 5, smallest=30, largest=150, margin=0))
THICK_512 = LamaRule(512, Strokes(1, 5, width=250, length=450), Boxes(1, 4, smallest=30, largest=300, margin=10))


def draw_lama(rng: np.random.Generator, height: int, width: int, rule: LamaRule = THICK_256) -> Hole:
    """Draw one mask: bool H×W, True = hole, with an area in (0, rule.largest_area].

    ours: every length scales with the short side / rule.side, so that a mask set means the same at every size; at the
    rule's own side the numbers are LaMa's. LaMa draws five masks and keeps one of those small enough; redrawing until
    one is small enough has the same distribution. LaMa draws on the whole picture and then cuts a square that holds
    the mask; here the picture is already the one to be judged.

    Raises:
        ValueError: an image so small that no mask of the rule fits (below some 4 pixels).
    """
    scale = min(height, width) / rule.side
    for _ in range(ATTEMPTS):
        canvas = np.zeros((height, width), np.uint8)
        if rule.boxes is None or rng.random() * (1 + rule.box_weight) < 1:
            _draw_strokes(canvas, rng, rule.strokes, scale)
        else:
            _draw_boxes(canvas, rng, rule.boxes, scale)
        hole = canvas.astype(bool)
        if 0 < hole.mean() <= rule.largest_area:
            return hole
    raise ValueError(f"no mask of at most {rule.largest_area:.0%} fits into {height}×{width} pixels")


def _draw_strokes(canvas: NDArray[np.uint8], rng: np.random.Generator, rule: Strokes, scale: float) -> None:
    height, width = canvas.shape
    # LaMa's generator adds one to the most that its settings name
    for stroke in range(int(rng.integers(rule.fewest, rule.most + 2))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        for _ in range(int(rng.integers(1, MOST_SEGMENTS + 1))):
            angle = ANGLE_OFFSET + int(rng.integers(rule.angles))
            if stroke % 2 == 0:
                angle = 2 * math.pi - angle
            length = scale * (SHORTEST + int(rng.integers(rule.length)))
            brush = max(1, round(scale * (THINNEST + int(rng.integers(rule.width)))))
            end_x = min(max(int(x + length * math.sin(angle)), 0), width)
            end_y = min(max(int(y + length * math.cos(angle)), 0), height)
            cv2.line(canvas, (x, y), (end_x, end_y), 1, brush)
            x, y = end_x, end_y


def _draw_boxes(canvas: NDArray[np.uint8], rng: np.random.Generator, rule: Boxes, scale: float) -> None:
    height, width = canvas.shape
    margin = round(scale * rule.margin)
    smallest = max(1, round(scale * rule.smallest))
    largest = max(smallest, min(round(scale * rule.largest), height - 2 * margin, width - 2 * margin))
    for _ in range(int(rng.integers(rule.fewest, rule.most + 1))):
        box_w, box_h = (int(side) for side in rng.integers(smallest, largest + 1, size=2))
        left = int(rng.integers(margin, width - margin - box_w + 1))
        top = int(rng.integers(margin, height - margin - box_h + 1))
        canvas[top : top + box_h, left : left + box_w] = 1


class _LamaMasks(SeededMasks):
    """Masks of one rule; the k-th mask of a sample differs from the others by its seed only."""

    rule: ClassVar[LamaRule]

    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw by the set's rule."""
        return draw_lama(rng, height, width, self.rule)


class LamaThin256(_LamaMasks):
    """Four to 51 thin, short strokes; area in (0, 0.5]."""

    name = "lama-thin-256"
    rule = THIN_256


class LamaMedium256(_LamaMasks):
    """Four to six strokes of medium width, or up to five small boxes; area in (0, 0.5]."""

    name = "lama-medium-256"
    rule = MEDIUM_256


class LamaThick256(_LamaMasks):
    """Up to six thick strokes, or up to three large boxes; area in (0, 0.5]."""

    name = "lama-thick-256"
    rule = THICK_256


class LamaThin512(_LamaMasks):
    """Four to 71 thin, short strokes; area in (0, 0.5]."""

    name = "lama-thin-512"
    rule = THIN_512


class LamaMedium512(_LamaMasks):
    """Four to eleven strokes of medium width, or up to five boxes; area in (0, 0.5]."""

    name = "lama-medium-512"
    rule = MEDIUM_512


class LamaThick512(_LamaMasks):
    """Up to six thick strokes, or up to four large boxes; area in (0, 0.5]."""

    name = "lama-thick-512"
    rule = THICK_512
