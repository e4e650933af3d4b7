"""How the small weights of `scat-detect` are trained: on floors' fills, made while it runs (ours)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from harness.training.data import Crop, PackedImages, open_packed, random_crop, step_rng
from harness.training.fills import Fills
from harness.training.inpainting import lama_mix, to_signed
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness.training.small_inpainter import HELD_OUT
from harness_scat.losses import tell_apart
from harness_scat.segmenter import SMALL, Segmenter, halves, pixel_auroc

__all__ = ["Detection", "Settings", "detection"]

VALIDATION_SEED = 7_919
PICTURED = 8


@dataclass(frozen=True)
class Settings:
    """Everything that decides the training (all of it ours).

    Attributes:
        scenes: share of the crops that are rendered scenes.
        methods: who fills; copied patches teach that a fill need not be smooth.
    """

    learning_rate: float = 5e-3
    warm_up_steps: int = 50
    decay_from: float = 0.4
    last_rate: float = 0.02
    batch: int = 4
    side: int = 128
    zoom: tuple[float, float] = (0.75, 1.6)
    scenes: float = 0.3
    average: float = 0.99
    methods: tuple[str, ...] = ("telea", "navier-stokes", "harmonic", "biharmonic", "mean", "nearest", "patchmatch")


class Detection:
    """A `harness.training.recipe.Recipe`: the paper's segmentation loss, of fixed fills instead of a generator's.

    Each step shows filled crops and the same crops as they were. The nsgan form of the loss (a choice of the published
    code) makes a logit's sigmoid a probability.
    """

    method = "scat-detect"
    name = "mini"
    autocast = False

    def __init__(self, data: Path, seed: int, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.average = self.settings.average
        self.seed = seed
        self.packed = {name: open_packed(data, name) for name in ("scenes", "photos")}
        self.fills = Fills(self.settings.methods)

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: Segmenter(**SMALL)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        return {MODEL: Adam(networks[MODEL].parameters(), self.settings.learning_rate, betas=(0.9, 0.99))}

    def rate(self, progress: Progress) -> float:
        s = self.settings
        return warm_up_then_fall(progress, s.warm_up_steps, s.decay_from, s.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        s = self.settings
        samples = []
        for lane in range(s.batch):
            rng = step_rng(self.seed, step, lane)
            chosen = self.packed["scenes" if rng.random() < s.scenes else "photos"].part(0, -HELD_OUT)
            method = s.methods[int(rng.integers(len(s.methods)))]
            samples.append(self._sample(chosen, int(rng.integers(len(chosen.images))), method, rng))
        filled, truth, mask = (torch.stack(column) for column in zip(*samples, strict=True))
        return {"filled": filled, "truth": truth, "mask": mask}

    def _sample(
        self, source: PackedImages, index: int, method: str, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """A filled crop and its truth, [3,S,S] in [-1,1], and the hole [1,S,S]."""
        side = self.settings.side
        crop = random_crop(source.images[index], Crop(side, self.settings.zoom), rng)
        truth = to_signed([crop])[0]
        hole = torch.from_numpy(lama_mix(rng, side, side))[None].float()
        filled = self.fills(method, (truth + 1) / 2, hole, int(rng.integers(2**31)))
        return 2 * filled - 1, truth, hole

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        network = parts.networks[MODEL]
        # one pass: the vectors of the spectral norm then stand still within a step
        logits = network(torch.cat([batch["filled"], batch["truth"]]))
        loss = tell_apart("nsgan", *halves(logits), batch["mask"]).pixels
        parts.descend(loss, MODEL)
        return {"pixels": loss.detach()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """``NAME/METHOD``: mean pixel AUROC over the held-out crops that the method filled."""
        found: dict[str, list[float]] = {}
        rows = []
        for name, packed in self.packed.items():
            held_out = packed.part(-HELD_OUT, None)
            for index in range(len(held_out.images)):
                method = self.settings.methods[index % len(self.settings.methods)]
                filled, truth, hole = self._sample(held_out, index, method, step_rng(VALIDATION_SEED, index))
                valid = model(filled[None].to(device)).segmented()[0].cpu()
                found.setdefault(f"{name}/{method}", []).append(pixel_auroc(valid[0], hole[0]))
                shown = [
                    (filled + 1) / 2,
                    (truth + 1) / 2,
                    hole.expand(3, -1, -1),
                    (-valid).sigmoid().expand(3, -1, -1),
                ]
                rows.append(torch.stack(shown))
        scores = {name: float(np.mean(values)) for name, values in found.items()}
        return Validation(scores, torch.stack([*rows[:PICTURED], *rows[-PICTURED:]]))

    def describe(self) -> dict[str, Any]:
        return {
            "network": dict(SMALL),
            "settings": asdict(self.settings),
            "data": [packed.describe() for packed in self.packed.values()],
        }


def detection(data: Path, seed: int) -> Detection:
    """The recipe of the small weights; needs ``data/scenes.npy`` and ``data/photos.npy`` (or ``.zip``)."""
    return Detection(data, seed)
