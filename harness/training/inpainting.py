"""What trainers of inpainters share: batches of crops with holes, and a validation against the smooth fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from harness.masks.lama import MEDIUM_256, THICK_256, draw_lama
from harness.nn.efficientnet_lite import EfficientNetLiteFeatures
from harness.nn.smooth_fill import smooth_fill
from harness.training.data import Crop, PackedImages, random_crop, step_rng
from harness.training.recipe import Validation

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

    Draw = Callable[[np.random.Generator, int, int], Hole]

__all__ = ["Batches", "Source", "Validator", "lama_mix", "to_signed"]

VALIDATION_SEED = 7_919  # ours: any fixed number; holes of the validation samples
CHUNK = 8  # images at once
PICTURED = 4  # rows of each source in the sample pictures


def lama_mix(rng: np.random.Generator, height: int, width: int) -> Hole:
    """LaMa's thick masks, and its medium ones for three in ten (ours: the suites ask for thick holes)."""
    return draw_lama(rng, height, width, MEDIUM_256 if rng.random() < 0.3 else THICK_256)


def to_signed(images: Sequence[Pixels]) -> Tensor:
    """uint8 H×W×3 pictures of one size -> ``[N, 3, H, W]`` in [-1, 1]."""
    stack = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return (stack.float() / 127.5 - 1).contiguous()


@dataclass(frozen=True)
class Source:
    """A packed set, how often it is drawn from, and its zoom range."""

    packed: PackedImages
    weight: float
    zoom: tuple[float, float]


@dataclass(frozen=True)
class Batches:
    """Batches ``{image [N,3,S,S] in [-1,1], mask [N,1,S,S]}`` decided by (seed, step).

    Attributes:
        sizes: (crop side, batch size, weight) of the kinds of batch that alternate at random.
        draw: draws a hole from a generator, a height and a width.
    """

    sources: tuple[Source, ...]
    sizes: tuple[tuple[int, int, float], ...]
    draw: Draw
    seed: int

    def __call__(self, step: int) -> dict[str, Tensor]:
        weights = np.array([weight for _, _, weight in self.sizes])
        side, count, _ = self.sizes[int(step_rng(self.seed, step).choice(len(weights), p=weights / weights.sum()))]
        pairs = [self._sample(step_rng(self.seed, step, 1 + lane), side) for lane in range(count)]
        holes = torch.from_numpy(np.stack([hole for _, hole in pairs]))[:, None].float()
        return {"image": to_signed([image for image, _ in pairs]), "mask": holes}

    def _sample(self, rng: np.random.Generator, side: int) -> tuple[Pixels, Hole]:
        weights = np.array([source.weight for source in self.sources])
        source = self.sources[int(rng.choice(len(weights), p=weights / weights.sum()))]
        image = source.packed.images[int(rng.integers(len(source.packed.images)))]
        return random_crop(image, Crop(side, source.zoom), rng), self.draw(rng, side, side)


def _hole_psnr(output: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    error = ((output - truth).square() * mask).sum((1, 2, 3)) / (3 * mask.sum((1, 2, 3)))
    return -10 * error.clamp(min=1e-10).log10()


def _detail(image: Tensor, mask: Tensor) -> Tensor:
    """Energy of what a 3x3 mean removes, inside the hole."""
    blurred = F.avg_pool2d(F.pad(image, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return ((image - blurred).square() * mask).sum((1, 2, 3))


class Validator:
    """Fixed samples of each source, with fixed holes; scores of a fill and its gain over the smooth fill.

    Scores a source: ``psnr`` (hole, dB), ``gain`` (dB over the smooth fill), ``feat`` (feature distance over the
    smooth fill's; below 1 is better), ``detail`` (high-frequency energy in the hole over the truth's).
    """

    def __init__(self, sources: Mapping[str, PackedImages], side: int) -> None:
        self.features = EfficientNetLiteFeatures()
        self.samples: dict[str, tuple[Tensor, Tensor]] = {}
        for name, packed in sources.items():
            rngs = [step_rng(VALIDATION_SEED, index) for index in range(len(packed.images))]
            crops = [random_crop(image, Crop(side), rng) for image, rng in zip(packed.images, rngs, strict=True)]
            holes = [draw_lama(rng, side, side) for rng in rngs]
            mask = torch.from_numpy(np.stack(holes))[:, None].float()
            self.samples[name] = (to_signed(crops), mask)

    def _distance(self, output: Tensor, truth: Tensor) -> Tensor:
        pairs = zip(self.features.stages(output), self.features.stages(truth), strict=True)
        return torch.stack([(a - b).abs().mean() / b.abs().mean() for a, b in pairs]).mean()

    def __call__(self, fill: Callable[[Tensor, Tensor], Tensor], device: torch.device) -> Validation:
        """``fill(image [-1,1] with a blank hole, mask) -> composite [-1,1]``."""
        self.features.to(device)
        scores: dict[str, float] = {}
        rows: list[Tensor] = []
        for name, (image, mask) in self.samples.items():
            judged, pictures = self._judge(fill, image.to(device), mask.to(device))
            scores |= {f"{name}/{score}": value for score, value in judged.items()}
            rows.append(pictures[:PICTURED])
        return Validation(scores, torch.cat(rows))

    def _judge(
        self, fill: Callable[[Tensor, Tensor], Tensor], image: Tensor, mask: Tensor
    ) -> tuple[dict[str, float], Tensor]:
        blank = image * (1 - mask)
        parts = [fill(blank[k : k + CHUNK], mask[k : k + CHUNK]) for k in range(0, len(mask), CHUNK)]
        truth, output, base = ((x + 1) / 2 for x in (image, torch.cat(parts).clamp(-1, 1), smooth_fill(blank, mask)))
        psnr = _hole_psnr(output, truth, mask)
        scores = {
            "psnr": float(psnr.mean()),
            "gain": float((psnr - _hole_psnr(base, truth, mask)).mean()),
            "feat": float(self._distance(output, truth) / self._distance(base, truth)),
            "detail": float((_detail(output, mask) / _detail(truth, mask).clamp(min=1e-6)).median()),
        }
        return scores, torch.stack([(blank + 1) / 2, base, output, truth], 1)
