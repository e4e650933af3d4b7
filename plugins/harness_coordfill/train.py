"""How CoordFill is trained: `mini` (ours, small, free data) and `paper` (section 4.1 and the published settings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from harness.training.data import open_packed
from harness.training.inpainting import Batches, Source, Validator, lama_mix
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness_coordfill.losses import (
    FeatureLoss,
    PatchDiscriminator,
    feature_matching,
    hole_decibels,
    hole_l1,
    hole_l2,
    missing_detail,
    nsgan,
)
from harness_coordfill.network import MINI, CoordFill

__all__ = ["CRITIC", "HELD_OUT", "RECIPES", "Mini", "MiniSettings", "adversarial", "mini"]

RECIPES = {"mini": "harness_coordfill.train:mini", "paper": "harness_coordfill.paper:paper"}
CRITIC = "discriminator"
HELD_OUT = 16  # last crops of each source, for watching the training; the suite judges on other photographs


@dataclass(frozen=True)
class MiniSettings:
    """ours: everything that decides the `mini` recipe. Weights multiply the losses they name."""

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


class Mini:
    """Residual over the smooth fill: L1, L2 and PSNR in the hole; then features and detail; a critic at the end."""

    method, name = "coordfill", "mini"
    autocast = False  # torch's Fourier transforms take no bfloat16

    def __init__(self, data: Path, seed: int, settings: MiniSettings | None = None) -> None:
        self.settings = settings or MiniSettings()
        self.average = self.settings.average
        self.packed = {name: open_packed(data, name) for name in ("scenes", "photos")}
        # scenes are rendered at 192 and judged at 256; photographs come at the scales they are judged at
        weights = {"scenes": self.settings.scenes, "photos": 1 - self.settings.scenes}
        zooms = {"scenes": (0.75, 1.6), "photos": (0.75, 1.25)}
        sources = [Source(p.part(0, -HELD_OUT), weights[n], zooms[n]) for n, p in self.packed.items()]
        self.batch = Batches(tuple(sources), ((128, 8, 0.75), (192, 4, 0.25)), lama_mix, seed)
        self.validator = Validator({n: p.part(-HELD_OUT, None) for n, p in self.packed.items()}, side=192)
        self.features = FeatureLoss()

    def networks(self) -> dict[str, nn.Module]:
        model = CoordFill(MINI)
        for module in model.refine.dowm.modules():
            if isinstance(module, nn.Conv2d):
                # torch's default shrinks the signal 50-fold on its way down: there is no norm to undo it
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        return {MODEL: model, CRITIC: PatchDiscriminator(self.settings.critic_width)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        s = self.settings
        trained = [p for p in networks[MODEL].parameters() if p.requires_grad]
        return {
            MODEL: AdamW(trained, s.learning_rate, betas=(0.9, 0.99), weight_decay=s.weight_decay),
            CRITIC: Adam(networks[CRITIC].parameters(), s.critic_rate, betas=(0.5, 0.99)),
        }

    def rate(self, progress: Progress) -> float:
        """Warm up, stay, then fall linearly to `last_rate` at the end of the budget."""
        s = self.settings
        rise = min(1.0, (progress.step + 1) / s.warm_up_steps)
        fall = max(0.0, progress.share - s.decay_from) / (1 - s.decay_from)
        return rise * (1 - (1 - s.last_rate) * fall)

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        s = self.settings
        truth, mask = batch["image"], batch["mask"]
        fill = parts.networks[MODEL](truth * (1 - mask), mask)
        composite = fill.composite
        losses = {
            "l1": hole_l1(composite, truth, mask).mean(),
            "l2": hole_l2(composite, truth, mask).mean(),
            "raw": (fill.raw - truth).abs().mean(),
        }
        decibels = hole_decibels(composite, truth, mask).mean()
        with torch.no_grad():
            losses["gain"] = hole_decibels(fill.base, truth, mask).mean() - decibels
        total = s.hole_weight * losses["l1"] + s.square_weight * losses["l2"] + s.raw_weight * losses["raw"]
        if progress.share >= s.decibel_from:  # from the start it would keep flat pictures, already good, from moving
            total = total + s.decibel_weight * decibels
        if progress.share >= s.feature_from:
            self.features.to(truth.device)
            losses["feat"] = self.features(composite, truth, mask).mean()
            losses["detail"] = missing_detail(composite, truth, mask, s.detail_wanted).mean()
            total = total + s.feature_weight * losses["feat"] + s.detail_weight * losses["detail"]
        if progress.share >= s.adversarial_from:
            losses |= adversarial(parts, composite, truth)
            total = total + s.adversarial_weight * losses["adv"] + s.matching_weight * losses["match"]
        parts.descend(total, MODEL, s.clip)
        return {name: value.detach() for name, value in losses.items()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        return self.validator(lambda image, mask: model(image, mask).composite, device)

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(MINI),
            "settings": asdict(self.settings),
            "batches": self.batch.sizes,
            "data": [packed.describe() for packed in self.packed.values()],
        }


def mini(data: Path, seed: int) -> Mini:
    """The recipe of the shipped weights; needs ``data/scenes.npy`` and ``data/photos.npy`` (or ``.zip``)."""
    return Mini(data, seed)
