"""Whether an output shows the object that a text asked for: metrics by the judge of `judge.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import MetricBatch

from .asking import asked_of
from .judge import PICTURE, crops_of, judge_digest, load_judge

__all__ = ["TextAbsent", "TextMisaligned", "TextWrongColour", "TextWrongMaterial", "TextWrongShape", "TextWrongSize"]


class _ByJudge:
    """What all share: what the judge sees at the centre of the asked object's box, in whole outputs at 128 px."""

    name: ClassVar[str]

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        if region:
            raise HarnessError(f"{self.name} judges whole pictures: ask for it without @{region}")
        self._judge = load_judge(device)
        self.weights_sha256 = judge_digest()

    def _seen(self, batch: MetricBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return which samples show an object at all, bool [N], and by attribute which show another, bool [N]."""
        asked = asked_of(batch, self.name)
        if batch.output.shape[-2:] != (PICTURE, PICTURE):
            height, width = batch.output.shape[-2:]
            raise HarnessError(f"{self.name} knows pictures of {PICTURE} px, not {width}x{height}")
        boxes = asked.boxes()
        with torch.no_grad():
            logits = self._judge(*crops_of(batch.output, (boxes[:, :2] + boxes[:, 2:]) // 2))
        found = {name: scores.argmax(1) for name, scores in logits.items()}
        return found["present"] == 1, {name: found[name] != answer for name, answer in asked.answers.items()}


class TextMisaligned(_ByJudge):
    """``text_misaligned``: 1 where the judge sees nothing at the asked place, or an object with any attribute wrong.

    Attributes are shape, colour, material and size: all that the text says. Outputs ``[N,3,128,128]`` RGB in [0, 1] and
    the label maps of `scenes-brush` -> ``{"text_misaligned": [N]}``, 0 or 1; lower is better. The true pictures score
    what the card says: the judge's own errors, below which no method can be told from another.
    """

    name = "text_misaligned"

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        there, wrong = self._seen(batch)
        return {self.name: (~there | torch.stack(list(wrong.values())).any(0)).float()}


class TextAbsent(_ByJudge):
    """``text_absent``: 1 where the judge sees no object at the asked place. Inputs as for `TextMisaligned`."""

    name = "text_absent"

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        there, _ = self._seen(batch)
        return {self.name: (~there).float()}


class _Wrong(_ByJudge):
    """1 where the object that is there differs in one attribute from what the text says; NaN where none is there."""

    attribute: ClassVar[str]

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        there, wrong = self._seen(batch)
        return {self.name: wrong[self.attribute].float().masked_fill(~there, torch.nan)}


class TextWrongShape(_Wrong):
    """``text_wrong_shape``: 1 where an object of another shape is there; NaN where none. As `TextMisaligned`."""

    name, attribute = "text_wrong_shape", "shape"


class TextWrongColour(_Wrong):
    """``text_wrong_colour``: 1 where an object of another colour is there; NaN where none. As `TextMisaligned`."""

    name, attribute = "text_wrong_colour", "colour"


class TextWrongMaterial(_Wrong):
    """``text_wrong_material``: 1 where an object of another material is there; NaN where none. As `TextMisaligned`."""

    name, attribute = "text_wrong_material", "material"


class TextWrongSize(_Wrong):
    """``text_wrong_size``: 1 where an object of the other size is there; NaN where none. As `TextMisaligned`."""

    name, attribute = "text_wrong_size", "size"
