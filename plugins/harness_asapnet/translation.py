"""The small translation training: labels of rendered scenes to pictures of them (all of it ours)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from harness.errors import HarnessError
from harness.training.data import Crop
from harness.training.inpainting import to_signed
from harness.training.losses import FeatureLoss
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness.training.small_inpainter import CRITIC, HELD_OUT
from harness_asapnet.condition import one_hot
from harness_asapnet.config import MINI, RGB
from harness_asapnet.labelled import LabelledBatches, open_labelled
from harness_asapnet.losses import MultiscaleDiscriminator, matching, voiced
from harness_asapnet.network import AsapNet
from harness_asapnet.train import initialise

__all__ = ["Course", "Mini", "mini", "pixel_loss"]

PICTURED = 6
CHUNK = 4  # pictures at once


@dataclass(frozen=True)
class Course:
    """Everything that decides the training; weights multiply the losses they name, `*_from` are shares of it."""

    learning_rate: float = 1e-3
    critic_rate: float = 4e-4
    weight_decay: float = 1e-4
    clip: float = 1.0
    pixel_weight: float = 2.0
    object_weight: float = 3.0
    feature_weight: float = 0.5
    feature_from: float = 0.1
    adversarial_weight: float = 0.05
    matching_weight: float = 0.5
    adversarial_from: float = 0.35
    decay_from: float = 0.6
    last_rate: float = 0.05
    warm_up_steps: int = 50
    critic_width: int = 32
    critic_layers: int = 3
    average: float = 0.999
    side: int = 128
    count: int = 8
    zoom: tuple[float, float] = (0.75, 1.6)


def pixel_loss(output: Tensor, truth: Tensor, labels: Tensor, object_weight: float) -> Tensor:
    """Mean absolute error in which a pixel of an object (class above 0) counts ``object_weight`` times."""
    weights = torch.where(labels > 0, object_weight, 1.0)[:, None]
    return ((output - truth).abs() * weights).sum() / (output.shape[1] * weights.sum())


class Mini:
    """Pixels first, then EfficientNet's features in VGG's place, then the paper's adversary, small."""

    method, name = "asapnet", "mini"
    autocast = False

    def __init__(self, data: Path, seed: int, course: Course | None = None) -> None:
        self.course = c = course or Course()
        self.average = c.average
        self.packed = open_labelled(data, "scenes")
        if (found := int(np.max(self.packed.labels))) >= MINI.inputs:
            raise HarnessError(
                f"{data}: scenes_labels.npy holds class {found}; this recipe knows 0 to {MINI.inputs - 1}"
            )
        self.batch = LabelledBatches(self.packed.part(0, -HELD_OUT), Crop(c.side, c.zoom), c.count, seed)
        self.features = FeatureLoss()

    def networks(self) -> dict[str, nn.Module]:
        c = self.course
        critic = MultiscaleDiscriminator(MINI.inputs + RGB, c.critic_width, c.critic_layers)
        return {MODEL: initialise(AsapNet(MINI)), CRITIC: critic}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        c = self.course
        return {
            MODEL: AdamW(networks[MODEL].parameters(), c.learning_rate, betas=(0.9, 0.99), weight_decay=c.weight_decay),
            CRITIC: Adam(networks[CRITIC].parameters(), c.critic_rate, betas=(0.0, 0.9)),
        }

    def rate(self, progress: Progress) -> float:
        c = self.course
        return warm_up_then_fall(progress, c.warm_up_steps, c.decay_from, c.last_rate)

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        c, truth, labels = self.course, batch["image"], batch["labels"]
        condition = one_hot(labels, MINI.inputs)
        output = parts.networks[MODEL](condition)
        losses = {"l1": pixel_loss(output, truth, labels, c.object_weight)}
        total = c.pixel_weight * losses["l1"]
        if progress.share >= c.feature_from:
            everywhere = torch.ones_like(truth[:, :1])
            losses["feat"] = self.features.to(truth.device)(output, truth, everywhere).mean()
            total = total + c.feature_weight * losses["feat"]
        if progress.share >= c.adversarial_from:
            losses |= self._adversarial(parts, condition, output, truth)
            total = total + c.adversarial_weight * losses["adv"] + c.matching_weight * losses["match"]
        parts.descend(total, MODEL, c.clip)
        return {name: value.detach() for name, value in losses.items()}

    def _adversarial(self, parts: Parts, condition: Tensor, output: Tensor, truth: Tensor) -> dict[str, Tensor]:
        """Teach the critic once, then ask it."""
        critic = parts.networks[CRITIC]
        pairs = [torch.cat([condition, picture], 1) for picture in (output, truth)]
        told = voiced(critic(pairs[1]), "real") + voiced(critic(pairs[0].detach()), "fake")
        parts.descend(told, CRITIC)
        critic.requires_grad_(False)
        fake = critic(pairs[0])
        with torch.no_grad():
            real = critic(pairs[1])
        critic.requires_grad_(True)
        return {"adv": voiced(fake, "fool"), "match": matching(fake, real), "critic": told.detach()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """On held-out scenes: ``psnr`` (dB), ``feat`` (relative feature distance), ``spread`` (gradients kept)."""
        held = self.packed.part(-HELD_OUT, None)
        truth = to_signed([np.asarray(image) for image in held.images.images]).to(device)
        labels = torch.from_numpy(np.array(held.labels)).long().to(device)
        parts = [model(one_hot(labels[k : k + CHUNK], MINI.inputs)) for k in range(0, len(labels), CHUNK)]
        outputs = torch.cat(parts).clamp(-1, 1)
        error = ((outputs - truth) / 2).square().mean((1, 2, 3))
        everywhere = torch.ones_like(truth[:, :1])
        self.features.to(device)
        scores = {
            "psnr": float((-10 * error.log10()).mean()),
            "feat": float(self.features(outputs, truth, everywhere).mean()),
            "spread": float(_gradient(outputs) / _gradient(truth)),
        }
        drawn = (labels.float() / (MINI.inputs - 1))[:, None].expand_as(truth)
        rows = torch.stack([drawn, (outputs + 1) / 2, (truth + 1) / 2], 1)
        return Validation(scores, rows[:PICTURED])

    def describe(self) -> dict[str, Any]:
        return {"network": asdict(MINI), "settings": asdict(self.course), "data": [self.packed.describe()]}


def _gradient(images: Tensor) -> Tensor:
    """Mean absolute difference of neighbours in a row."""
    return (images[..., 1:] - images[..., :-1]).abs().mean()


def mini(data: Path, seed: int) -> Mini:
    """The recipe of small translation weights; needs ``data/scenes.npy`` and ``data/scenes_labels.npy``."""
    return Mini(data, seed)
