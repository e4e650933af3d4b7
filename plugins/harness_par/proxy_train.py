"""How the small weights of `par-proxy` are trained: on faults put in at known places (ours)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW, Optimizer

from harness.training.data import step_rng
from harness.training.recipe import MODEL, Parts, Progress, Validation, warm_up_then_fall
from harness_par.faults import DIFFERENT, FAULTS, Made
from harness_par.network import normalised
from harness_par.proxy_data import HALVES, Constructed
from harness_par.proxy_network import ProxyConfig, ProxyNetwork
from harness_par.roc import auroc

__all__ = ["ProxyTraining", "Settings", "mini", "stacked"]

VALIDATION_SEED = 7_919
PICTURED = 12


@dataclass(frozen=True)
class Settings:
    """Everything that decides the training (all of it ours).

    Attributes:
        dice: weight of the soft Dice loss beside the cross-entropy, for faults are a few per cent of the pixels.
        validated: pictures a kind that are judged at every interval, of the half that is not trained on.
    """

    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    warm_up_steps: int = 50
    decay_from: float = 0.3
    last_rate: float = 0.02
    batch: int = 8
    side: int = 128
    dice: float = 0.5
    average: float = 0.99
    validated: int = 12


class ProxyTraining:
    """A `harness.training.recipe.Recipe`: cross-entropy and Dice of the artifact's pixels.

    Validated on the other half of the photographs; the validation decides nothing.
    """

    method = "par-proxy"
    autocast = False

    def __init__(self, data: Path, seed: int, half: str, config: ProxyConfig, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.average = self.settings.average
        self.seed, self.config, self.name = seed, config, f"mini-{half}"
        self.data = Constructed(data, half, self.settings.side)
        self.others = Constructed(data, HALVES[1 - HALVES.index(half)], self.settings.side)

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: ProxyNetwork(self.config)}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        s = self.settings
        return {MODEL: AdamW(networks[MODEL].parameters(), s.learning_rate, weight_decay=s.weight_decay)}

    def rate(self, progress: Progress) -> float:
        s = self.settings
        return warm_up_then_fall(progress, s.warm_up_steps, s.decay_from, s.last_rate)

    def batch(self, step: int) -> dict[str, Tensor]:
        drawn = [self.data(step_rng(self.seed, step, lane)) for lane in range(self.settings.batch)]
        picture, artifact, _ = stacked(drawn)
        return {"picture": picture, "artifact": artifact}

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        logits = parts.networks[MODEL](normalised(batch["picture"]))
        artifact = batch["artifact"]
        losses = {"entropy": F.cross_entropy(logits, artifact[:, 0].long()), "dice": _dice(logits, artifact)}
        parts.descend(losses["entropy"] + self.settings.dice * losses["dice"], MODEL, 5.0)
        return {name: value.detach() for name, value in losses.items()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """``auroc`` of faults against right-but-different (mean probability in the hole), one a kind; false area."""
        found: dict[str, list[float]] = {}
        false, rows = [], []
        for number, kind in enumerate((*FAULTS, DIFFERENT, "clean")):
            for index in range(self.settings.validated):
                one = self.others(step_rng(VALIDATION_SEED, index, number), kind)
                picture, artifact, hole = stacked([one])
                shown = model(normalised(picture.to(device))).softmax(1)[:, 1:].cpu()
                found.setdefault(one.kind, []).append(float((shown * hole).sum() / hole.sum().clamp(min=1)))
                if one.kind == "clean":
                    false.append(float((shown > 0.5).float().mean()))
                if index < 2:
                    rows.append(torch.cat([picture, artifact.expand(-1, 3, -1, -1), shown.expand(-1, 3, -1, -1)]))
        right = found.get(DIFFERENT, []) + found["clean"]
        wrong = {kind: auroc(found[kind], right) for kind in FAULTS if kind in found}
        scores = {"auroc": auroc([v for k in wrong for v in found[k]], found.get(DIFFERENT, right))}
        scores |= {"false_area": float(np.mean(false)), **wrong}
        return Validation(scores, torch.stack(rows[:PICTURED]))

    def describe(self) -> dict[str, Any]:
        return {
            "network": asdict(self.config),
            "settings": asdict(self.settings),
            "half": self.data.half,
            "photographs": self.data.photographs,
            "data": [packed.describe() for packed in self.data.packed],
        }


def _dice(logits: Tensor, artifact: Tensor) -> Tensor:
    """Soft Dice loss of the artifact over the whole batch, in [0, 1]."""
    found = logits.softmax(1)[:, 1:]
    return 1 - (2 * (found * artifact).sum() + 1) / (found.sum() + artifact.sum() + 1)


def stacked(drawn: Sequence[Made]) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures ``[N, 3, H, W]`` in [0, 1], artifacts and holes ``[N, 1, H, W]``, 0 or 1."""
    picture = torch.from_numpy(np.stack([one.picture for one in drawn])).permute(0, 3, 1, 2).float() / 255
    artifact, hole = (torch.from_numpy(np.stack([one[k] for one in drawn]))[:, None].float() for k in (1, 2))
    return picture, artifact, hole


def mini(
    data: Path, seed: int, *, half: str = "a", backbone: str = "efl0", head: str = "uper", channels: int = 32
) -> ProxyTraining:
    """The recipe of the small weights, by which half of the photographs, on which backbone and head."""
    return ProxyTraining(data, seed, half, ProxyConfig(backbone, head, channels))
