"""ASAP-Net's published training: hinge loss, feature matching and VGG-19, two rates of Adam.

`translation` is the paper's. `inpainting` is ours: the same losses and optimisers for the inpainting input, for which
nobody published a training.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from harness.training.data import Crop, open_packed
from harness.training.inpainting import Batches, Source, Validator, lama_mix
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness.training.small_inpainter import CRITIC, HELD_OUT
from harness_asapnet.condition import one_hot
from harness_asapnet.config import FACADES, INPAINT, RGB, AsapNetConfig
from harness_asapnet.inpainting import AsapInpaint
from harness_asapnet.labelled import LabelledBatches, open_labelled
from harness_asapnet.losses import MultiscaleDiscriminator, VggLoss, matching, vgg_file, voiced
from harness_asapnet.network import AsapNet

__all__ = ["Inpainting", "Paper", "Translation", "initialised", "inpainting", "translation"]

RATE_MODEL, RATE_CRITIC, BETAS = 1e-4, 4e-4, (0.0, 0.9)
MATCHING, PERCEPTUAL = 10.0, 10.0
CONSTANT = 200 / 300  # epochs at full rate; the rest falls linearly to 0
SIDE, BATCH = 512, 1
GAIN = 0.02
WHOLE = (1e-3, 1e-3)
"""A zoom so small that a crop is the largest square of the image."""


def initialised(network: nn.Module) -> nn.Module:
    """Xavier normal of gain 0.02, biases 0, as the published code initialises both networks."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            kept = dict(module.named_parameters())  # spectral norm keeps the weight under a longer name
            nn.init.xavier_normal_(kept.get("parametrizations.weight.original", module.weight), GAIN)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


class Paper(ABC):
    """What both trainings share."""

    name = "paper"
    method: str
    autocast = False
    average = 0.0
    config: AsapNetConfig
    batch: Callable[[int], dict[str, Tensor]]
    data: Mapping[str, Any]

    def __init__(self) -> None:
        self.perceptual = VggLoss(vgg_file())

    @abstractmethod
    def build(self) -> nn.Module:
        """The generator."""

    @abstractmethod
    def answer(self, model: nn.Module, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The condition that the discriminator sees beside a picture, and the generated picture."""

    def networks(self) -> dict[str, nn.Module]:
        critic = MultiscaleDiscriminator(self.config.inputs + RGB)
        return {MODEL: initialised(self.build()), CRITIC: initialised(critic)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        rates = {MODEL: RATE_MODEL, CRITIC: RATE_CRITIC}
        return {name: Adam(networks[name].parameters(), rate, betas=BETAS) for name, rate in rates.items()}

    def rate(self, progress: Progress) -> float:
        """1 for two thirds of the training, then down to 0 linearly."""
        return min(1.0, (1 - progress.share) / (1 - CONSTANT))

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        """The generator first; then the discriminator, on what the generator makes now."""
        del progress
        truth, critic = batch["image"], parts.networks[CRITIC]
        condition, output = self.answer(parts.networks[MODEL], batch)
        fake, real = self._judged(critic, condition, output, truth)
        losses = {"adv": voiced(fake, "fool"), "match": matching(fake, real)}
        losses["vgg"] = self.perceptual.to(truth.device)(output, truth)
        parts.descend(losses["adv"] + MATCHING * losses["match"] + PERCEPTUAL * losses["vgg"], MODEL)
        with torch.no_grad():
            condition, output = self.answer(parts.networks[MODEL], batch)
        fake, real = self._judged(critic, condition, output, truth)
        losses["critic"] = voiced(fake, "fake") + voiced(real, "real")
        parts.descend(losses["critic"], CRITIC)
        return {name: value.detach() for name, value in losses.items()}

    @staticmethod
    def _judged(critic: nn.Module, condition: Tensor, output: Tensor, truth: Tensor) -> tuple[Any, Any]:
        """Maps of generated and of real pictures, judged in one batch."""
        both = critic(torch.cat([torch.cat([condition, picture], 1) for picture in (output, truth)]))
        count = len(truth)
        return [[m[:count] for m in maps] for maps in both], [[m[count:] for m in maps] for maps in both]

    def describe(self) -> dict[str, Any]:
        settings = {"rates": [RATE_MODEL, RATE_CRITIC], "betas": BETAS, "batch": BATCH, "side": SIDE}
        return {"network": asdict(self.config), "settings": settings, "data": [dict(self.data)]}


class Translation(Paper):
    """CMP facades at 512: labels of 13 classes to photographs."""

    method, config = "asapnet", FACADES

    def __init__(self, data: Path, seed: int) -> None:
        super().__init__()
        packed = open_labelled(data, "facades")
        self.held = packed.part(-HELD_OUT, None)
        self.batch = LabelledBatches(packed.part(0, -HELD_OUT), Crop(SIDE, WHOLE), BATCH, seed)
        self.data = packed.describe()

    def build(self) -> nn.Module:
        return AsapNet(self.config)

    def answer(self, model: nn.Module, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        condition = one_hot(batch["labels"], self.config.inputs)
        return condition, model(condition)

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """L1 on held-out crops, and what they look like."""
        batches = LabelledBatches(self.held, Crop(SIDE, WHOLE), 1, seed=0)
        rows, errors = [], []
        for step in range(4):
            batch = {name: value.to(device) for name, value in batches(step).items()}
            _, output = self.answer(model, batch)
            errors.append(float((output - batch["image"]).abs().mean()))
            rows.append(torch.stack([(output[0] + 1) / 2, (batch["image"][0] + 1) / 2]))
        return Validation({"l1": sum(errors) / len(errors)}, torch.stack(rows))


class Inpainting(Paper):
    """ours: photographs with LaMa's holes at 512; generated is the composite, condition what the network is given."""

    method, config = "asapnet-inpaint", INPAINT

    def __init__(self, data: Path, seed: int) -> None:
        super().__init__()
        packed = open_packed(data, "photos")
        source = Source(packed.part(0, -HELD_OUT), 1.0, WHOLE)
        self.batch = Batches((source,), ((SIDE, BATCH, 1.0),), lama_mix, seed)
        self.validator = Validator({"photos": packed.part(-HELD_OUT, None)}, side=256)
        self.data = packed.describe()

    def build(self) -> nn.Module:
        return AsapInpaint(self.config)

    def answer(self, model: nn.Module, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        mask, blank = batch["mask"], batch["image"] * (1 - batch["mask"])
        return torch.cat([blank, mask], 1), torch.where(mask > 0, model(blank, mask), blank)

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        return self.validator(lambda image, mask: torch.where(mask > 0, model(image, mask), image), device)


def translation(data: Path, seed: int) -> Translation:
    """The paper's recipe; needs VGG-19, ``data/facades.npy`` and ``data/facades_labels.npy``."""
    return Translation(data, seed)


def inpainting(data: Path, seed: int) -> Inpainting:
    """The paper's losses for inpainting; needs VGG-19 and ``data/photos.npy`` or ``.zip``."""
    return Inpainting(data, seed)
