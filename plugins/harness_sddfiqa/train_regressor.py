"""How the small quality regressors are trained: on pseudo-labels of rendered faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam, Optimizer

from harness.errors import HarnessError
from harness.training.data import step_rng
from harness.training.embedding import embedded
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness_sddfiqa.augment import disturb
from harness_sddfiqa.embedding import load_recogniser
from harness_sddfiqa.faces import FaceSet, open_faces, to_network
from harness_sddfiqa.judging import answers, discard_area
from harness_sddfiqa.labels import Labelling, pseudo_labels
from harness_sddfiqa.network import MINI_RECOGNISER, Config, Ir50, MobileFaceNet, build_network
from harness_sddfiqa.regressor import regressor_from
from harness_sddfiqa.slopes import hold_slopes

__all__ = ["LOSSES", "Regressor", "Settings", "mini", "mini_dlib"]

LOSSES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "huber": F.smooth_l1_loss,
    "mse": F.mse_loss,
    "l1": F.l1_loss,
}
"""The published three; ``huber`` with a bend at 1, of labels in 0 to 100."""
INITS = ("recogniser", "scratch")
LABELS = ("wd", "intra")


@dataclass(frozen=True)
class Settings:
    """Everything that decides the training; `Labelling`, losses and moments are the published ones, the rest ours.

    Attributes:
        loss: one of `LOSSES`.
        init: ``recogniser`` starts from `face-mfn`'s layers, ``scratch`` from none.
        labels: ``wd`` or ``intra`` (`Labelling.kind`).
        extractor: the registered embedder whose similarities make the labels.
        every: only each n-th picture is labelled and seen; some recognisers are slow.
    """

    loss: str = "huber"
    init: str = "recogniser"
    labels: str = "wd"
    extractor: str = "face-mfn"
    every: int = 1
    learning_rate: float = 1e-3
    weight_decay: float = 5e-4
    warm_up_steps: int = 50
    decay_from: float = 0.3
    last_rate: float = 0.01
    batch: int = 64
    average: float = 0.99

    def __post_init__(self) -> None:
        for key, known in (("loss", tuple(LOSSES)), ("init", INITS), ("labels", LABELS)):
            if getattr(self, key) not in known:
                raise HarnessError(f"{key}={getattr(self, key)!r}: choose {', '.join(known)}")


class Regressor:
    """A `harness.training.recipe.Recipe`: quality as foretold from one picture.

    Validated on people who are held out: `edc`, the relative area under error against discard up to 30 %, by the
    similarities of the labels' recogniser. Every entry that a recogniser gives is told.
    """

    method = "sddfiqa"
    autocast = False

    def __init__(
        self,
        data: Path,
        seed: int,
        settings: Settings | None = None,
        *,
        name: str = "mini",
        recogniser: Ir50 | MobileFaceNet | None = None,
        network: Config = MINI_RECOGNISER,
        faces: FaceSet | None = None,
        tell: Callable[[str], None] = print,
    ) -> None:
        self.settings, self.seed, self.name, self._tell = settings or Settings(), seed, name, tell
        self.average = self.settings.average
        self.faces = faces or open_faces(data)
        self._recogniser = recogniser or (load_recogniser() if self.settings.init == "recogniser" else None)
        self._network = replace(self._recogniser.config if self._recogniser else network, head="quality")
        some = slice(None, None, self.settings.every)
        pictures, person, held = self.faces.packed.images[some], self.faces.person[some], self.faces.held_out[some]
        vectors = embedded(self.settings.extractor, pictures, data)
        self._pictures = pictures[~held]
        self._held = pictures[held], person[held], vectors[held]
        how = Labelling(kind="intra" if self.settings.labels == "intra" else "wd", seed=seed)
        self.labels = pseudo_labels(vectors[~held], person[~held], how)

    def networks(self) -> dict[str, nn.Module]:
        if self._recogniser is None:
            model = build_network(self._network)
        else:
            model = regressor_from(self._recogniser, self._tell, self.seed)
        last = model.quality[-1]
        nn.init.constant_(last.bias, float(self.labels.mean()))  # ours: raw scores begin where labels are
        model.requires_grad_(True).to(memory_format=torch.channels_last)
        hold_slopes(model)
        return {MODEL: model}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        s = self.settings
        trained = [each for each in networks[MODEL].parameters() if each.requires_grad]
        return {MODEL: Adam(trained, s.learning_rate, (0.9, 0.99), eps=1e-6, weight_decay=s.weight_decay)}

    def rate(self, progress: Progress) -> float:
        s = self.settings
        return warm_up_then_fall(progress, s.warm_up_steps, s.decay_from, s.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        rng = step_rng(self.seed, step)
        rows = rng.integers(len(self.labels), size=self.settings.batch)
        pictures = np.stack([disturb(self._pictures[row], rng) for row in rows])
        return {"face": to_network(pictures), "label": torch.from_numpy(self.labels[rows]).float()}

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        loss = LOSSES[self.settings.loss](parts.networks[MODEL](batch["face"])[:, 0], batch["label"])
        parts.descend(loss, MODEL, max_norm=100.0)
        return {self.settings.loss: loss.detach()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        pictures, person, vectors = self._held
        scores = answers(model, pictures, device)[:, 0]
        return Validation({"edc": discard_area(vectors, person, scores)})

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(self._network),
            "settings": asdict(self.settings),
            "data": [dict(self.faces.describe())],
            "labelled": {"faces": len(self.labels), **asdict(Labelling(seed=self.seed))},
        }


def mini(
    data: Path, seed: int, *, loss: str = "huber", init: str = "recogniser", labels: str = "wd", extractor: str = ""
) -> Regressor:
    """The recipe of `mini`; ``extractor`` is `face-mfn` unless another one is named.

    Needs ``data/faces.npy`` and ``faces.json`` (`python -m harness_faces.train_set`).
    """
    return Regressor(data, seed, Settings(loss, init, labels, extractor or "face-mfn"))


def mini_dlib(data: Path, seed: int, *, loss: str = "huber", init: str = "recogniser", labels: str = "wd") -> Regressor:
    """The recipe of `mini-dlib`: the same with labels by dlib's similarities (extra `face`), of every second picture.

    dlib's network takes a tenth of a second a picture.
    """
    return Regressor(data, seed, Settings(loss, init, labels, "face-dlib", every=2), name="mini-dlib")
