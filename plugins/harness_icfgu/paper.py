"""As much of the paper's own training as is known, the rest from crfill's published settings.

From the paper: two stages, the confidence's loss, object-shaped holes mixed with strokes. From crfill: hinge loss with
a spectrally normalised discriminator that sees the composite, L1 on both stages' whole predictions, Adam with two
rates, crops of 256 pixels, and three phases (coarse stage alone; refinement alone; all) of 1, 2 and 4 epochs. Ours:
the phases as shares of the budget, the weight of the confidence's loss, a batch of 8 (crfill: 96 on two GPUs).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim import Adam, Optimizer

from harness.training.data import open_packed
from harness.training.inpainting import Batches, Source, Validator
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness.training.small_inpainter import CRITIC, HELD_OUT
from harness_icfgu.losses import trust_losses
from harness_icfgu.network import IcfguConfig, TwoStage
from harness_icfgu.train import TrustCourse, object_mix

__all__ = ["Critic", "Paper", "paper", "phase"]

GENERATOR_RATE, CRITIC_RATE, BETAS = 1e-4, 4e-4, (0.0, 0.9)
SIDE, BATCH = 256, 8
PHASES = {"coarse": 1 / 7, "fine": 3 / 7, "all": 1.0}
"""Until which share of the budget each phase lasts."""
CRITIC_WIDTHS = (64, 128, 256, 256, 256, 256)


def phase(share: float) -> str:
    """The phase of a share of the budget in [0, 1]."""
    return next((name for name, end in PHASES.items() if share < end), "all")


class Critic(nn.Module):
    """Six spectrally normalised 5 × 5 convolutions of stride 2 on the picture and a channel of ones."""

    def __init__(self) -> None:
        super().__init__()
        inputs = (4, *CRITIC_WIDTHS[:-1])
        pairs = zip(inputs, CRITIC_WIDTHS, strict=True)
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 5, stride=2, padding=2)) for a, b in pairs)

    def forward(self, image: Tensor) -> Tensor:
        """``[N, 3, H, W]`` -> scores ``[N, 256, H / 64, W / 64]``; the last layer is activated, too, as published."""
        x = torch.cat([image, torch.ones_like(image[:, :1])], 1)
        for layer in self.layers:
            x = F.leaky_relu(layer(x))
        return x


class Paper:
    """Coarse stage by L1; then the refinement, and at last both, by L1, hinge loss and the confidence's loss."""

    method, name = "icfgu", "paper"
    autocast = True
    average = 0.0

    def __init__(self, data: Path, seed: int, config: IcfguConfig | None = None) -> None:
        self.config = config or IcfguConfig()
        self.packed = open_packed(data, "photos")
        source = Source(self.packed.part(0, -HELD_OUT), 1.0, (1.0, 1.0))
        self.batch = Batches((source,), ((SIDE, BATCH, 1.0),), object_mix, seed)
        self.validator = Validator({"photos": self.packed.part(-HELD_OUT, None)}, side=SIDE)
        self.trust = TrustCourse(error=1.0, distrust=1.0)

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: TwoStage(self.config), CRITIC: Critic()}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        return {
            MODEL: Adam(networks[MODEL].parameters(), GENERATOR_RATE, betas=BETAS),
            CRITIC: Adam(networks[CRITIC].parameters(), CRITIC_RATE, betas=BETAS),
        }

    def rate(self, progress: Progress) -> float:
        """Constant."""
        del progress
        return 1.0

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        truth, mask, now = batch["image"], batch["mask"], phase(progress.share)
        network = parts.networks[MODEL]
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(now == "all" or name.startswith("conv") == (now == "coarse"))
        found = network(truth * (1 - mask), mask)
        losses = {"coarse": (found.coarse - truth).abs().mean()} if now != "fine" else {}
        if now != "coarse":
            losses |= self._refinement(parts, found.image, found.confidence, truth, mask)
        parts.descend(torch.stack(list(losses.values())).sum(), MODEL)
        return {name: value.detach() for name, value in losses.items()}

    def _refinement(
        self, parts: Parts, image: Tensor, confidence: Tensor, truth: Tensor, mask: Tensor
    ) -> dict[str, Tensor]:
        composite = torch.where(mask > 0, image, truth)
        critic = parts.networks[CRITIC]
        told = (1 - critic(truth)).relu().mean() + (1 + critic(composite.detach())).relu().mean()
        parts.descend(told, CRITIC)
        critic.requires_grad_(False)
        adversarial = -critic(composite).mean()
        critic.requires_grad_(True)
        trust = trust_losses(composite, truth, confidence, mask)
        return {
            "image": (image - truth).abs().mean(),
            "adv": adversarial,
            "trusted": self.trust.error * trust.error,
            "distrust": self.trust.distrust * trust.distrust,
        }

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        def fill(image: Tensor, mask: Tensor) -> Tensor:
            return torch.where(mask > 0, model(image, mask).image, image)

        return self.validator(fill, device)

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(self.config),
            "settings": {"rates": [GENERATOR_RATE, CRITIC_RATE], "batch": BATCH, "side": SIDE, "phases": PHASES},
            "trust": {"error": self.trust.error, "distrust": self.trust.distrust},
            "data": [self.packed.describe()],
        }


def paper(data: Path, seed: int) -> Paper:
    """What is known of the paper's recipe; needs ``data/photos.npy`` or ``.zip`` and, in earnest, a GPU."""
    return Paper(data, seed)
