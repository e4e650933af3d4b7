"""What GDP undoes where the degradation is known, and how hard each sample is pulled to what was observed."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from harness.errors import HarnessError
from harness_gdp.degradations import MARGIN, Degradation, block_means, blurred, grey
from harness_gdp.guidance import Form, Guide

__all__ = ["COLOUR_WEIGHT", "HOLE", "TASKS", "Task", "strength"]

COLOUR_WEIGHT = 500.0
OFFICIAL_SIDE, OFFICIAL_STEPS = 256, 1000


@dataclass(frozen=True)
class Task:
    """A degradation with the release's scales of its guidance, made for 256×256 pixels and 1000 steps.

    Attributes:
        degrade: what was done to the picture.
        mean, score: scale where the mean is moved, and where the score is.
        colour: weight of the colour-constancy loss.
        margin: rows and columns of the degraded picture that ``degrade`` says nothing about, on every side.
    """

    degrade: Degradation
    mean: float
    score: float
    colour: float = 0.0
    margin: int = 0

    def scale(self, form: Form) -> float:
        """The release's scale in a form."""
        return self.mean if form == "mean" else self.score

    def guide(self, seen: Tensor, scale: float) -> Guide:
        """A guide to a degraded picture ``[N, 3, H, W]`` in [0, 1]; a sample may reach beyond it, right and below."""
        height, width = seen.shape[-2:]
        rows, columns = (slice(self.margin, size - self.margin) for size in (height, width))
        if min(height, width) <= 2 * self.margin:
            raise HarnessError(f"a picture of {width}×{height} is smaller than the blur's kernel")
        # what D leaves as it is, D may be applied to again: a picture that came through 8 bits is made exact by it
        observed = seen[..., rows, columns] if self.margin else self.degrade(seen)
        return Guide(self.degrade, observed, scale, self.colour, (height, width))


TASKS = {
    "sr4": Task(block_means, 2000, 250_000),
    "blur": Task(blurred, 6000, 300_000, margin=MARGIN),
    "colour": Task(grey, 6000, 30_000, COLOUR_WEIGHT),
}
HOLE = {"mean": 4000.0, "score": 250_000.0}


def strength(scale: float, form: Form, height: int, width: int, steps: int) -> float:
    """The release's scale for another size and another number of steps.

    ours: the loss is a mean over pixels, so that the same scale pulls each pixel of a smaller picture harder: it
    follows the area. Where the mean is moved, each step pulls once: fewer steps pull harder; the score's pull has the
    step's length in it already.
    """
    scaled = scale * height * width / OFFICIAL_SIDE**2
    return scaled * OFFICIAL_STEPS / steps if form == "mean" else scaled
