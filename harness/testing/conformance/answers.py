"""A method's answer as tensors by name, what can be wrong with it, and how far two answers differ."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.interfaces import Batch, Images, Scores
from harness.testing.conformance.model import Fault

__all__ = ["Answer", "ask", "copied", "difference", "problem", "seed_everything"]

LEVELS = 255
MOST_OVERSHOOT = 0.5
"""ours: networks overshoot a little and the engine clamps; half the range more is [-1, 1] or [0, 255]."""


@dataclass(frozen=True)
class Answer:
    """`values` by name, the first axis a sample: the image or the scores, and every map."""

    values: Mapping[str, Tensor]
    raw: Images | Scores

    def rows(self, order: list[int]) -> Answer:
        """The same for these samples only, in this order."""
        return Answer({name: value[order] for name, value in self.values.items()}, self.raw)


def seed_everything(seed: int) -> None:
    """Set every global generator: what a method takes from them is then told by a check of its own."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def copied(batch: Batch) -> Batch:
    """The batch with tensors of its own."""
    fields: dict[str, Any] = {name: value.clone() for name, value in vars(batch).items() if isinstance(value, Tensor)}
    return replace(batch, **fields)


def ask(method: Any, capability: str, batch: Batch, seed: int = 0) -> Answer:
    """Call a method as the engine does, with the global generators seeded. Raises `Fault` for another type."""
    seed_everything(seed)
    with torch.inference_mode():
        raw = getattr(method, capability)(batch)
    wanted = Scores if capability == "assess" else Images
    if not isinstance(raw, wanted):
        raise Fault(f"{capability} returned {type(raw).__name__}: return harness.{wanted.__name__}(…)")
    if isinstance(raw, Images):
        return Answer({"image": raw.image, **raw.maps}, raw)
    return Answer({**raw.scores, **({"map": raw.map} if raw.map is not None else {})}, raw)


def problem(answer: Answer, batch: Batch) -> str:
    """What is wrong with an answer's shape, type or values, in one line; "" if nothing is."""
    count = len(batch.ids)
    for name, value in answer.values.items():
        if not isinstance(value, Tensor):
            return f"{name} is a {type(value).__name__}, not a torch tensor"
        if not value.is_floating_point():
            return f"{name} is {value.dtype}: return float32 in [0, 1]"
        if not value.ndim or len(value) != count:
            return f"{name} has shape {tuple(value.shape)} for {count} samples: the first axis is the sample"
    return _image_problem(answer, batch) if isinstance(answer.raw, Images) else _score_problem(answer.raw, count)


def _image_problem(answer: Answer, batch: Batch) -> str:
    image = answer.values["image"]
    if batch.target_size is not None and tuple(image.shape) != (len(batch.ids), 3, *batch.target_size):
        expected = (len(batch.ids), 3, *batch.target_size)
        return f"the image has shape {tuple(image.shape)}, expected {expected} (batch.target_size)"
    if not bool(torch.isfinite(image).all()):
        return "the image holds NaN or infinity"
    low, high = float(image.min()), float(image.max())
    if low < -MOST_OVERSHOOT or high > 1 + MOST_OVERSHOOT:
        return f"values from {low:.3g} to {high:.3g}: images are in [0, 1]"
    return ""


def _score_problem(scores: Scores, count: int) -> str:
    if scores.primary not in scores.scores:
        known = ", ".join(scores.scores) or "none"
        return f"the primary score '{scores.primary}' is not among the scores: {known}"
    kept = [i for i in range(count) if i not in scores.refused]
    for name, values in scores.scores.items():
        if tuple(values.shape) != (count,):
            return f"score {name} has shape {tuple(values.shape)}, expected ({count},)"
        if not bool(torch.isfinite(values[kept]).all()):
            return f"score {name} holds NaN or infinity for samples that are not refused"
    return ""


def difference(a: Answer, b: Answer) -> float:
    """The largest |a - b| over all values, relative where they exceed 1; infinite where shapes or NaNs differ."""
    if a.values.keys() != b.values.keys():
        return float("inf")
    worst = 0.0
    for name, first in a.values.items():
        second = b.values[name]
        if first.shape != second.shape or not torch.equal(first.isnan(), second.isnan()):
            return float("inf")
        one, two = first.double().cpu().nan_to_num(), second.double().cpu().nan_to_num()
        if one.numel():
            worst = max(worst, float((one - two).abs().max() / one.abs().max().clamp(min=1)))
    return worst
