"""Checkpoints that survive a SIGKILL, and the average of the weights."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.errors import HarnessError
from harness.training.recipe import MODEL, Parts

__all__ = ["FILE", "Average", "Counters", "averaged_model", "load", "save", "write_atomically"]

FILE = "checkpoint.pt"
WARM_UP = 10  # ours: the average forgets its random start over the first steps


@dataclass
class Counters:
    """How far a training is: optimiser steps, images seen, seconds spent over all its sessions."""

    step: int = 0
    samples: int = 0
    seconds: float = 0.0


class Average:
    """Exponential moving average of a network's floating-point state, kept on its device."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move towards the network by ``1 - min(decay, (1 + step) / (10 + step))``."""
        decay = min(self.decay, (1 + step) / (WARM_UP + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - decay)
            else:
                self.state[name].copy_(value)


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside the file, flush to the disk, then replace it: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def save(path: Path, parts: Parts, average: Average, counters: Counters, description: Mapping[str, Any]) -> None:
    """Everything a later session needs to go on with the same numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "description": json.dumps(description, sort_keys=True),
        "networks": {k: parts.accelerator.unwrap_model(v).state_dict() for k, v in parts.networks.items()},
        "optimisers": {k: v.state_dict() for k, v in parts.optimisers.items()},
        "average": average.state,
        "counters": vars(counters),
        "rng": _rng_states(),
    }
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def load(path: Path, parts: Parts, average: Average, description: Mapping[str, Any]) -> Counters:
    """Put a checkpoint's state back. Raises `HarnessError` when another recipe or other data made it."""
    state = torch.load(path, map_location=parts.accelerator.device, weights_only=True)
    if state["description"] != json.dumps(description, sort_keys=True):
        raise HarnessError(f"{path} was made by another recipe, data or version: use --fresh or another --out")
    for name, network in parts.networks.items():
        parts.accelerator.unwrap_model(network).load_state_dict(state["networks"][name])
    for name, optimiser in parts.optimisers.items():
        optimiser.load_state_dict(state["optimisers"][name])
    average.state = dict(state["average"])
    _restore_rng(state["rng"])
    return Counters(**state["counters"])


def _rng_states() -> dict[str, Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _restore_rng(states: Mapping[str, Tensor]) -> None:
    torch.set_rng_state(states["cpu"].cpu())
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"].cpu())


def averaged_model(parts: Parts, average: Average) -> dict[str, Tensor]:
    """The state to validate and export: the average, or the network itself where averaging is off."""
    if average.decay > 0:
        return average.state
    return dict(parts.accelerator.unwrap_model(parts.networks[MODEL]).state_dict())
