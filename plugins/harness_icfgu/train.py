"""How ICF-GU is trained: `mini` (ours, small, free data), its control `no-regulariser`, and `paper`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from harness.masks.objects import ObjectHoles
from harness.training.inpainting import lama_mix
from harness.training.recipe import MODEL, Parts, Progress
from harness.training.small_inpainter import Course, Fill, SmallInpainter
from harness_icfgu.blocks import Gated
from harness_icfgu.feedback import THRESHOLD, take_trusted
from harness_icfgu.losses import trust_losses
from harness_icfgu.network import MINI, TwoStage

if TYPE_CHECKING:
    import numpy as np

    from harness.interfaces import Hole

__all__ = ["RECIPES", "Mini", "TrustCourse", "mini", "no_regulariser", "object_mix", "small_network"]

RECIPES = {
    "mini": "harness_icfgu.train:mini",
    "no-regulariser": "harness_icfgu.train:no_regulariser",
    "paper": "harness_icfgu.paper:paper",
}
GAIN = 2.2
"""Keeps the size of a signal through ELU times a gate; there is no norm to do it (measured on normal inputs)."""
_OBJECTS = ObjectHoles()


def object_mix(rng: np.random.Generator, height: int, width: int) -> Hole:
    """An object's outline half of the time, else strokes or boxes (the paper mixes both; the shares are ours)."""
    return _OBJECTS.shape(rng, height, width, 0) if rng.random() < 0.5 else lama_mix(rng, height, width)


@dataclass(frozen=True)
class TrustCourse:
    """What the confidence adds to the shared course (all of it ours).

    Attributes:
        error, distrust: weights of the two terms of `trust_losses`.
        feedback_from: share of the course from which every other step trains a second pass, on the hole that a first
            one left and beside what it filled: the last passes of an iteration see such pictures.
    """

    error: float = 0.3
    distrust: float = 0.3
    feedback_from: float = 0.3


def small_network() -> TwoStage:
    """The small configuration, initialised so that it starts at the smooth fill and at half confidence."""
    network = TwoStage(MINI)
    for layer in network.modules():
        if isinstance(layer, Gated):
            nn.init.normal_(layer.weight, std=GAIN * layer.weight[0].numel() ** -0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    for last in network.last_layers():
        nn.init.zeros_(last.weight)
    return network


class Mini(SmallInpainter):
    """Both stages by the shared course, the confidence by `trust_losses`."""

    method = "icfgu"

    def __init__(
        self, data: Path, seed: int, course: Course | None = None, trust: TrustCourse | None = None, name: str = "mini"
    ) -> None:
        super().__init__(data, seed, course, object_mix)
        self.trust, self.name = trust or TrustCourse(), name

    def build(self) -> nn.Module:
        return small_network()

    def fill(self, model: nn.Module, blank: Tensor, mask: Tensor) -> Fill:
        found = model(blank, mask)
        composite = torch.where(mask > 0, found.image, blank)
        return Fill(composite, (found.coarse, found.image), {"confidence": found.confidence})

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        if progress.share >= self.trust.feedback_from and progress.step % 2:
            batch = self._after_one_pass(parts.networks[MODEL], batch)
        return super().step(parts, batch, progress)

    @torch.no_grad()
    def _after_one_pass(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The batch as a second pass meets it: the first one's trusted pixels are known and stand for the truth."""
        truth, mask = batch["image"], batch["mask"]
        blank = truth * (1 - mask)
        filled, left = take_trusted(blank, mask, model(blank, mask), THRESHOLD)
        return {"image": torch.where(left > 0, truth, filled), "mask": left}

    def own(self, parts: Parts, fill: Fill, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del parts, progress
        trust = trust_losses(fill.composite, batch["image"], fill.facts["confidence"], batch["mask"])
        return {"trusted": self.trust.error * trust.error, "distrust": self.trust.distrust * trust.distrust}

    def configuration(self) -> dict[str, Any]:
        return asdict(MINI)

    def describe(self) -> dict[str, Any]:
        return super().describe() | {"trust": asdict(self.trust)}


def mini(data: Path, seed: int) -> Mini:
    """The recipe of the small weights; needs ``data/scenes.npy`` and ``data/photos.npy`` (or ``.zip``)."""
    return Mini(data, seed)


def no_regulariser(data: Path, seed: int) -> Mini:
    """The control: the same, but not trusting costs nothing. Its confidence is expected to vanish."""
    return Mini(data, seed, trust=TrustCourse(distrust=0.0), name="no-regulariser")
