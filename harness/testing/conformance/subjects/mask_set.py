"""A mask set as its checks see it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.interfaces import Sample
from harness.testing.conformance.model import Fault, one_line
from harness.testing.conformance.pictures import photograph
from harness.testing.conformance.subjects.subject import Subject, remembered

__all__ = ["MaskSetSubject", "sample", "wrong"]

SIZES = ((256, 256), (192, 256), (256, 192))
DRAWN = 6
Hole = NDArray[np.bool_]


def sample(number: int, height: int, width: int) -> Sample:
    """A photograph with instances (three boxes), the first of them its mask, for mask sets that follow objects."""
    instances = np.zeros((height, width), np.uint8)
    for k, (top, left) in enumerate(((1, 1), (4, 3), (2, 5))):
        instances[height * top // 8 : height * (top + 3) // 8, width * left // 8 : width * (left + 2) // 8] = k + 1
    name = f"kit-{number}-{height}x{width}"
    return Sample(name, name, photograph(number, height, width), instances == 1, truth={"instances": instances})


def wrong(mask: Any, shape: tuple[int, int]) -> str:
    """What is wrong with one mask of a picture of this shape, "" if nothing is."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        return f"is {getattr(mask, 'dtype', type(mask).__name__)}, expected bool (True = hole)"
    if mask.shape != shape:
        return f"has shape {mask.shape}, the picture {shape}"
    if not mask.any() or mask.all():
        return "is empty" if not mask.any() else "hides the whole picture"
    return ""


class MaskSetSubject(Subject):
    """A mask set and its masks of photographs of three shapes."""

    ordinary = "masks"

    def build(self, **params: Any) -> Any:
        """A new object, as the engine makes it."""
        return self.cls(**{**self.params, **params})

    def draws(self, built: Any = None) -> list[Hole]:
        """The first masks (six at most) of every shape."""
        built = self.built if built is None else built
        return [built.draw(sample(i, *size), k) for i, size in enumerate(SIZES) for k in range(min(DRAWN, built.count))]

    @remembered
    def base(self) -> list[Hole]:
        """These masks. Raises `Fault` where one cannot be drawn."""
        try:
            drawn = self.draws()
        except Exception as error:
            raise Fault(f"draw on a {SIZES[0][0]}-pixel photograph raised {one_line(error)}") from error
        each = len(drawn) // len(SIZES)
        for i, mask in enumerate(drawn):
            self.refuse(bool(line := wrong(mask, SIZES[i // each])), f"a mask {line}")
        return drawn

    def exercise(self) -> None:
        """Build anew and draw one."""
        self.build().draw(sample(0, *SIZES[0]), 0)
