"""Degradations that a user may say a picture went through, joined by ``+``, with the scales of the release."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from torch import Tensor

from harness.errors import HarnessError
from harness_gdp.degradations import MARGIN, Degradation, block_means, blurred, grey
from harness_gdp.guidance import Form

__all__ = ["COLOUR_WEIGHT", "HOLE", "LIGHT", "OPERATOR", "TASKS", "Scales", "Task", "task_of"]

COLOUR_WEIGHT = 500.0
"""Of colour constancy where colour was taken away, at the release's scale of 6000."""


@dataclass(frozen=True)
class Scales:
    """Scales of the guidance for 256×256 pixels and 1000 steps: where the mean is moved, and where the score is."""

    mean: float
    score: float

    def of(self, form: Form) -> float:
        """The one of a form."""
        return self.mean if form == "mean" else self.score


@dataclass(frozen=True)
class Task:
    """A degradation of pictures that stand at the wanted size.

    Attributes:
        parts: what was done, in this order.
        scales: the release's; of several parts (ours) the smallest, which none of them overshoots by.
        grey: whether colour was taken away.
    """

    parts: tuple[str, ...]
    scales: Scales
    grey: bool

    def degrade(self, image: Tensor) -> Tensor:
        """What is left of pictures in [0, 1]; a blur's margin is cut off."""
        return reduce(lambda seen, name: _PARTS[name][0](seen), self.parts, image)

    def observed(self, seen: Tensor) -> Tensor:
        """What a picture ``[N, 3, H, W]`` at the wanted size tells. Raises `HarnessError` inside a blur's margin.

        What the last parts leave as it is, they are applied to again: a picture that came through 8 bits is made exact.
        """
        margin = MARGIN * self.parts.count("blur")
        height, width = seen.shape[-2:]
        if min(height, width) <= 2 * margin:
            raise HarnessError(f"a picture of {width}×{height} is smaller than the blur's kernel")
        after = self.parts[len(self.parts) - self.parts[::-1].index("blur") :] if margin else self.parts
        cut = seen[..., margin : height - margin, margin : width - margin]
        return reduce(lambda found, name: _PARTS[name][0](found), after, cut)


_PARTS: dict[str, tuple[Degradation, Scales]] = {
    "sr4": (block_means, Scales(2000, 250_000)),
    "blur": (blurred, Scales(6000, 300_000)),
    "colour": (grey, Scales(6000, 30_000)),
}
TASKS = tuple(_PARTS)
HOLE = Scales(4000, 250_000)
OPERATOR = HOLE
"""ours: for a degradation that the task tells, the middle one of the release's."""
LIGHT = Scales(80_000, 8_000_000)
"""The second is ours: the release has none; about as many times the first as elsewhere."""


def task_of(text: str) -> Task:
    """The task called ``sr4`` or ``blur+sr4``. Raises `HarnessError` for a part that there is not."""
    parts = tuple(text.split("+"))
    if unknown := [part for part in parts if part not in _PARTS]:
        raise HarnessError(f"task={text}: no degradation is called '{unknown[0]}'; join {', '.join(_PARTS)} by +")
    scales = [_PARTS[part][1] for part in parts]
    least = Scales(min(each.mean for each in scales), min(each.score for each in scales))
    return Task(parts, least, "colour" in parts)
