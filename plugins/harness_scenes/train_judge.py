"""Train the judge of objects: `python -m harness_scenes.train_judge --data TRAIN --test TEST --out OUT --steps N`.

Both folders are what `harness_scenes.render_judged` writes, from scenes that do not overlap (`--first`). A stopped
training goes on by the same command.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW, Optimizer

from harness.training.data import step_rng
from harness.training.loop import train
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness.weights.resolve import sha256_of

from .judge import CROP, HEADS, PICTURE, ObjectJudge
from .segmenter import load_segmenter, weights_digest

__all__ = ["JudgeRecipe", "Settings", "accuracies", "main"]

Picture = NDArray[np.uint8]
FILES = ("judged.npy", "judged_places.npy")


@dataclass(frozen=True)
class Settings:
    """What decides the training (all of it ours)."""

    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    warm_up_steps: int = 50
    batch: int = 32
    present: float = 0.6
    jitter: int = 4
    average: float = 0.99


class JudgeRecipe:
    """A `harness.training.recipe.Recipe`: cross-entropy of every head; what is not there has no attributes.

    It begins with what the segmenter of training scenes has learnt of shapes. Crops are moved, mirrored, blurred, made
    noisy, brighter or darker: an output is no clean render.
    """

    method = "object-judge"
    name = "scenes"
    autocast = False

    def __init__(self, data: Path, test: Path, seed: int = 0, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.average = self.settings.average
        self.seed = seed
        self._pictures, self._places = _read(data)
        self._test = _read(test)
        there = self._places[:, 3] == 1
        self._rows = (np.flatnonzero(~there), np.flatnonzero(there))
        self._hashes = {f"{f.name}/{name}": sha256_of(f / name) for f in (data, test) for name in FILES}

    def networks(self) -> dict[str, nn.Module]:
        network, learnt = ObjectJudge(), load_segmenter("cpu")
        network.stem.load_state_dict(learnt.stem.state_dict())
        network.down.load_state_dict(learnt.down.state_dict())
        return {MODEL: network}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        s = self.settings
        return {MODEL: AdamW(networks[MODEL].parameters(), s.learning_rate, weight_decay=s.weight_decay)}

    def rate(self, progress: Progress) -> float:
        """Rise over the first steps, then a half cosine to 1 %."""
        rise = min(1.0, (progress.step + 1) / self.settings.warm_up_steps)
        return rise * (0.01 + 0.495 * (1 + float(np.cos(np.pi * min(1.0, progress.share)))))

    def batch(self, step: int) -> dict[str, Tensor]:
        rngs = [step_rng(self.seed, step, lane) for lane in range(self.settings.batch)]
        drawn = [self._draw(rng) for rng in rngs]
        crops, places, answers = zip(*drawn, strict=True)
        parts = {"crop": crops, "place": places, "answers": answers}
        return {name: torch.from_numpy(np.stack(part)) for name, part in parts.items()}

    def _draw(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        rows = self._rows[int(rng.random() < self.settings.present)]
        picture, row, column, *answers = (int(v) for v in self._places[rows[int(rng.integers(len(rows)))]])
        shift = rng.integers(-self.settings.jitter, self.settings.jitter + 1, 2)
        row, column = (int(v) for v in np.clip((row + shift[0], column + shift[1]), 0, PICTURE - 1))
        crop = _worn(_crop(self._pictures[picture], row, column), rng)
        if rng.random() < 0.5:
            crop, column = crop[:, ::-1], PICTURE - 1 - column
        place = (np.array((row, column), np.float32) + 0.5) / PICTURE
        chw: NDArray[np.float32] = np.ascontiguousarray(crop.transpose(2, 0, 1), np.float32)
        return chw, place.astype(np.float32), np.array(answers, np.int64)

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        logits, answers = parts.networks[MODEL](batch["crop"], batch["place"]), batch["answers"]
        there = answers[:, 0] == 1
        loss = F.cross_entropy(logits["present"], answers[:, 0])
        for k, name in enumerate(HEADS):
            if name != "present":
                loss = loss + F.cross_entropy(logits[name][there], answers[there, k])
        parts.descend(loss, MODEL, 1.0)
        right = (logits["shape"][there].argmax(1) == answers[there, 1]).float().mean()
        return {"loss": loss.detach(), "shape": right.detach()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        return Validation(accuracies(model, *self._test, device))

    def describe(self) -> dict[str, Any]:
        plain = ObjectJudge()
        return {
            "network": {"widths": list(plain.widths), "hidden": plain.hidden},
            "initial": f"the segmenter's scales, {weights_digest()}",
            "heads": dict(HEADS),
            "settings": asdict(self.settings),
            "data": self._hashes,
            "licence": "CC0-1.0: scenes of the split 'judge', rendered here",
            "places": len(self._places),
        }


def accuracies(
    model: nn.Module, pictures: Picture, places: NDArray[np.int16], device: torch.device
) -> dict[str, float]:
    """Return the share of right answers by head: `present` of all places, the others of those where an object is."""
    right: dict[str, list[Tensor]] = {name: [] for name in HEADS}
    for rows in np.array_split(places.astype(np.int64), max(1, len(places) // 64)):
        crops = np.stack([_crop(pictures[k], row, column) for k, row, column in rows[:, :3]])
        shown = torch.from_numpy(crops).permute(0, 3, 1, 2).float().to(device) / 255
        logits = model(shown, ((torch.from_numpy(rows[:, 1:3]).float() + 0.5) / PICTURE).to(device))
        answers = torch.from_numpy(rows[:, 3:]).to(device)
        for k, name in enumerate(HEADS):
            hits = (logits[name].argmax(1) == answers[:, k]).float()
            right[name].append(hits if name == "present" else hits[answers[:, 0] == 1])
    return {name: float(torch.cat(hits).mean()) for name, hits in right.items()}


def _crop(picture: Picture, row: int, column: int) -> Picture:
    """Cut 64 x 64 x 3 about a place, border pixels repeated beyond the picture (as `judge.crops_of`)."""
    half = CROP // 2
    wide = cv2.copyMakeBorder(picture, half, half, half, half, cv2.BORDER_REPLICATE)
    return np.asarray(wide[row : row + CROP, column : column + CROP], np.uint8)


def _worn(crop: Picture, rng: np.random.Generator) -> NDArray[np.float32]:
    """Blur, shrink and enlarge, noise, gains: what a generator's output may suffer from. Float in [0, 1]."""
    worn = crop.astype(np.float32) / 255
    if rng.random() < 0.3:
        worn = cv2.GaussianBlur(worn, (0, 0), float(rng.uniform(0.3, 1.0))).astype(np.float32)
    elif rng.random() < 0.2:
        small = cv2.resize(worn, (CROP // 2, CROP // 2), interpolation=cv2.INTER_AREA)
        worn = cv2.resize(small, (CROP, CROP), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    if rng.random() < 0.3:
        worn = worn + rng.normal(0, rng.uniform(0.005, 0.03), worn.shape).astype(np.float32)
    gains = rng.uniform(0.9, 1.1) * rng.uniform(0.96, 1.04, 3)
    return np.clip(worn * gains.astype(np.float32) + np.float32(rng.uniform(-0.03, 0.03)), 0, 1)


def _read(folder: Path) -> tuple[Picture, NDArray[np.int16]]:
    pictures, places = (np.load(folder / name, mmap_mode="r") for name in FILES)
    return pictures, places


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, or go on where the last call stopped."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.train_judge", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of what is learnt from")
    parser.add_argument("--test", type=Path, required=True, help="folder of what the accuracy is told of")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint, log and weights")
    parser.add_argument("--minutes", type=float, help="budget; counts over resumes")
    parser.add_argument("--steps", type=int, help="budget; counts over resumes")
    parser.add_argument("--every", type=float, default=3.0, help="minutes between checkpoints (3)")
    options = parser.parse_args(arguments)
    recipe = JudgeRecipe(options.data, options.test)
    result = train(recipe, options.out, minutes=options.minutes, steps=options.steps, every_minutes=options.every)
    state = "finished" if result.finished else "stopped; the same command goes on"
    print(f"{state} after {result.counters.step} steps; {dict(result.scores)}; weights: {result.weights}")


if __name__ == "__main__":
    main()
