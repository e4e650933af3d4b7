"""How the small first stage is trained: an autoencoder with a codebook, on rendered scenes (`first-stage`, ours).

The codebook's loss is that of van den Oord et al. 2017, arXiv:1711.00937. Of taming-transformers' recipe, the
discriminator and LPIPS are left out: features that are offline here stand for the latter.
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

from harness.nn.autoencoder import Coded, VectorAutoencoder
from harness.nn.first_stage import SMALL
from harness.training.data import Crop, PackedImages, open_packed, random_crop, step_rng
from harness.training.inpainting import to_signed
from harness.training.losses import FeatureLoss
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall

__all__ = ["RECIPE", "Course", "FirstStage", "first_stage"]

RECIPE = "first-stage"
HELD_OUT = 32
VALIDATION_SEED = 7_919


@dataclass(frozen=True)
class Course:
    """Everything that decides the training; ours, but for ``commitment``.

    Attributes:
        squares: weight of the squared error of pixels: the absolute one alone learns the ground's shading long before a
            small object's colour, for it pulls at both alike.
        features: weight of the relative distance of features; 1 is that of the absolute error of pixels.
        commitment: weight of the encoder's way to its codes, against that of the codes' way to the encoder.
        spread: weight of the squared difference of each latent channel's standard deviation from 1.
        restarts_every, restarts_until: codes that no latent of the batch is near are put onto latents, every so many
            steps, in the first share of the budget.
    """

    side: int = 128
    batch: int = 8
    zoom: tuple[float, float] = (0.667, 1.0)
    learning_rate: float = 1.5e-3
    last_rate: float = 0.02
    decay_from: float = 0.4
    warm_up_steps: int = 50
    clip: float = 1.0
    squares: float = 8.0
    features: float = 0.15
    commitment: float = 0.25
    spread: float = 0.01
    restarts_every: int = 50
    restarts_until: float = 0.4
    average: float = 0.995


class FirstStage:
    """A `harness.training.recipe.Recipe`; needs ``data/scenes``."""

    method = "instinpaint"
    name = RECIPE
    autocast = False

    def __init__(self, data: Path, seed: int, course: Course | None = None) -> None:
        self.course = course or Course()
        self.average = self.course.average
        self.seed = seed
        self.packed = open_packed(data, "scenes")
        self.features = FeatureLoss().requires_grad_(False)

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: VectorAutoencoder(SMALL)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        return {MODEL: AdamW(networks[MODEL].parameters(), self.course.learning_rate, weight_decay=0.0)}

    def rate(self, progress: Progress) -> float:
        c = self.course
        return warm_up_then_fall(progress, c.warm_up_steps, c.decay_from, c.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        rng = step_rng(self.seed, step)
        return {"image": self._drawn(self.packed.part(0, -HELD_OUT), self.course.batch, rng)}

    def _drawn(self, packed: PackedImages, count: int, rng: np.random.Generator) -> Tensor:
        crop = Crop(self.course.side, self.course.zoom)
        chosen = rng.integers(len(packed.images), size=count)
        return to_signed([random_crop(packed.images[int(index)], crop, rng) for index in chosen])

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        c, image = self.course, batch["image"]
        network = parts.networks[MODEL]
        coded: Coded = network.code(image)
        if progress.share < c.restarts_until and progress.step % c.restarts_every == 0:
            _restart(network.quantize.embedding.weight, coded, progress.step)
        # straight through: the decoder's gradient goes to the encoder as if nothing had been rounded
        made = network.decode(coded.free + (coded.quantised - coded.free).detach())
        apart = (coded.free - coded.quantised.detach()).square().mean()
        towards = (coded.quantised - coded.free.detach()).square().mean()
        spread = (coded.free.std((0, 2, 3)) - 1).square().mean()
        whole = torch.ones_like(image[:, :1])
        losses = {
            "pixels": functional.l1_loss(made, image),
            "squares": c.squares * functional.mse_loss(made, image),
            "features": c.features * self.features(made, image, whole).mean(),
            "codes": towards + c.commitment * apart,
            "spread": c.spread * spread,
        }
        parts.descend(torch.stack(list(losses.values())).sum(), MODEL, c.clip)
        used = torch.tensor(float(coded.numbers.unique().numel()))
        return {name: value.detach() for name, value in losses.items()} | {"used": used}

    @torch.no_grad()
    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """PSNR of held-out scenes that went through the codebook, and some of them beside what came back."""
        rng = step_rng(VALIDATION_SEED, 0)
        image = self._drawn(self.packed.part(-HELD_OUT, None), HELD_OUT, rng).to(device)
        assert isinstance(model, VectorAutoencoder)
        coded = model.code(image)
        made = model.decode(coded.quantised).clamp(-1, 1)
        error = (made - image).square().mean((1, 2, 3)) / 4
        shown = torch.stack([image[:6], made[:6]]) / 2 + 0.5
        scores = {
            "psnr": float(-10 * error.log10().mean()),
            "deviation": float(coded.free.std()),
            "codes": float(coded.numbers.unique().numel()),
        }
        return Validation(scores, shown)

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(SMALL),
            "settings": asdict(self.course),
            "seed": self.seed,
            "data": [self.packed.describe()],
        }


@torch.no_grad()
def _restart(book: Tensor, coded: Coded, step: int) -> None:
    """Put codes that nothing is near onto latents of the batch; which, follows from the step."""
    used = torch.zeros(len(book), dtype=torch.bool, device=book.device)
    used[coded.numbers.flatten()] = True
    latents = coded.free.movedim(1, 3).reshape(-1, book.shape[1])
    draw = torch.Generator().manual_seed(step)
    chosen = torch.randint(len(latents), (int((~used).sum()),), generator=draw).to(book.device)
    book[~used] = latents[chosen]


def first_stage(data: Path, seed: int) -> FirstStage:
    """The recipe of the small first stage; needs ``data/scenes.npy`` (or ``.zip``)."""
    return FirstStage(data, seed)
