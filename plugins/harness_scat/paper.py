"""The paper's own training of SCAT, as the published code does it.

Where it differs: holes come from our generator of irregular masks, not from PConv's files, and crops from the packed
photographs, not from CelebA or Places2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from harness.masks.irregular import Irregular6
from harness.training.data import open_packed
from harness.training.inpainting import Batches, Source, Validator
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness.training.small_inpainter import CRITIC, HELD_OUT
from harness_scat.adversary import CORRUPTED_VERSIONS, PROJECTION, ask, teach
from harness_scat.discriminator import UnetDiscriminator, projection
from harness_scat.network import Generator, ScatConfig

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["Paper", "irregular", "official_start", "paper"]

LEARNING_RATE, BETAS, BATCH, SIDE = 1e-4, (0.0, 0.99), 8, 256
RECONSTRUCTION, ADVERSARIAL, TEXTURAL, SEMANTIC = 10.0, 1.0, 10.0, 1.0
START = 0.02  # deviation of the generator's first weights
ZOOM = (0.75, 1.25)
_BINS = 6


def irregular(rng: np.random.Generator, height: int, width: int) -> Hole:
    """An irregular hole of any of the six classes of area."""
    return Irregular6().shape(rng, height, width, int(rng.integers(_BINS)))


def official_start() -> Generator:
    """The generator with the published initialisation."""
    generator = Generator()
    for module in generator.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=START)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return generator


class Paper:
    """L1 x10 on the prediction, SCAT and global hinge x1, contrasts x10 and x1; Adam 1e-4, batch 8, 256 px."""

    method, name = "scat", "paper"
    autocast = False
    average = 0.0

    def __init__(self, data: Path, seed: int) -> None:
        self.packed = open_packed(data, "photos")
        source = Source(self.packed.part(0, -HELD_OUT), 1.0, ZOOM)
        self.batch = Batches((source,), ((SIDE, BATCH, 1.0),), irregular, seed)
        self.validator = Validator({"photos": self.packed.part(-HELD_OUT, None)}, side=SIDE)

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: official_start(), CRITIC: UnetDiscriminator(), PROJECTION: projection()}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        trained = [*networks[MODEL].parameters(), *networks[PROJECTION].parameters()]
        critic = networks[CRITIC].parameters()
        return {MODEL: Adam(trained, LEARNING_RATE, BETAS), CRITIC: Adam(critic, LEARNING_RATE, BETAS)}

    def rate(self, progress: Progress) -> float:
        """Constant."""
        del progress
        return 1.0

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        truth, mask = batch["image"], batch["mask"]
        prediction = parts.networks[MODEL](truth, mask)
        composite = torch.where(mask > 0, prediction, truth)
        losses = {"critic": teach(parts, composite, truth, mask)}
        asked = ask(parts, composite, truth, mask)
        losses |= {"l1": (prediction - truth).abs().mean()} | asked._asdict()
        total = RECONSTRUCTION * losses["l1"] + ADVERSARIAL * (asked.whole + asked.pixels)
        parts.descend(total + TEXTURAL * asked.textural + SEMANTIC * asked.semantic, MODEL)
        return {name: value.detach() for name, value in losses.items()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        return self.validator(lambda image, mask: torch.where(mask > 0, model(image, mask), image), device)

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(ScatConfig()),
            "settings": {
                "learning_rate": LEARNING_RATE,
                "betas": BETAS,
                "batch": BATCH,
                "side": SIDE,
                "weights": [RECONSTRUCTION, ADVERSARIAL, TEXTURAL, SEMANTIC],
                "corrupted_versions": CORRUPTED_VERSIONS,
            },
            "data": [self.packed.describe()],
        }


def paper(data: Path, seed: int) -> Paper:
    """The paper's recipe; needs ``data/photos.npy`` or ``.zip``."""
    return Paper(data, seed)
