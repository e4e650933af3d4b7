"""How GDP's small prior is trained: an unconditional DDPM at 64 px on free pictures (`mini`, ours)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from harness.nn.diffusion import Diffusion, linear_betas, respaced
from harness.training.data import Crop, PackedImages, open_packed, random_crop, step_rng
from harness.training.inpainting import to_signed
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness_gdp.losses import bits_per_dimension
from harness_gdp.network import MINI, Prior

__all__ = ["RECIPES", "Course", "Mini", "mini"]

RECIPES = {"mini": "harness_gdp.train:mini"}
HELD_OUT = 16
VALIDATION_SEED = 7_919


@dataclass(frozen=True)
class Course:
    """Everything that decides the training; ours, but for the bound's weight and the schedule."""

    side: int = 64
    batch: int = 16
    zoom: tuple[float, float] = (0.334, 0.8)
    scenes: float = 0.5
    learning_rate: float = 5e-4
    last_rate: float = 0.05
    decay_from: float = 0.5
    warm_up_steps: int = 100
    clip: float = 1.0
    bound_weight: float = 1e-3
    average: float = 0.999
    pictures: int = 4
    picture_steps: int = 25


class Mini:
    """Noise error plus the bound, which teaches the variance alone; needs ``data/scenes`` and ``data/photos``."""

    method = "gdp"
    name = "mini"
    autocast = False

    def __init__(self, data: Path, seed: int, course: Course | None = None) -> None:
        self.course = course or Course()
        self.average = self.course.average
        self.seed = seed
        self.packed = [open_packed(data, name) for name in ("scenes", "photos")]
        self.diffusion = Diffusion(linear_betas())

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: Prior(MINI)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        return {MODEL: AdamW(networks[MODEL].parameters(), self.course.learning_rate, weight_decay=0.0)}

    def rate(self, progress: Progress) -> float:
        c = self.course
        return warm_up_then_fall(progress, c.warm_up_steps, c.decay_from, c.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        rng = step_rng(self.seed, step)
        sets = [packed.part(0, -HELD_OUT) for packed in self.packed]
        chosen = [sets[int(rng.random() >= self.course.scenes)] for _ in range(self.course.batch)]
        drawn = self._drawn(chosen, rng)
        return drawn | {"t": torch.from_numpy(rng.integers(len(self.diffusion), size=self.course.batch))}

    def _drawn(self, sets: list[PackedImages], rng: np.random.Generator) -> dict[str, Tensor]:
        crop = Crop(self.course.side, self.course.zoom)
        crops = [random_crop(s.images[int(rng.integers(len(s.images)))], crop, rng) for s in sets]
        image = to_signed(crops)
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        return {"image": image, "noise": torch.from_numpy(noise)}

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        image, noise, t = batch["image"], batch["noise"], batch["t"]
        noisy = self.diffusion.noisy(image, t, noise)
        guessed, between = parts.networks[MODEL](noisy, t).chunk(2, dim=1)
        error = (guessed - noise).square().mean()
        # the bound must not move the mean
        estimate = self.diffusion.estimate(torch.cat([guessed.detach(), between], dim=1), noisy, t, clip=False)
        bound = bits_per_dimension(self.diffusion, estimate, image, noisy, t).mean() * len(self.diffusion)
        parts.descend(error + self.course.bound_weight * bound, MODEL, self.course.clip)
        return {"error": error.detach(), "bound": bound.detach()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """Noise error on held-out crops at evenly spaced steps, and pictures drawn from fixed noise."""
        rng = step_rng(VALIDATION_SEED, 0)
        scores = {}
        for packed in self.packed:
            drawn = self._drawn([packed.part(-HELD_OUT, None)] * HELD_OUT, rng)
            t = torch.linspace(20, len(self.diffusion) - 20, HELD_OUT).long().to(device)
            image, noise = drawn["image"].to(device), drawn["noise"].to(device)
            guessed = model(self.diffusion.noisy(image, t, noise), t)[:, :3]
            scores[f"{packed.name}_error"] = float((guessed - noise).square().mean())
        return Validation(scores, self._sampled(model, device)[None])

    def _sampled(self, model: nn.Module, device: torch.device) -> Tensor:
        c, rng = self.course, step_rng(VALIDATION_SEED, 1)
        short = Diffusion(linear_betas(), respaced(len(self.diffusion), [c.picture_steps]))
        shape = (c.pictures, 3, c.side, c.side)
        noisy = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).to(device)
        for index in reversed(range(len(short))):
            t = torch.full((c.pictures,), index, device=device)
            noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).to(device)
            prediction = model(noisy, short.original.to(device)[t])
            noisy = short.ancestral(short.estimate(prediction, noisy, t), t, noise)
        return (noisy / 2 + 0.5).clamp(0, 1)

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(MINI),
            "settings": asdict(self.course),
            "seed": self.seed,
            "data": [packed.describe() for packed in self.packed],
        }


def mini(data: Path, seed: int) -> Mini:
    """The recipe of the small prior; needs ``data/scenes.npy`` and ``data/photos.npy`` (or ``.zip``)."""
    return Mini(data, seed)
