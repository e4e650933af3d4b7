"""How the small SmartBrush is trained: objects of rendered scenes, at every precision of their masks (`mini`, ours).

From the paper: noise in the mask alone, the precision series, the exact mask as a second target, four fifths painting
an object by its own text and one fifth text-to-image by the caption of all.
"""

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

from harness.masks.precision import COARSEST
from harness.nn.diffusion import Diffusion
from harness.nn.first_stage import SHIPPED, first_stage_sha256
from harness.nn.word_list import PAD, UNKNOWN, list_encoder
from harness.training.data import step_rng
from harness.training.latents import cached_latents
from harness.training.losses import dice
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness_smartbrush.latents import SmallLatents
from harness_smartbrush.losses import PREDICTED, inside_mean
from harness_smartbrush.network import STEPS, SmartBrush, betas, mini, noise_mask
from harness_smartbrush.objects import open_objects
from harness_smartbrush.sampling import Task, noise_of, painted, sampler, velocity_of

__all__ = ["RECIPES", "Course", "Mini", "mini_recipe"]

RECIPES = {"mini": "harness_smartbrush.train:mini_recipe"}
HELD_OUT = 24
VALIDATION_SEED = 7_919


@dataclass(frozen=True)
class Course:
    """Everything that decides the training; ours, but for ``predicted`` and ``everywhere``.

    Attributes:
        everywhere: share of text-to-image, whose mask is the whole picture and whose text is the caption.
        labels: share of texts that are the class alone, as the paper takes class labels and captions in turn.
        silent: share of texts that are left out, for guidance.
        predicted: weight of the exact mask's loss.
        odds: weight of the cross entropy of the mask's log-odds inside the given mask: Dice alone has no gradient left
            once all of the given mask is predicted, which is the first thing that a network learns.
    """

    batch: int = 16
    everywhere: float = 0.2
    labels: float = 0.1
    silent: float = 0.1
    predicted: float = PREDICTED
    odds: float = 0.05
    learning_rate: float = 1.5e-3
    last_rate: float = 0.02
    decay_from: float = 0.4
    weight_decay: float = 0.01
    warm_up_steps: int = 100
    clip: float = 1.0
    average: float = 0.998
    judged: int = 24
    judged_steps: int = 10
    guidance: float = 2.0


class Mini:
    """A `harness.training.recipe.Recipe`; needs ``data/instructions*`` and a first stage."""

    method = "smartbrush"
    name = "mini"
    autocast = False

    def __init__(self, data: Path, seed: int, first: Path = SHIPPED, course: Course | None = None) -> None:
        self.course = course or Course()
        self.average = self.course.average
        self.seed = seed
        self.objects = open_objects(data)
        self.config = mini((PAD, UNKNOWN, *self.objects.words))
        assert self.config.text is not None
        self.encode = list_encoder(self.config.words, self.config.text.longest)
        self.digest = first_stage_sha256(first)
        self.first = SmallLatents(first)
        self.latents = cached_latents(self.objects.packed, self.first.encode, f"{self.digest} free", data)
        self.diffusion = Diffusion(betas())
        held = max(1, min(HELD_OUT, self.objects.items[-1].scene))
        border = self.objects.items[-1].scene - held
        self.taught = [k for k, item in enumerate(self.objects.items) if item.scene <= border]
        self.held = [k for k, item in enumerate(self.objects.items) if item.scene > border]

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: SmartBrush(self.config)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        c = self.course
        made = AdamW(networks[MODEL].parameters(), c.learning_rate, betas=(0.9, 0.99), weight_decay=c.weight_decay)
        return {MODEL: made}

    def rate(self, progress: Progress) -> float:
        c = self.course
        return warm_up_then_fall(progress, c.warm_up_steps, c.decay_from, c.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        c, rng = self.course, step_rng(self.seed, step)
        chosen = [self.taught[int(k)] for k in rng.integers(len(self.taught), size=c.batch)]
        rows = [self._everywhere(k, rng) if rng.random() < c.everywhere else self._local(k, rng) for k in chosen]
        return self._joined(rows) | {"t": torch.from_numpy(rng.integers(STEPS, size=c.batch))}

    def _local(self, index: int, rng: np.random.Generator, s: int | None = None) -> dict[str, Any]:
        """One object to paint. The background is of the picture without it: no shadow or latent betrays it (ours)."""
        item, mirrored = self.objects.items[index], bool(rng.random() < 0.5)
        level = int(rng.integers(COARSEST + 1)) if s is None else s
        text = item.label if s is None and rng.random() < self.course.labels else item.text
        return {
            "start": self.latents[int(mirrored), item.whole],
            "background": self.latents[int(mirrored), item.without],
            "mask": self.objects.mask(index, level, mirrored)[None],
            "exact": self.objects.mask(index, 0, mirrored)[None],
            "precision": level,
            "local": 1.0,
            **self._drawn(text if s is not None else self._maybe(text, rng), rng),
        }

    def _everywhere(self, index: int, rng: np.random.Generator) -> dict[str, Any]:
        """One whole picture by its caption; the mask has the coarsest precision (ours), and no object is meant."""
        item, mirrored, whole = self.objects.items[index], bool(rng.random() < 0.5), bool(rng.random() < 0.5)
        latent = self.latents[int(mirrored), item.whole if whole else item.without]
        mask = np.ones((1, *self.objects.instances.shape[1:]), bool)
        return {
            "start": latent,
            "background": latent,
            "mask": mask,
            "exact": mask,
            "precision": COARSEST,
            "local": 0.0,
            **self._drawn(self._maybe(item.caption if whole else item.rest, rng), rng),
        }

    def _maybe(self, text: str, rng: np.random.Generator) -> str:
        return "" if rng.random() < self.course.silent else text

    def _drawn(self, text: str, rng: np.random.Generator) -> dict[str, Any]:
        noise = rng.standard_normal(self.latents.shape[2:], dtype=np.float32)
        return {"ids": np.array(self.encode(text)), "noise": noise}

    @staticmethod
    def _joined(rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        made = {}
        for name in rows[0]:
            stacked = np.stack([np.asarray(row[name]) for row in rows])
            whole = stacked.dtype.kind == "i"
            made[name] = torch.from_numpy(stacked.astype(np.int64 if whole else np.float32))
        return made

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        c, network = self.course, parts.networks[MODEL]
        context = parts.accelerator.unwrap_model(network).read(batch["ids"])
        noisy, inside = self._noisy(batch, batch["t"])
        said = network(noisy, batch["mask"], batch["precision"], batch["t"], context)
        wanted = velocity_of(self.diffusion, batch["start"], batch["noise"], batch["t"])
        error = inside_mean((said.told - wanted).square(), inside).mean()
        agree = dice(said.object.sigmoid() * batch["mask"], batch["exact"])
        # of a whole picture nothing is meant, so no mask is right
        apart = ((1 - agree) * batch["local"]).sum() / batch["local"].sum().clamp(min=1)
        doubt = functional.binary_cross_entropy_with_logits(said.object, batch["exact"], reduction="none")
        doubt = (inside_mean(doubt, batch["mask"]) * batch["local"]).sum() / batch["local"].sum().clamp(min=1)
        parts.descend(error + c.predicted * apart + c.odds * doubt, MODEL, c.clip)
        return {"error": error.detach(), "dice": 1 - apart.detach(), "doubt": doubt.detach()}

    def _noisy(self, batch: Mapping[str, Tensor], t: Tensor) -> tuple[Tensor, Tensor]:
        inside = noise_mask(batch["mask"])
        noisy = self.diffusion.noisy(batch["start"], t, batch["noise"])
        return noisy * inside + batch["background"] * (1 - inside), inside

    @torch.no_grad()
    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """Of objects in held-out scenes, precisions in turn.

        `noise`: mean squared error of the noise inside the mask, at evenly spaced steps; `dice` of the predicted mask
        there; `painted_dice`: of the mask that a few steps of sampling end with; `colour`: distance of mean colours in
        the object's silhouette, painted against true, in 8-bit levels.
        """
        assert isinstance(model, SmartBrush)
        c, rng = self.course, step_rng(VALIDATION_SEED, 0)
        chosen = [self.held[k * len(self.held) // c.judged] for k in range(c.judged)]
        rows = [self._local(index, rng, k % (COARSEST + 1)) for k, index in enumerate(chosen)]
        batch = {name: value.to(device) for name, value in self._joined(rows).items()}
        context = model.read(batch["ids"])
        t = torch.linspace(20, STEPS - 20, len(rows), device=device).long()
        t = t[torch.from_numpy(rng.permutation(len(rows))).to(device)]
        noisy, inside = self._noisy(batch, t)
        said = model(noisy, batch["mask"], batch["precision"], t, context)
        assert said.object is not None
        found = noise_of(model, self.diffusion, said.told, noisy, t)
        silence = model.read(torch.zeros_like(batch["ids"]))
        task = Task(batch["background"], batch["mask"], batch["precision"], context, silence, c.guidance)
        made = painted(model, sampler(c.judged_steps), batch["noise"], task, 0.5)
        assert made.object is not None
        exact = batch["exact"]
        before, after, truth = (self._decoded(x, device) for x in (batch["background"], made.latent, batch["start"]))
        shades = [(x * exact).sum((2, 3)) / exact.sum((2, 3)) for x in (after, truth)]
        scores = {
            "noise": float(inside_mean((found - batch["noise"]).square(), inside).mean()),
            "dice": float(dice(said.object.sigmoid() * batch["mask"], exact).mean()),
            "painted_dice": float(dice((made.object > 0.5).float(), exact).mean()),
            "colour": float(255 * (shades[0] - shades[1]).square().sum(1).sqrt().mean()),
        }
        shown = before * (1 - 0.5 * batch["mask"])
        pictures = [shown[:8], after[:8], made.object[:8].expand_as(after[:8]), truth[:8]]
        return Validation(scores, torch.stack(pictures))

    def _decoded(self, latent: Tensor, device: torch.device) -> Tensor:
        self.first.network.to(device)
        return (self.first.decode(latent) / 2 + 0.5).clamp(0, 1)

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(self.config),
            "settings": asdict(self.course),
            "seed": self.seed,
            "first_stage": self.digest,
            "data": [self.objects.packed.describe()],
        }


def mini_recipe(data: Path, seed: int, *, first_stage: str = "") -> Mini:
    """The recipe of the small network. ``first_stage``: a file of that recipe; "": the one that ships."""
    return Mini(data, seed, Path(first_stage) if first_stage else SHIPPED)
