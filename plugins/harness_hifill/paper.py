"""The published training of HiFill (section 4 of arXiv 2005.09704 and the settings of its scripts).

WGAN with a gradient penalty, weighted 0.001; L1 of the coarse and of the refined picture in the hole and outside it;
Adam 1e-4 (0.5, 0.9); three updates of the discriminator for one of the generator; batches of four 512 px crops.

Ours: a step updates the discriminator every time and the generator every third time, each on a batch of its own as
published; holes are silhouettes from our generator, not the scripts' hundred templates; each picture has its own hole
(the scripts draw one a batch).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam, Optimizer

from harness.masks.objects import ObjectHoles
from harness.training.data import open_packed
from harness.training.inpainting import Batches, Source, Validator
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness.training.small_inpainter import CRITIC, HELD_OUT
from harness_hifill.network import HiFill, HiFillConfig, Stages
from harness_hifill.sampling import pad_same

if TYPE_CHECKING:
    import numpy as np

    from harness.interfaces import Hole

__all__ = [
    "COARSE_ALPHA",
    "Critic",
    "Paper",
    "composite",
    "gradient_penalty",
    "hole_loss",
    "known_loss",
    "object_holes",
    "paper",
]

LEARNING_RATE, BETAS = 1e-4, (0.5, 0.9)
SIDE, BATCH = 512, 4
ADVERSARIAL, PENALTY, HOLE, KNOWN = 1e-3, 10.0, 1.2, 1.2
COARSE_ALPHA = 1.2
"""Weight of the coarse picture's L1 beside the refined one's."""
CRITIC_STEPS = 3
CRITIC_KERNEL, CRITIC_SLOPE = 5, 0.2
NATIVE = (1.0, 1.0)
"""A zoom of one: crops as they are."""


def object_holes(rng: np.random.Generator, height: int, width: int) -> Hole:
    """A silhouette, mirrored, turned and scaled."""
    return ObjectHoles().shape(rng, height, width, 0)


def composite(truth: Tensor, stages: Stages, mask: Tensor) -> Tensor:
    """The refined picture in the hole, the truth outside."""
    return stages.refined * mask + truth * (1 - mask)


def _staged(truth: Tensor, stages: Stages, where: Tensor) -> Tensor:
    coarse, refined = ((truth - picture).abs() * where for picture in (stages.coarse, stages.refined))
    return COARSE_ALPHA * coarse.mean() + refined.mean()


def hole_loss(truth: Tensor, stages: Stages, mask: Tensor) -> Tensor:
    """L1 of both pictures in the hole, as a mean over all pixels."""
    return _staged(truth, stages, mask)


def known_loss(truth: Tensor, stages: Stages, mask: Tensor) -> Tensor:
    """L1 of both pictures outside the hole, over the share of what is known."""
    return _staged(truth, stages, 1 - mask) / (1 - mask).mean()


class Critic(nn.Module):
    """Six 5x5 convolutions of stride 2, leaky ReLU, then one linear layer on what is left: a score a picture."""

    def __init__(self, side: int = SIDE, width: int = 64) -> None:
        super().__init__()
        widths = [width * times for times in (1, 2, 4, 4, 4, 4)]
        pairs = zip([3, *widths], widths, strict=False)
        self.convs = nn.ModuleList(nn.Conv2d(source, target, CRITIC_KERNEL, 2) for source, target in pairs)
        self.linear = nn.Linear(widths[-1] * (side // 2 ** len(widths)) ** 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        """``[N, 3, side, side]`` in [-1, 1] -> ``[N, 1]``."""
        x = image
        for conv in self.convs:
            x = F.leaky_relu(conv(pad_same(x, CRITIC_KERNEL, 2)), CRITIC_SLOPE)
        score: Tensor = self.linear(x.flatten(1))
        return score


def gradient_penalty(critic: nn.Module, truth: Tensor, fake: Tensor) -> Tensor:
    """Squared distance from 1 of the critic's slope between true and filled pictures (the mask plays no part)."""
    share = torch.rand(len(truth), 1, 1, 1, device=truth.device)
    between = (truth + share * (fake - truth)).requires_grad_()
    slope = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]
    penalty: Tensor = (torch.linalg.vector_norm(slope, dim=(1, 2, 3)) - 1).square().mean()
    return penalty


class Paper:
    """The published losses on Places2-like photographs; needs a GPU in earnest."""

    method, name = "hifill", "paper"
    autocast = False  # a gradient penalty in half precision is another training
    average = 0.0

    def __init__(self, data: Path, seed: int, config: HiFillConfig | None = None, side: int = SIDE) -> None:
        self.config, self.side = config or HiFillConfig(), side
        self.packed = open_packed(data, "photos")
        source = Source(self.packed.part(0, -HELD_OUT), 1.0, NATIVE)
        self.batch = Batches((source,), ((side, BATCH, 1.0),), object_holes, seed)
        self.validator = Validator({"photos": self.packed.part(-HELD_OUT, None)}, side=min(side, 256))

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: HiFill(self.config), CRITIC: Critic(self.side)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        return {name: Adam(networks[name].parameters(), LEARNING_RATE, betas=BETAS) for name in (MODEL, CRITIC)}

    def rate(self, progress: Progress) -> float:
        """Constant."""
        del progress
        return 1.0

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        """The discriminator, and every third time the generator."""
        truth, mask = batch["image"], batch["mask"]
        losses = self._teach(parts, truth, mask)
        if (progress.step + 1) % CRITIC_STEPS == 0:
            losses |= self._generate(parts, truth, mask)
        return {name: value.detach() for name, value in losses.items()}

    def _teach(self, parts: Parts, truth: Tensor, mask: Tensor) -> dict[str, Tensor]:
        critic = parts.networks[CRITIC]
        with torch.no_grad():
            fake = composite(truth, parts.networks[MODEL](truth * (1 - mask), mask), mask)
        real_score, fake_score = critic(torch.cat([truth, fake])).chunk(2)
        losses = {"critic": fake_score.mean() - real_score.mean(), "penalty": gradient_penalty(critic, truth, fake)}
        parts.descend(losses["critic"] + PENALTY * losses["penalty"], CRITIC)
        return losses

    def _generate(self, parts: Parts, truth: Tensor, mask: Tensor) -> dict[str, Tensor]:
        critic = parts.networks[CRITIC]
        stages = parts.networks[MODEL](truth * (1 - mask), mask)
        losses = {"hole": hole_loss(truth, stages, mask), "known": known_loss(truth, stages, mask)}
        critic.requires_grad_(False)
        losses["adv"] = -critic(composite(truth, stages, mask)).mean()
        critic.requires_grad_(True)
        parts.descend(HOLE * losses["hole"] + KNOWN * losses["known"] + ADVERSARIAL * losses["adv"], MODEL)
        return losses

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        return self.validator(lambda image, mask: composite(image, model(image, mask), mask), device)

    def describe(self) -> dict[str, Any]:
        weights = {"adversarial": ADVERSARIAL, "penalty": PENALTY, "hole": HOLE, "known": KNOWN, "coarse": COARSE_ALPHA}
        settings = {"learning_rate": LEARNING_RATE, "batch": BATCH, "side": self.side, "weights": weights}
        return {"network": asdict(self.config), "settings": settings, "data": [self.packed.describe()]}


def paper(data: Path, seed: int) -> Paper:
    """The published recipe; needs ``data/photos.npy`` or ``.zip`` and, in earnest, a GPU."""
    return Paper(data, seed)
