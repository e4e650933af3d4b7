"""Train the judge of translation: `python -m harness_scenes.train_segmenter --images I.npy --instances K.npy …`.

`I.npy` and `K.npy` are what `harness_scenes.render_training` writes; their classes come from the scene graphs, so
`--seed` must be the seed of their first scene. A stopped training goes on by the same command.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW, Optimizer

from harness.training.data import step_rng
from harness.training.loop import train
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness.weights import load_state
from harness.weights.resolve import sha256_of

from .render import label_map
from .sampling import sample_scene
from .segmenter import Segmenter
from .vocabulary import LABELS

__all__ = ["SegmenterRecipe", "Settings", "confusion", "main"]

HELD_OUT = 64
"""Last scenes of the arrays: for watching the training; the stated accuracy is of `scenes-holes`."""


@dataclass(frozen=True)
class Settings:
    """What decides the training (all of it ours)."""

    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    warm_up_steps: int = 50
    batch: int = 8
    side: int = 144
    zoom: tuple[float, float] = (0.75, 1.6)
    background_weight: float = 0.4
    average: float = 0.99
    mixing: float = 0.0


class SegmenterRecipe:
    """A `harness.training.recipe.Recipe`: cross-entropy on crops whose colours are shuffled.

    Channels change places and brightness, and a share `mixing` of the crops gets other colours altogether (a third of
    it none), so that a held-out colour of a shape is no harder than another.

    Args:
        initial: weights to begin with, as an earlier training exported them; None: fresh ones.
    """

    method = "segmenter"
    name = "scenes"
    autocast = False

    def __init__(
        self,
        images: Path,
        instances: Path,
        first: int,
        seed: int,
        settings: Settings | None = None,
        initial: Path | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.average = self.settings.average
        self.seed = seed
        self._images = np.load(images, mmap_mode="r")
        self._instances = np.load(instances, mmap_mode="r")
        self._classes = [tuple(o.label for o in sample_scene(first + k, "train").objects) for k in range(len(self))]
        self._hashes = {path.name: sha256_of(path) for path in (images, instances)}
        self._initial = initial

    def __len__(self) -> int:
        return len(self._images)

    def networks(self) -> dict[str, nn.Module]:
        network = Segmenter()
        if self._initial is not None:
            network.load_state_dict(load_state(self._initial))
        return {MODEL: network}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        s = self.settings
        return {MODEL: AdamW(networks[MODEL].parameters(), s.learning_rate, weight_decay=s.weight_decay)}

    def rate(self, progress: Progress) -> float:
        """Rise over the first steps, then a half cosine to 2 %."""
        rise = min(1.0, (progress.step + 1) / self.settings.warm_up_steps)
        return rise * (0.02 + 0.49 * (1 + float(np.cos(np.pi * min(1.0, progress.share)))))

    def batch(self, step: int) -> dict[str, Tensor]:
        rngs = [step_rng(self.seed, step, lane) for lane in range(self.settings.batch)]
        pairs = [self._crop(rng) for rng in rngs]
        return {"image": torch.stack([a for a, _ in pairs]), "labels": torch.stack([b for _, b in pairs])}

    def _crop(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        s = self.settings
        image, labels = self._sample(int(rng.integers(len(self) - HELD_OUT)))
        low, high = np.log(s.zoom)
        cut = min(round(s.side / float(np.exp(rng.uniform(low, high)))), *labels.shape)
        top, left = (int(rng.integers(side - cut + 1)) for side in labels.shape)
        pixels, classes = image[top : top + cut, left : left + cut], labels[top : top + cut, left : left + cut]
        if rng.random() < 0.5:
            pixels, classes = pixels[:, ::-1], classes[:, ::-1]
        picture = _tensor(pixels[..., rng.permutation(3)])
        picture = F.interpolate(picture[None], (s.side, s.side), mode="bilinear", antialias=True)[0]
        nearest = torch.from_numpy(np.ascontiguousarray(classes))[None, None].float()
        target = F.interpolate(nearest, (s.side, s.side), mode="nearest-exact")[0, 0].long()
        if rng.random() < s.mixing:
            picture = _mixed(picture, rng)
        gain, lift = rng.uniform(0.75, 1.3), rng.uniform(-0.08, 0.08)
        return (picture * float(gain) + float(lift)).clamp(0, 1), target

    def _sample(self, k: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return self._images[k], label_map(np.asarray(self._instances[k]), self._classes[k])

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        weight = torch.ones(len(LABELS), device=batch["image"].device)
        weight[0] = self.settings.background_weight
        logits = parts.networks[MODEL](batch["image"])
        loss = F.cross_entropy(logits, batch["labels"], weight)
        parts.descend(loss, MODEL, 1.0)
        right = (logits.argmax(1) == batch["labels"]).float().mean()
        return {"loss": loss.detach(), "right": right.detach()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        counts = torch.zeros(len(LABELS), len(LABELS), dtype=torch.long)
        rows = []
        for k in range(len(self) - HELD_OUT, len(self)):
            image, labels = self._sample(k)
            picture, truth = _tensor(image)[None].to(device), torch.from_numpy(labels.astype(np.int64))
            found = model(picture).argmax(1)[0].cpu()
            counts += confusion(found, truth)
            if len(rows) < 4:
                drawn = [(x.float() / (len(LABELS) - 1)).expand(3, -1, -1) for x in (found, truth)]
                rows.append(torch.stack([picture[0].cpu(), *drawn]))
        joint = counts.diagonal() / (counts.sum(0) + counts.sum(1) - counts.diagonal()).clamp(min=1)
        scores = {"miou": float(joint.mean()), "accuracy": float(counts.diagonal().sum() / counts.sum())}
        return Validation(scores, torch.stack(rows))

    def describe(self) -> dict[str, Any]:
        return {
            "network": {"widths": list(Segmenter().widths)},
            "labels": list(LABELS),
            "settings": asdict(self.settings),
            "data": self._hashes,
            "scenes": len(self),
            "initial": sha256_of(self._initial) if self._initial is not None else "",
        }


def confusion(found: Tensor, truth: Tensor) -> Tensor:
    """Count pixels by (true class, found class): int64 [classes, classes] of two integer maps of one shape."""
    size = len(LABELS)
    return torch.bincount((truth * size + found).flatten(), minlength=size * size).reshape(size, size)


def _mixed(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Every channel another mixture of the three, by weights in [-0.5, 1.5] that add up to 1: greys stay as they are.

    Of three pictures one becomes grey, by one mixture for all channels.
    """
    rows = rng.uniform(-0.5, 1.5, (3, 3))
    rows = np.broadcast_to(rows[:1], (3, 3)) if rng.random() < 1 / 3 else rows
    rows = rows + (1 - rows.sum(axis=1, keepdims=True)) / 3
    mixed = torch.einsum("ij,jhw->ihw", torch.from_numpy(rows).float(), picture)
    return mixed.clamp(0, 1)


def _tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """uint8 H x W x 3 -> float [3, H, W] in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1).float() / 255


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, or go on where the last call stopped."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.train_segmenter", description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="uint8 [N, S, S, 3], .npy")
    parser.add_argument("--instances", type=Path, required=True, help="uint8 [N, S, S], .npy")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first scene of both (0)")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint, log, samples and weights")
    parser.add_argument("--steps", type=int, required=True, help="budget; counts over resumes")
    parser.add_argument("--mixing", type=float, default=0.0, help="share of crops whose colours are mixed anew (0)")
    parser.add_argument("--rate", type=float, default=Settings.learning_rate, help="largest learning rate (3e-3)")
    parser.add_argument("--initial", type=Path, help="weights to begin with")
    parser.add_argument("--every", type=float, default=3.0, help="minutes between checkpoints (3)")
    options = parser.parse_args(arguments)
    settings = Settings(mixing=options.mixing, learning_rate=options.rate)
    recipe = SegmenterRecipe(options.images, options.instances, options.seed, 0, settings, options.initial)
    result = train(recipe, options.out, steps=options.steps, every_minutes=options.every)
    state = "finished" if result.finished else "stopped; the same command goes on"
    print(f"{state} after {result.counters.step} steps; {dict(result.scores)}; weights: {result.weights}")


if __name__ == "__main__":
    sys.exit(main())
