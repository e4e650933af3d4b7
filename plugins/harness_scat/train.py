"""How SCAT is trained: `mini` (ours, small, free data) and `paper` (`harness_scat.paper`); its detector elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from harness.training.recipe import MODEL, Parts
from harness.training.small_inpainter import CRITIC, Course, Fill, SmallInpainter
from harness_scat.adversary import CORRUPTED_VERSIONS, PROJECTION, ask, teach
from harness_scat.discriminator import UnetDiscriminator, projection
from harness_scat.network import MINI, Generator

__all__ = ["RECIPES", "Confusion", "Mini", "mini"]

RECIPES = {
    "scat": {"mini": "harness_scat.train:mini", "paper": "harness_scat.paper:paper"},
    "scat-detect": {"mini": "harness_scat.detect_train:detection"},
}


@dataclass(frozen=True)
class Confusion:
    """The critic's part of the small course (all of it ours): the paper's losses in its proportions, times 0.02.

    Attributes:
        width: features of the discriminator's first layer; the paper's is 64.
        adversarial, textural, semantic: weights of the losses; the paper's are 1, 10, 1.
        corrupted_versions: negatives of the semantic contrast, at most the batch.
    """

    width: int = 16
    adversarial: float = 0.02
    textural: float = 0.2
    semantic: float = 0.02
    corrupted_versions: int = CORRUPTED_VERSIONS


class Mini(SmallInpainter):
    """A residual over the smooth fill by the shared course; its critic is the paper's, in a small width."""

    method = "scat"

    def __init__(self, data: Path, seed: int, course: Course | None = None, confusion: Confusion | None = None) -> None:
        super().__init__(data, seed, course or Course(learning_rate=5e-4))
        self.confusion = confusion or Confusion()

    def build(self) -> nn.Module:
        return Generator(MINI)

    def networks(self) -> dict[str, nn.Module]:
        width = self.confusion.width
        return {MODEL: self.build(), CRITIC: UnetDiscriminator(width), PROJECTION: projection(width)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        c = self.course
        trained = [*networks[MODEL].parameters(), *networks[PROJECTION].parameters()]
        return {
            MODEL: AdamW(trained, c.learning_rate, betas=(0.9, 0.99), weight_decay=c.weight_decay),
            CRITIC: Adam(networks[CRITIC].parameters(), c.critic_rate, betas=(0.0, 0.99)),
        }

    def fill(self, model: nn.Module, blank: Tensor, mask: Tensor) -> Fill:
        # the paper also holds the known pixels of the prediction to the truth; here that asks for a residual of 0 over
        # most of the picture, which the last ReLU learns first and never comes back from
        return Fill(torch.where(mask > 0, model(blank, mask), blank))

    def judge(self, parts: Parts, composite: Tensor, truth: Tensor, mask: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        c = self.confusion
        told = teach(parts, composite, truth, mask)
        asked = ask(parts, composite, truth, mask, corrupted_versions=c.corrupted_versions)
        cost = c.adversarial * (asked.whole + asked.pixels) + c.textural * asked.textural + c.semantic * asked.semantic
        return asked._asdict() | {"critic": told}, cost

    def configuration(self) -> dict[str, Any]:
        return asdict(MINI)

    def describe(self) -> dict[str, Any]:
        return super().describe() | {"confusion": asdict(self.confusion)}


def mini(data: Path, seed: int) -> Mini:
    """The recipe of the small weights; needs ``data/scenes.npy`` and ``data/photos.npy`` (or ``.zip``)."""
    return Mini(data, seed)
