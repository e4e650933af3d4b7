"""How pictures, masks and label maps of any size become those that a protocol judges: crops and resizes by name.

A view is `native`, or steps joined by `+`, applied from left to right:

| step | does |
|---|---|
| `square` | centre square, top and left rounded down |
| `cropN` | centre N x N, top and left rounded down |
| `padN` | reflects at right and below until both sides have N pixels (edge pixels doubled) |
| `shortN` | resizes so that the short side has N pixels, the long one rounded |
| `resizeN` | resizes to N x N, whatever the shape was |

`shortN` and `resizeN` take a filter, `resize256-bilinear`; bicubic without one. Pillow, exact filter, antialiased;
masks and label maps are resized by the nearest pixel. `square-256` is `square+resize256`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from harness.errors import HarnessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole, Pixels

__all__ = ["Step", "View", "parse_view"]

FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}
ALIASES = {"native": "", "square-256": "square+resize256"}
LARGEST = 8192
_STEP = re.compile(r"(square)|(crop|pad|short|resize)(\d+)(?:-(\w+))?")
# Part of content hashes: whoever changes what a step does changes these words.
RULES = "view 1: Pillow resize without reducing gap, centre crops rounded down, symmetric padding right and below"


@dataclass(frozen=True)
class Step:
    """One step: its kind, its side in pixels (0 for `square`) and the resampling filter's name."""

    kind: str
    side: int = 0
    filter: str = "bicubic"


@dataclass(frozen=True)
class View:
    """A view, parsed. Equal texts do equal things; `words` belongs into a content hash."""

    text: str
    steps: tuple[Step, ...]

    @property
    def words(self) -> str:
        """The rule as hashed: aliases and default filters written out."""
        named = "+".join(f"{s.kind}{s.side or ''}" + (f"-{s.filter}" if _resizes(s) else "") for s in self.steps)
        return f"{RULES}: {named or 'native'}"

    def image(self, pixels: Pixels) -> Pixels:
        """uint8 H×W×3 in this view. Raises `HarnessError` for a picture smaller than a crop."""
        return self._applied(pixels, lambda array, size, name: _resized(array, size, FILTERS[name]))

    def mask(self, hole: Hole) -> Hole:
        """bool H×W in this view, by the nearest pixel."""
        grey = self.labels(hole.astype(np.uint8))
        return np.asarray(grey > 0)

    def labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Integer H×W in this view, by the nearest pixel; at most 32 bits."""
        wide = self._applied(
            labels.astype(np.int32), lambda array, size, _: _resized(array, size, Image.Resampling.NEAREST)
        )
        return wide.astype(labels.dtype)

    def _applied(
        self, array: NDArray[Any], resized: Callable[[NDArray[Any], tuple[int, int], str], NDArray[Any]]
    ) -> NDArray[Any]:
        for step in self.steps:
            height, width = array.shape[:2]
            if step.kind == "resize":
                array = resized(array, (step.side, step.side), step.filter)
            elif step.kind == "short":
                array = resized(array, _short(height, width, step.side), step.filter)
            elif step.kind == "pad":
                more = [(0, max(0, step.side - height)), (0, max(0, step.side - width))]
                array = np.pad(array, more + [(0, 0)] * (array.ndim - 2), mode="symmetric")
            else:
                array = _cropped(array, step.side or min(height, width))
        return np.ascontiguousarray(array)


def parse_view(text: str) -> View:
    """Read a view. Raises `HarnessError` naming the step that is none."""
    written = ALIASES.get(text, text)
    return View(text, tuple(_step(word, text) for word in written.split("+")) if written else ())


def _step(word: str, text: str) -> Step:
    match = _STEP.fullmatch(word)
    if match is None:
        raise HarnessError(
            f"view '{text}': no step '{word}': native, or square, cropN, padN, shortN, resizeN[-FILTER] joined by +"
        )
    square, kind, side, named = match.groups()
    if square:
        return Step("square")
    if not 1 <= int(side) <= LARGEST:
        raise HarnessError(f"view '{text}': {word}: a side has 1 to {LARGEST} pixels")
    step = Step(kind, int(side), named or "bicubic")
    if named and (not _resizes(step) or named not in FILTERS):
        raise HarnessError(f"view '{text}': {word}: only short and resize take a filter: {', '.join(FILTERS)}")
    return step


def _resizes(step: Step) -> bool:
    return step.kind in ("short", "resize")


def _short(height: int, width: int, side: int) -> tuple[int, int]:
    """(height, width) with a short side of `side`."""
    if height <= width:
        return side, max(side, round(width * side / height))
    return max(side, round(height * side / width)), side


def _cropped(array: NDArray[Any], side: int) -> NDArray[Any]:
    height, width = array.shape[:2]
    if side > min(height, width):
        raise HarnessError(f"a crop of {side} px from a picture of {width} x {height}: pad or resize it first")
    top, left = (height - side) // 2, (width - side) // 2
    return array[top : top + side, left : left + side]


def _resized(array: NDArray[Any], size: tuple[int, int], filter: Image.Resampling) -> NDArray[Any]:
    if array.shape[:2] == size:
        return array
    picture = Image.fromarray(np.ascontiguousarray(array))
    # A reducing gap would be faster and a little different; None is the exact filter.
    return np.array(picture.resize((size[1], size[0]), filter, reducing_gap=None))
