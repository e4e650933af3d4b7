"""What an assessor's answer must be, and what of it is kept: the primary score, further ones as facts, a map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from harness.errors import HarnessError
from harness.interfaces import Images, Scores
from harness.runner.images import facts_of, grey_maps
from harness.runner.levels import LEVELS

__all__ = ["ASSESSED", "ASSESSED_BY", "ASSESSORS", "Assessment", "assessments"]

ASSESSED = "assessed"
"""Record column `score:assessed`: an assessor's primary score, whatever its own name for it."""
ASSESSED_BY = "assessed_by"
"""Fact: the assessor's own name for it."""
ASSESSORS = "map"
"""What the one map of an assessor is called."""


class Assessment:
    """One picture's: `score` and `facts`, a `map` by name, or why it was `refused`."""

    def __init__(self) -> None:
        self.refused = ""
        self.score = math.nan
        self.facts: dict[str, str | int | float] = {}
        self.maps: dict[str, torch.Tensor] = {}


def assessments(answer: Any, shown: torch.Tensor) -> list[Assessment]:
    """An assessor's answer about pictures `shown` [N,3,H,W], one a picture.

    A further score or fact that is NaN, or an empty text, is not told; the primary score may be infinite or NaN here,
    which fails the sample later.

    Raises `HarnessError` for anything but `Scores` with N numbers by name, the primary among them.
    """
    count = len(shown)
    scores = _checked(answer, count)
    found = [Assessment() for _ in range(count)]
    maps = {} if answer.map is None else {ASSESSORS: answer.map}
    for own, grey in zip(found, grey_maps(Images(shown, maps=maps)), strict=True):
        own.maps = grey
    for index, reason in answer.refused.items():
        if not 0 <= index < count:
            raise HarnessError(f"the method refused picture {index} of a batch of {count}")
        found[index].refused = str(reason) or "refused"
    for index, own in enumerate(found):
        own.score = scores[answer.primary][index]
        others = {name: values[index] for name, values in scores.items() if name != answer.primary}
        own.facts = {name: value for name, value in {**others, **facts_of(answer, index)}.items() if _is_told(value)}
        own.facts[ASSESSED_BY] = answer.primary
    return found


def _is_told(value: str | int | float) -> bool:
    return bool(value) if isinstance(value, str) else math.isfinite(value)


def _checked(answer: Any, count: int) -> dict[str, Sequence[float]]:
    if not isinstance(answer, Scores):
        raise HarnessError(f"the method returned {type(answer).__name__}, not Scores")
    if answer.primary not in answer.scores:
        raise HarnessError(f"the method's primary score {answer.primary!r} is not among its scores")
    for name, values in answer.scores.items():
        if tuple(values.shape) != (count,):
            raise HarnessError(f"the method's score {name} has shape {tuple(values.shape)}, expected ({count},)")
    for name, told in answer.facts.items():
        if len(told) != count:
            raise HarnessError(f"the method's fact {name} has {len(told)} values, expected {count}")
        if name in answer.scores:
            raise HarnessError(f"the method tells {name} as a score and as a fact")
    for name in (*answer.scores, *answer.facts):
        if name in (ASSESSED_BY, LEVELS):
            raise HarnessError(f"the method's score {name} has a name that is the engine's")
    return {name: values.detach().double().tolist() for name, values in answer.scores.items()}
