"""One process's share of a training: networks on their device, one step, and what is kept between intervals."""

from __future__ import annotations

import copy
import json
import shlex
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor

from harness.errors import HarnessError
from harness.training import checkpoint
from harness.training.checkpoint import Average, Counters, averaged_model
from harness.training.export import export, machine
from harness.training.pictures import save_grid
from harness.training.recipe import MODEL, Parts, Progress, Recipe, Validation

__all__ = ["LOG", "PICTURES", "Budget", "Interval", "Report", "Session"]

LOG, PICTURES = "log.jsonl", "samples"


@dataclass(frozen=True)
class Report:
    """What is told at the end of each interval: a line of the log."""

    step: int
    samples: int
    seconds: float
    share: float
    rate: float
    losses: Mapping[str, float]
    scores: Mapping[str, float]

    def __str__(self) -> str:
        numbers = {**self.losses, **{f"val {k}": v for k, v in self.scores.items()}}
        words = "  ".join(f"{name} {value:.4g}" for name, value in numbers.items())
        return f"{self.share:4.0%}  step {self.step}  {self.samples} images  {self.rate:.1f}/s  {words}"


@dataclass
class Budget:
    """Minutes, steps or both; whichever is spent first ends the training."""

    minutes: float | None
    steps: int | None

    def share(self, counters: Counters) -> float:
        """Spent share in [0, 1]; an empty budget is spent."""
        shares = [0.0]
        if self.minutes is not None:
            shares.append(counters.seconds / (60 * self.minutes) if self.minutes > 0 else 1.0)
        if self.steps is not None:
            shares.append(counters.step / self.steps if self.steps > 0 else 1.0)
        return min(1.0, max(shares))


@dataclass
class Interval:
    """Means of the losses since the last report."""

    sums: dict[str, Tensor] = field(default_factory=lambda: defaultdict(lambda: torch.zeros(())))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    started: float = field(default_factory=time.monotonic)
    samples: int = 0

    def add(self, losses: Mapping[str, Tensor], samples: int) -> None:
        """Count one step."""
        for name, value in losses.items():
            self.sums[name] = self.sums[name] + value.detach().float().cpu()
            self.counts[name] += 1
        self.samples += samples

    def means(self) -> dict[str, float]:
        """Mean of each loss over the steps that had it."""
        return {name: float(total) / self.counts[name] for name, total in self.sums.items()}

    def rate(self) -> float:
        """Images per second."""
        return self.samples / max(time.monotonic() - self.started, 1e-9)


class Session:
    """One process's share of a training."""

    def __init__(self, recipe: Recipe, out: Path, budget: Budget, seed: int, cpu: bool) -> None:
        self.recipe, self.out, self.budget = recipe, out, budget
        # Accelerate places the networks on the device, wraps them for several and scales a mixed-precision loss
        mixed = "bf16" if recipe.autocast and torch.cuda.is_available() and not cpu else "no"
        accelerator = Accelerator(cpu=cpu, mixed_precision=mixed)
        set_seed(seed)
        networks = recipe.networks()
        if MODEL not in networks:
            raise HarnessError(f"recipe {recipe.name} builds no network called '{MODEL}'")
        self.shadow = copy.deepcopy(networks[MODEL]).to(accelerator.device).eval().requires_grad_(False)
        optimisers = recipe.optimisers(networks)
        self.base_rates = {name: [group["lr"] for group in opt.param_groups] for name, opt in optimisers.items()}
        self.parts = Parts(
            accelerator,
            {name: accelerator.prepare_model(network) for name, network in networks.items()},
            {name: accelerator.prepare_optimizer(optimiser) for name, optimiser in optimisers.items()},
        )
        self.average = Average(accelerator.unwrap_model(self.parts.networks[MODEL]), recipe.average)
        self.counters = Counters()
        self.description = {"method": recipe.method, "recipe": recipe.name, "seed": seed, **recipe.describe()}

    @property
    def checkpoint(self) -> Path:
        """Where the checkpoint lies."""
        return self.out / checkpoint.FILE

    def resume(self) -> None:
        """Go on from the checkpoint."""
        self.counters = checkpoint.load(self.checkpoint, self.parts, self.average, self.description)

    def progress(self) -> Progress:
        """Where the training stands."""
        return Progress(self.counters.step, self.counters.samples, self.budget.share(self.counters))

    def lane(self, step: int) -> int:
        """Each process of a distributed run draws its own batches."""
        lane: int = step * self.parts.accelerator.num_processes + self.parts.accelerator.process_index
        return lane

    def set_rates(self, factor: float) -> None:
        """Scale every optimiser's largest learning rate."""
        for name, optimiser in self.parts.optimisers.items():
            for group, base in zip(optimiser.param_groups, self.base_rates[name], strict=True):
                group["lr"] = base * factor

    def step(self, batch: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], int]:
        """Take one step; returns the recipe's losses and how many images all processes saw."""
        device = self.parts.accelerator.device
        placed = {name: value.to(device, non_blocking=True) for name, value in batch.items()}
        progress = self.progress()
        self.set_rates(self.recipe.rate(progress))
        with self.parts.accelerator.autocast():
            losses = self.recipe.step(self.parts, placed, progress)
        seen = len(next(iter(placed.values()))) * self.parts.accelerator.num_processes
        self.counters.step += 1
        self.counters.samples += seen
        if self.recipe.average > 0:
            model = self.parts.accelerator.unwrap_model(self.parts.networks[MODEL])
            self.average.update(model, self.counters.step)
        return losses, seen

    @torch.no_grad()
    def validate(self) -> Validation:
        """Judge the averaged network."""
        self.shadow.load_state_dict(averaged_model(self.parts, self.average))
        return self.recipe.validate(self.shadow, self.parts.accelerator.device)

    def keep(self, interval: Interval) -> Report:
        """Checkpoint, validate, export, log: all that happens at the end of an interval."""
        checkpoint.save(self.checkpoint, self.parts, self.average, self.counters, self.description)
        validation = self.validate()
        report = Report(
            self.counters.step,
            self.counters.samples,
            round(self.counters.seconds, 1),
            self.budget.share(self.counters),
            interval.rate(),
            interval.means(),
            validation.scores,
        )
        export(self.weights, averaged_model(self.parts, self.average), self.metadata(report))
        if validation.pictures is not None:
            save_grid(self.out / PICTURES / f"{self.counters.step:07d}.png", validation.pictures)
        with (self.out / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(vars(report)) + "\n")
        return report

    @property
    def weights(self) -> Path:
        """Where the exported weights lie."""
        return self.out / f"{self.recipe.method}-{self.recipe.name}.safetensors"

    def metadata(self, report: Report) -> dict[str, Any]:
        """What the exported file says of itself."""
        return {
            **self.description,
            "command": shlex.join(["harness", *sys.argv[1:]]),
            "machine": machine(),
            "steps": report.step,
            "samples_seen": report.samples,
            "seconds": report.seconds,
            "validation": dict(report.scores),
        }
