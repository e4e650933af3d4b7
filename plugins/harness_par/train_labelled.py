"""How networks of `par` are trained: on pictures whose artifacts people marked, by PAL4VST's schedule or a small one.

Schedule of ``paper``: PAL4VST's configurations (https://github.com/owenzlz/PAL4VST, mmsegmentation/configs/pal4vst).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW, Optimizer

from harness.errors import HarnessError
from harness.training.data import step_rng
from harness.training.recipe import MODEL, Parts, Progress, Validation
from harness_par.heads import enlarged
from harness_par.labelled_data import crop, labelled, scaled
from harness_par.network import AUXILIARY_MAP, OFFICIAL, ArtifactNetwork, Config, normalised
from harness_par.proxy_network import ProxyConfig, ProxyNetwork

if TYPE_CHECKING:
    from harness.interfaces import Dataset

__all__ = ["MINI", "PAPER", "Labelled", "Schedule", "built", "mini", "paper"]

IGNORED = 255
"""The label of what pads a crop."""


@dataclass(frozen=True)
class Schedule:
    """Everything that decides the training.

    Attributes:
        head_rate: factor on the head's learning rate.
        ends: step at which the polynomial of power 1 would reach 0: the published one is cut off long before.
        side: of the crops. `scale`: how large a picture's long side is drawn, as factors of it.
        dominant: share of one class that a crop may have, drawn again up to ten times.
        auxiliary: weight of the auxiliary head's loss.
        validated: pictures of the validation split that are judged, resized to ``side``².
    """

    learning_rate: float = 6e-5
    head_rate: float = 10.0
    weight_decay: float = 0.01
    warm_up_steps: int = 1500
    ends: int = 160_000
    batch: int = 8
    side: int = 512
    scale: tuple[float, float] = (0.5, 2.0)
    dominant: float = 0.75
    auxiliary: float = 0.4
    drop_path: float = 0.3
    validated: int = 100


PAPER = Schedule()
"""PAL4VST's; 20,000 steps: ``--steps 20000``. Its start, ImageNet-22k's Swin-B, is a checkpoint that a user brings."""
MINI = Schedule(learning_rate=1e-3, head_rate=1.0, warm_up_steps=50, ends=4000, side=256, validated=24)
"""ours: for a processor."""


class Labelled:
    """A `harness.training.recipe.Recipe`: cross-entropy of two classes, nothing weighted.

    Of the published recipe differs: the last network is exported and not the best on the validation split, which the
    log tells; that choice is left to the user.

    Args:
        train, val: pictures with ``labels``, int64 [1, H, W], 1 and more an artifact.
    """

    method = "par"
    autocast = True
    average = 0.0

    def __init__(self, name: str, network: nn.Module, train: Dataset, val: Dataset, schedule: Schedule, seed: int):
        self.name, self.schedule, self.seed = name, schedule, seed
        self.network, self.train, self.val = network, train, val
        self.ids = tuple(train.ids())

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: self.network}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        s = self.schedule
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in networks[MODEL].named_parameters():
            rate = s.learning_rate * (1.0 if name.startswith("backbone.") else s.head_rate)
            plain = parameter.ndim == 1 or "relative_position" in name
            groups.setdefault((rate, 0.0 if plain else s.weight_decay), []).append(parameter)
        return {MODEL: AdamW([{"params": p, "lr": lr, "weight_decay": wd} for (lr, wd), p in groups.items()])}

    def rate(self, progress: Progress) -> float:
        s = self.schedule
        rise = min(1.0, (progress.step + 1) / s.warm_up_steps)
        return rise * max(0.0, 1 - max(0, progress.step - s.warm_up_steps) / (s.ends - s.warm_up_steps))

    def batch(self, step: int) -> dict[str, Tensor]:
        s = self.schedule
        drawn = []
        for lane in range(s.batch):
            rng = step_rng(self.seed, step, lane)
            picture, label = labelled(self.train, self.ids[int(rng.integers(len(self.ids)))])
            picture, label = scaled(picture, label, s.side * rng.uniform(*s.scale))
            drawn.append(crop(picture, label, s.side, s.dominant, IGNORED, rng))
        pictures, labels = (np.stack(column) for column in zip(*drawn, strict=True))
        shown = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
        return {"picture": shown, "label": torch.from_numpy(labels)[:, None].long()}

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        del progress
        network, label = parts.networks[MODEL], batch["label"][:, 0]
        # what pads is the mean colour: nothing, once normalised
        image = normalised(batch["picture"]) * (batch["label"] != IGNORED)
        losses = {}
        if isinstance(network, ArtifactNetwork) and hasattr(network, "auxiliary_head"):
            stages = network.stages(image)
            logits = stages.full
            beside = enlarged(network.auxiliary_head(stages.maps[AUXILIARY_MAP]), label.shape[-2:])
            losses["auxiliary"] = self.schedule.auxiliary * F.cross_entropy(beside, label, ignore_index=IGNORED)
        else:
            logits = network(image)
        losses["entropy"] = F.cross_entropy(logits, label, ignore_index=IGNORED)
        parts.descend(torch.stack(list(losses.values())).sum(), MODEL)
        return {name: value.detach() for name, value in losses.items()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """mmsegmentation's mIoU, pooled over the pictures, and the artifact's IoU beside it."""
        s = self.schedule
        counts = np.zeros((2, 2))
        for id in tuple(self.val.ids())[: s.validated]:
            picture, label = labelled(self.val, id)
            shown = np.array(Image.fromarray(picture).resize((s.side, s.side), Image.Resampling.BICUBIC))
            image = torch.from_numpy(shown).permute(2, 0, 1)[None].float() / 255
            logits = enlarged(model(normalised(image.to(device))), label.shape)
            np.add.at(counts, (label, logits.argmax(1)[0].cpu().numpy()), 1)
        together = counts.sum(0) + counts.sum(1) - counts.diagonal()
        iou = counts.diagonal() / np.maximum(together, 1)
        return Validation({"miou": float(iou.mean()), "artifact_iou": float(iou[1])})

    def describe(self) -> dict[str, Any]:
        stated = {"network": asdict(self.network.config)} if isinstance(self.network, ProxyNetwork) else {}
        return {"schedule": asdict(self.schedule), "pictures": len(self.ids), **stated}


def built(backbone: str, head: str, schedule: Schedule) -> nn.Module:
    """PAL4VST's network with its auxiliary head for ``swin-b`` and ``uper``; else a backbone and a head of ours.

    Raises `UnknownName` for a backbone or a head that there is not.
    """
    if (backbone, head) != ("swin-b", "uper"):
        return ProxyNetwork(ProxyConfig(backbone, head))
    size = Config(OFFICIAL.width, OFFICIAL.depths, OFFICIAL.heads, OFFICIAL.window, OFFICIAL.channels, auxiliary=256)
    network = ArtifactNetwork(size)
    network.backbone.set_drop_path(schedule.drop_path)
    return network


def _open(name: str, data: Path, seed: int, pictures: str, network: nn.Module, schedule: Schedule) -> Labelled:
    from harness.datasets.named import class_of

    del data  # labelled pictures are where `harness data` keeps them
    if pictures not in ("pal4inpaint", "pal4vst"):
        raise HarnessError(f"--pictures is {pictures}: pal4inpaint or pal4vst")
    known = class_of(pictures)
    return Labelled(name, network, known("train"), known("val"), schedule, seed)


def mini(
    data: Path, seed: int, *, backbone: str = "efl0", head: str = "uper", pictures: str = "pal4inpaint"
) -> Labelled:
    """ours: a small network, on a processor; ``pictures`` are ``pal4inpaint`` or ``pal4vst`` (`harness data`)."""
    return _open("mini", data, seed, pictures, built(backbone, head, MINI), MINI)


def paper(
    data: Path, seed: int, *, backbone: str = "swin-b", head: str = "uper", pictures: str = "pal4vst"
) -> Labelled:
    """PAL4VST's network, losses and schedule, from a random start."""
    return _open("paper", data, seed, pictures, built(backbone, head, PAPER), PAPER)
