"""What a trainer has to say for itself. The loop (`harness.training.loop`) does everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim import Optimizer

__all__ = ["MODEL", "Parts", "Progress", "Recipe", "Validation", "warm_up_then_fall"]

MODEL = "model"
"""Name of the network that is averaged, validated and exported."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands before a step.

    Attributes:
        step: optimiser steps taken.
        samples: images seen.
        share: spent share of the budget (minutes or steps), in [0, 1]; counts over resumes.
    """

    step: int
    samples: int
    share: float


@dataclass
class Parts:
    """What a recipe's step works on: prepared networks and optimisers under the recipe's own names."""

    accelerator: Accelerator
    networks: dict[str, nn.Module]
    optimisers: dict[str, Optimizer]

    def descend(self, loss: Tensor, optimiser: str, max_norm: float = 0.0) -> None:
        """One step of one optimiser down one loss; gradients are clipped to ``max_norm`` if it is above 0."""
        chosen = self.optimisers[optimiser]
        chosen.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if max_norm > 0:
            self.accelerator.clip_grad_norm_([p for group in chosen.param_groups for p in group["params"]], max_norm)
        chosen.step()


@dataclass(frozen=True)
class Validation:
    """Scores on fixed samples that are never trained on, and a picture of some of them.

    Attributes:
        scores: name -> value, for the log and the export.
        pictures: rows of equal-sized images ``[R, C, 3, H, W]`` in [0, 1] (input, output, truth), or None.
    """

    scores: Mapping[str, float]
    pictures: Tensor | None = field(default=None, repr=False)


def warm_up_then_fall(progress: Progress, warm_up_steps: int, decay_from: float, last_rate: float) -> float:
    """A factor on the learning rate: up to 1 over the first steps, 1, then linearly to ``last_rate`` at the end.

    ``decay_from`` is the share of the budget at which it begins to fall.
    """
    rise = min(1.0, (progress.step + 1) / warm_up_steps)
    fall = max(0.0, progress.share - decay_from) / (1 - decay_from)
    return rise * (1 - (1 - last_rate) * fall)


class Recipe(Protocol):
    """One way to train one method.

    Attributes:
        method, name: the method's and the recipe's name; they name the exported file.
        autocast: whether mixed precision may be used where the device has it.
        average: decay of the exponential moving average of the weights, per step; 0 turns it off.
    """

    method: str
    name: str
    autocast: bool
    average: float

    def networks(self) -> dict[str, nn.Module]:
        """Freshly initialised networks; one of them is called ``model``. torch's generator is already seeded."""
        ...

    def optimisers(self, networks: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        """Optimisers at their largest learning rate; `rate` scales it."""
        ...

    def rate(self, progress: Progress) -> float:
        """Factor on every learning rate."""
        ...

    def batch(self, step: int) -> dict[str, Tensor]:
        """The batch of one step, decided by the recipe's seed and ``step`` alone. Called from a worker thread.

        Every tensor's first axis is the sample's.
        """
        ...

    def step(self, parts: Parts, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        """One update of every network; returns detached scalars for the log."""
        ...

    def validate(self, model: nn.Module, device: torch.device) -> Validation:
        """Judge the averaged network, in eval mode and without gradients."""
        ...

    def describe(self) -> dict[str, Any]:
        """JSON-ready: network configuration, hyper-parameters, seed, data with hashes and licences.

        A checkpoint goes on only under the same description.
        """
        ...
