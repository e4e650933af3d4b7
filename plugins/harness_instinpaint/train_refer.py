"""How the finder of `refer-then-inpaint` is trained: words and picture to the exact silhouette (ours)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW, Optimizer

from harness.nn.word_list import list_encoder
from harness.training.data import step_rng
from harness.training.inpainting import to_signed
from harness.training.losses import dice
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness_instinpaint.pairs import HELD_OUT, Asked, open_pairs
from harness_instinpaint.refer import FACTOR, FOUND, Finder, Found
from harness_instinpaint.selection import attribute_loss

__all__ = ["Course", "Refer", "refer_recipe"]

JUDGED = 64
VALIDATION_SEED = 7_919


@dataclass(frozen=True)
class Course:
    """Everything that decides the training.

    Attributes:
        absent: share of instructions that name what is not there.
        where, shows, overlap: weights, against the entropy of pixels, of that of positions, of what positions show, and
            of the Dice loss.
    """

    batch: int = 24
    absent: float = 0.2
    where: float = 0.5
    shows: float = 0.1
    overlap: float = 0.3
    learning_rate: float = 2e-3
    last_rate: float = 0.03
    decay_from: float = 0.4
    warm_up_steps: int = 100
    weight_decay: float = 1e-3
    clip: float = 1.0
    average: float = 0.998


class Refer:
    """A `harness.training.recipe.Recipe`; needs what `render_instructions` wrote."""

    method = "instinpaint"
    name = "refer"
    autocast = False

    def __init__(self, data: Path, seed: int, course: Course | None = None) -> None:
        self.course = course or Course()
        self.average = self.course.average
        self.seed = seed
        self.pairs = open_pairs(data)
        self.network = Finder().config
        self.encode = list_encoder(self.network.words, self.network.text.longest)

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: Finder(self.network)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        c = self.course
        return {MODEL: AdamW(networks[MODEL].parameters(), c.learning_rate, weight_decay=c.weight_decay)}

    def rate(self, progress: Progress) -> float:
        c = self.course
        return warm_up_then_fall(progress, c.warm_up_steps, c.decay_from, c.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        rng = step_rng(self.seed, step)
        train = self.pairs.part(None, -HELD_OUT)
        return self._drawn([train.draw(rng, self.course.absent) for _ in range(self.course.batch)])

    def _drawn(self, asked: list[Asked]) -> dict[str, Tensor]:
        silhouettes = np.stack([self.pairs.silhouette(each) for each in asked])
        return {
            "image": to_signed([self.pairs.picture(each.source, each.mirrored) for each in asked]),
            "mask": torch.from_numpy(silhouettes)[:, None].float(),
            "ids": torch.tensor([self.encode(each.prompt) for each in asked]),
            "shows": torch.from_numpy(
                np.stack([self.pairs.shown(each, silhouettes.shape[-1] // FACTOR) for each in asked])
            ),
        }

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        c, mask = self.course, batch["mask"]
        odds: Found = parts.networks[MODEL](batch["image"], batch["ids"])
        entropy = functional.binary_cross_entropy_with_logits
        losses = {
            "entropy": entropy(odds.pixels, mask),
            "where": c.where * entropy(odds.where, functional.avg_pool2d(mask, FACTOR)),
            "shows": c.shows * attribute_loss(odds.shows, batch["shows"], self.network.attributes),
            "overlap": c.overlap * (1 - dice(odds.pixels.sigmoid(), mask)).mean(),
        }
        parts.descend(torch.stack(list(losses.values())).sum(), MODEL, c.clip)
        return {name: value.detach() for name, value in losses.items()}

    @torch.no_grad()
    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """Of held-out scenes: mean IoU, share above one half, and share of absent instructions that find anything."""
        rng = step_rng(VALIDATION_SEED, 0)
        held = self.pairs.part(-HELD_OUT, None)
        present, absent = (
            {name: value.to(device) for name, value in self._drawn([held.draw(rng, a) for _ in range(JUDGED)]).items()}
            for a in (0.0, 1.0)
        )
        found = model(present["image"], present["ids"]).pixels.sigmoid()
        region, mask = found > FOUND, present["mask"] > 0
        iou = (region & mask).sum((1, 2, 3)) / (region | mask).sum((1, 2, 3)).clamp(min=1)
        wrong = (model(absent["image"], absent["ids"]).pixels > 0).flatten(1).any(1)
        scores = {"iou": iou.mean(), "found": (iou > 0.5).float().mean(), "obeyed": wrong.float().mean()}
        shown = [present["image"] / 2 + 0.5, found.expand(-1, 3, -1, -1), present["mask"].expand(-1, 3, -1, -1)]
        return Validation({name: float(value) for name, value in scores.items()}, torch.stack([x[:6] for x in shown]))

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(self.network),
            "settings": asdict(self.course),
            "seed": self.seed,
            "data": [self.pairs.packed.describe()],
        }


def refer_recipe(data: Path, seed: int) -> Refer:
    """The recipe of the finder."""
    return Refer(data, seed)
