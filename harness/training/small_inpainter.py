"""The course that small inpainters share: pixels first, then features and detail, a critic at the end (all of it ours).

A method's `mini` recipe is a subclass that builds its network, says how it fills, and adds its paper's own losses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from harness.nn.patch_discriminator import PatchDiscriminator
from harness.training.data import open_packed
from harness.training.inpainting import Batches, Source, Validator, lama_mix
from harness.training.losses import (
    FeatureLoss,
    feature_matching,
    hole_decibels,
    hole_l1,
    hole_l2,
    missing_detail,
    nsgan,
)
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall

if TYPE_CHECKING:
    from harness.training.inpainting import Draw

__all__ = ["CRITIC", "HELD_OUT", "Course", "Fill", "SmallInpainter", "adversarial"]

CRITIC = "discriminator"
HELD_OUT = 16  # last crops of each source, for watching the training; the suite judges on other photographs


@dataclass(frozen=True)
class Course:
    """Everything that decides a small training. Weights multiply the losses they name; `*_from` are shares of it."""

    learning_rate: float = 1e-3
    critic_rate: float = 2e-4
    weight_decay: float = 1e-4
    clip: float = 1.0
    hole_weight: float = 2.0
    square_weight: float = 4.0
    raw_weight: float = 0.5
    decibel_weight: float = 0.05
    decibel_from: float = 0.5
    feature_weight: float = 0.2
    feature_from: float = 0.6
    detail_weight: float = 0.15
    detail_wanted: float = 0.8
    adversarial_weight: float = 0.02
    matching_weight: float = 0.2
    adversarial_from: float = 0.8
    decay_from: float = 0.5
    last_rate: float = 0.05
    warm_up_steps: int = 50
    critic_width: int = 32
    scenes: float = 0.6
    average: float = 0.999
    sizes: tuple[tuple[int, int, float], ...] = ((128, 8, 0.75), (192, 4, 0.25))
    side: int = 192


@dataclass(frozen=True)
class Fill:
    """What a network made of a blanked picture, all ``[N, 3, H, W]`` in [-1, 1].

    Attributes:
        composite: the fill inside the hole, the picture outside.
        raw: whole-picture predictions, one a stage, each held to the truth everywhere.
        facts: further tensors that the method's own losses read.
    """

    composite: Tensor
    raw: tuple[Tensor, ...] = ()
    facts: Mapping[str, Tensor] = field(default_factory=dict)


def adversarial(parts: Parts, composite: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Teach the critic once, then ask it: ``adv`` and ``match`` for the network to descend, ``critic`` for the log."""
    critic = parts.networks[CRITIC]
    told = 0.5 * (nsgan(critic(truth)[0], True) + nsgan(critic(composite.detach())[0], False))
    parts.descend(told, CRITIC)
    critic.requires_grad_(False)
    logits, maps = critic(composite)
    with torch.no_grad():
        wanted = critic(truth)[1]
    critic.requires_grad_(True)
    return {"adv": nsgan(logits, True), "match": feature_matching(maps, wanted), "critic": told}


class SmallInpainter(ABC):
    """Base of the `mini` recipes: L1, L2 and PSNR in the hole; then features and detail; a critic at the end.

    Needs ``data/scenes`` and ``data/photos`` (``.npy`` or ``.zip``). Subclasses set ``method`` and answer `build`,
    `fill` and `configuration`; `own` adds the paper's losses.
    """

    method: str
    name = "mini"
    autocast = False

    def __init__(self, data: Path, seed: int, course: Course | None = None, draw: Draw = lama_mix) -> None:
        self.course = course or Course()
        self.average = self.course.average
        self.packed = {name: open_packed(data, name) for name in ("scenes", "photos")}
        # scenes are rendered at 192 and judged at 256; photographs come at the scales they are judged at
        weights = {"scenes": self.course.scenes, "photos": 1 - self.course.scenes}
        zooms = {"scenes": (0.75, 1.6), "photos": (0.75, 1.25)}
        sources = [Source(p.part(0, -HELD_OUT), weights[n], zooms[n]) for n, p in self.packed.items()]
        self.batch = Batches(tuple(sources), self.course.sizes, draw, seed)
        held_out = {n: p.part(-HELD_OUT, None) for n, p in self.packed.items()}
        self.validator = Validator(held_out, side=self.course.side)
        self.features = FeatureLoss()

    @abstractmethod
    def build(self) -> nn.Module:
        """The network, freshly initialised."""

    @abstractmethod
    def fill(self, model: nn.Module, blank: Tensor, mask: Tensor) -> Fill:
        """Fill ``blank`` [N,3,H,W] in [-1,1], 0 in the hole, where ``mask`` [N,1,H,W] is 1."""

    @abstractmethod
    def configuration(self) -> dict[str, Any]:
        """The network's configuration, JSON-ready: enough to build it again from the exported file."""

    def own(self, parts: Parts, fill: Fill, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        """The paper's own losses, already weighted: added to the total and logged."""
        del parts, fill, batch, progress
        return {}

    def judge(self, parts: Parts, composite: Tensor, truth: Tensor, mask: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """The critic's part of a step, from `adversarial_from` on: teach it, then its losses and their weighted sum."""
        del mask
        judged = adversarial(parts, composite, truth)
        return judged, self.course.adversarial_weight * judged["adv"] + self.course.matching_weight * judged["match"]

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: self.build(), CRITIC: PatchDiscriminator(self.course.critic_width)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        c = self.course
        trained = [p for p in networks[MODEL].parameters() if p.requires_grad]
        return {
            MODEL: AdamW(trained, c.learning_rate, betas=(0.9, 0.99), weight_decay=c.weight_decay),
            CRITIC: Adam(networks[CRITIC].parameters(), c.critic_rate, betas=(0.5, 0.99)),
        }

    def rate(self, progress: Progress) -> float:
        c = self.course
        return warm_up_then_fall(progress, c.warm_up_steps, c.decay_from, c.last_rate)

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        truth, mask = batch["image"], batch["mask"]
        fill = self.fill(parts.networks[MODEL], truth * (1 - mask), mask)
        losses, total = self._shared(fill.composite, truth, mask, progress)
        if fill.raw:
            losses["raw"] = torch.stack([(raw - truth).abs().mean() for raw in fill.raw]).mean()
            total = total + self.course.raw_weight * losses["raw"]
        own = self.own(parts, fill, batch, progress)
        total = total + sum(own.values(), torch.zeros((), device=truth.device))
        if progress.share >= self.course.adversarial_from:
            judged, cost = self.judge(parts, fill.composite, truth, mask)
            losses |= judged
            total = total + cost
        parts.descend(total, MODEL, self.course.clip)
        return {name: value.detach() for name, value in (losses | own).items()}

    def _shared(
        self, composite: Tensor, truth: Tensor, mask: Tensor, progress: Progress
    ) -> tuple[dict[str, Tensor], Tensor]:
        c = self.course
        losses = {
            "l1": hole_l1(composite, truth, mask).mean(),
            "l2": hole_l2(composite, truth, mask).mean(),
        }
        total = c.hole_weight * losses["l1"] + c.square_weight * losses["l2"]
        if progress.share >= c.decibel_from:  # from the start it would keep flat pictures, already good, from moving
            total = total + c.decibel_weight * hole_decibels(composite, truth, mask).mean()
        if progress.share >= c.feature_from:
            self.features.to(truth.device)
            losses["feat"] = self.features(composite, truth, mask).mean()
            losses["detail"] = missing_detail(composite, truth, mask, c.detail_wanted).mean()
            total = total + c.feature_weight * losses["feat"] + c.detail_weight * losses["detail"]
        return losses, total

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        return self.validator(lambda image, mask: self.fill(model, image, mask).composite, device)

    def describe(self) -> dict[str, Any]:
        return {
            "network": self.configuration(),
            "settings": asdict(self.course),
            "data": [packed.describe() for packed in self.packed.values()],
        }
