"""A recipe small enough for tests, and a script that trains it: `python toy.py OUT STEPS [PAUSE]`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from harness.training.data import step_rng
from harness.training.loop import train
from harness.training.recipe import MODEL, Parts, Progress, Validation


class Toy:
    """Learn a linear map; dropout makes every step depend on torch's generator."""

    method, name, autocast, average = "toy", "mini", False, 0.9

    def __init__(self, pause: float = 0.0, width: int = 3) -> None:
        self.pause, self.width = pause, width
        self.seen: list[int] = []

    def networks(self) -> dict[str, nn.Module]:
        return {MODEL: nn.Sequential(nn.Linear(self.width, 4), nn.Dropout(0.5), nn.Linear(4, 1))}

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        return {MODEL: AdamW(networks[MODEL].parameters(), 0.05)}

    def rate(self, progress: Progress) -> float:
        return 1 - 0.9 * progress.share

    def batch(self, step: int) -> dict[str, Tensor]:
        rows = torch.from_numpy(step_rng(5, step).standard_normal((4, self.width))).float()
        return {"x": rows, "y": rows.sum(1, keepdim=True), "step": torch.full((4,), step)}

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        time.sleep(self.pause)
        self.seen.append(int(batch["step"][0]))
        loss = (parts.networks[MODEL](batch["x"]) - batch["y"]).square().mean()
        parts.descend(loss, MODEL, 10.0)
        return {"mse": loss.detach()}

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        batch = self.batch(1_000_000)
        error = (model(batch["x"].to(device)) - batch["y"].to(device)).square().mean()
        return Validation({"mse": float(error)}, torch.linspace(0, 1, 2 * 3 * 3 * 4 * 4).reshape(2, 3, 3, 4, 4))

    def describe(self) -> dict[str, Any]:
        return {"network": {"width": self.width}, "data": [{"name": "noise", "licence": "none"}]}


if __name__ == "__main__":
    pause = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    train(Toy(pause), Path(sys.argv[1]), steps=int(sys.argv[2]), every_minutes=0, cpu=True)
