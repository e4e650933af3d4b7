"""How the small recogniser `face-mfn` is trained: ArcFace on rendered people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from harness.training.data import step_rng
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness_sddfiqa.arcface import ArcFace
from harness_sddfiqa.augment import disturb, spoil
from harness_sddfiqa.faces import FaceSet, open_faces, to_network
from harness_sddfiqa.judging import answers, fnmr_at
from harness_sddfiqa.network import EMBEDDING, MINI_RECOGNISER, Config, build_network
from harness_sddfiqa.slopes import hold_slopes

__all__ = ["Recogniser", "Settings", "recogniser"]

PEOPLE = "people"
GATE = 1e-2


@dataclass(frozen=True)
class Settings:
    """Everything that decides the training; loss, its scale and margin, momentum and decay as TFace's, the rest ours.

    Attributes:
        spoiled: share of undegraded pictures that get a fault of their own, drawn anew each time.
        margin_from, margin_until: shares of the budget between which the margin grows from nothing to its full size.
    """

    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warm_up_steps: int = 80
    decay_from: float = 0.4
    last_rate: float = 0.01
    batch: int = 32
    spoiled: float = 0.4
    margin_from: float = 0.05
    margin_until: float = 0.3
    average: float = 0.99


class Recogniser:
    """A `harness.training.recipe.Recipe`: embeddings whose angles tell people apart.

    Validated on people who are held out: `fnmr` of their undegraded pictures at a FMR of 1e-2.
    """

    method = "sddfiqa"
    name = "recogniser"
    autocast = False

    def __init__(
        self,
        data: Path,
        seed: int,
        settings: Settings | None = None,
        network: Config = MINI_RECOGNISER,
        faces: FaceSet | None = None,
    ) -> None:
        self.settings, self.seed, self.network = settings or Settings(), seed, network
        self.average = self.settings.average
        self.faces = faces or open_faces(data)
        self._mine = np.flatnonzero(~self.faces.held_out)

    def networks(self) -> dict[str, nn.Module]:
        people = len(np.unique(self.faces.person[self._mine]))
        model = build_network(self.network).to(memory_format=torch.channels_last)
        hold_slopes(model)
        return {MODEL: model, PEOPLE: ArcFace(people, EMBEDDING)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        s = self.settings
        parameters = [each for network in networks.values() for each in network.parameters()]
        trained = [each for each in parameters if each.requires_grad]
        return {MODEL: SGD(trained, s.learning_rate, s.momentum, weight_decay=s.weight_decay, nesterov=True)}

    def rate(self, progress: Progress) -> float:
        s = self.settings
        return warm_up_then_fall(progress, s.warm_up_steps, s.decay_from, s.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        rng = step_rng(self.seed, step)
        rows = rng.choice(self._mine, self.settings.batch)
        pictures = np.stack([self._picture(row, rng) for row in rows])
        return {"face": to_network(pictures), "person": torch.from_numpy(self.faces.person[rows])}

    def _picture(self, row: int, rng: np.random.Generator) -> np.ndarray[Any, np.dtype[np.uint8]]:
        picture = self.faces.packed.images[row]
        if self.faces.clean[row] and rng.random() < self.settings.spoiled:
            picture = spoil(picture, rng)
        return disturb(picture, rng)

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        s = self.settings
        grown = (progress.share - s.margin_from) / (s.margin_until - s.margin_from)
        embedding = parts.networks[MODEL](batch["face"])
        loss, right = parts.networks[PEOPLE](embedding, batch["person"], min(1.0, max(0.0, grown)))
        parts.descend(loss, MODEL, max_norm=5.0)
        return {"arcface": loss.detach(), "right": right.detach()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """`fnmr`: of held-out people's undegraded pictures; `fnmr_all`: of all of theirs."""
        of = self.faces
        rows = np.flatnonzero(of.held_out)
        vectors = answers(model, np.asarray(of.packed.images[rows[0] : rows[-1] + 1]), device)
        clean = of.clean[rows]
        return Validation(
            {
                "fnmr": fnmr_at(vectors[clean], of.person[rows][clean], GATE),
                "fnmr_all": fnmr_at(vectors, of.person[rows], GATE),
            }
        )

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(self.network),
            "settings": asdict(self.settings),
            "data": [dict(self.faces.describe())],
        }


def recogniser(data: Path, seed: int) -> Recogniser:
    """The recipe of `face-mfn`; needs ``data/faces.npy`` and ``faces.json`` (`python -m harness_faces.train_set`)."""
    return Recogniser(data, seed)
