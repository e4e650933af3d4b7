"""What a training step costs by the size of the picture: seconds and memory; the weights are thrown away."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from harness.benching.pictures import square
from harness.datasets.photos import Photos
from harness.errors import HarnessError
from harness.runner.call import reason_of
from harness.runner.clock import Clock
from harness.runner.entries import Entry
from harness.runner.memory import give_back_freed
from harness.stats.orders import median_by_order
from harness.store.timings import Spent, Trained
from harness.training.command import open_recipe
from harness.training.session import Budget, Session

__all__ = ["trainings"]

SIDE = 192
COUNT = 24
"""Pictures of the sets that recipes open: more than they hold out. A step is timed on pictures of the asked size."""
SETS = ("photos", "scenes")
BATCH = 1
COURSE = 100
"""Steps of the course whose last one is timed: that is where recipes have all their losses."""


def trainings(
    entries: Sequence[Entry], recipe: str, sizes: Sequence[int], repeats: int, device: str, patience: float,
    tell: Callable[[str], None],
) -> Iterator[Trained]:  # fmt: skip
    """One row a size of every entry that has weights; what cannot be trained here is a row with the reason."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        _write(data)
        for entry in entries:
            if entry.spec.weights:
                yield from _of_one(entry, recipe, sizes, repeats, device, patience, data, tell)


def _write(data: Path) -> None:
    """The shipped photographs under the names that recipes look for."""
    photos = Photos("native")
    stack = np.stack([square(photos.load(id).image, SIDE) for id in photos.ids()[:COUNT]])
    for name in SETS:
        np.save(data / f"{name}.npy", stack)


def _of_one(
    entry: Entry, recipe: str, sizes: Sequence[int], repeats: int, device: str, patience: float, data: Path,
    tell: Callable[[str], None],
) -> Iterator[Trained]:  # fmt: skip
    try:
        session = Session(
            open_recipe(entry.spec.name, recipe, data, 0), data / "out", Budget(None, COURSE), 0, device == "cpu"
        )
        batch = session.recipe.batch(0)
    except (HarnessError, RuntimeError) as error:
        yield Trained(entry.reference, recipe, sizes[0], BATCH, 0, None, None, reason_of(error))
        return
    slow = ""
    for side in sizes:
        if slow:
            yield Trained(entry.reference, recipe, side, BATCH, 0, None, None, slow)
            continue
        tell(f"{side} px, training by {recipe}: {entry.reference}")
        row = _steps(
            session, entry.reference, side, {name: _sized(t, side) for name, t in batch.items()}, repeats, device
        )
        yield row
        if row.why:
            return  # what fails here is larger at the next size
        if patience and row.wall and row.wall.least > patience:
            slow = f"not asked: a step took {row.wall.least:.2g} s at {side} px, patience {patience:g} s"


def _sized(tensor: torch.Tensor, side: int) -> torch.Tensor:
    """The first of a batch [N,C,H,W] at the asked size, repeated as tiles and not resized; other tensors' first."""
    first = tensor[:BATCH]
    if tensor.ndim != 4:
        return first
    height, width = first.shape[-2:]
    grown = first.repeat(1, 1, -(-side // height), -(-side // width))
    return grown[..., :side, :side].contiguous()


def _steps(
    session: Session, entry: str, side: int, batch: dict[str, torch.Tensor], repeats: int, device: str
) -> Trained:
    """One step that warms up, then `repeats` that are timed, each the last of a course."""
    walls: list[float] = []
    peaks: list[float] = []
    for optimiser in session.parts.optimisers.values():  # so that every size pays for its gradients and moments
        optimiser.zero_grad(set_to_none=True)
        optimiser.state.clear()
    gc.collect()
    give_back_freed()
    try:
        for turn in range(repeats + 1):
            session.counters.step = COURSE - 1
            with Clock(device) as clock:
                session.step(batch)
            peaks += [clock.peak_mb] if clock.peak_mb is not None else []
            walls += [clock.seconds] if turn else []
    except (RuntimeError, MemoryError, ValueError) as error:
        return Trained(entry, session.recipe.name, side, BATCH, len(walls), None, None, reason_of(error))
    median = median_by_order(walls)
    spent = Spent(min(walls), median.value, median.lo, median.hi)
    return Trained(entry, session.recipe.name, side, BATCH, len(walls), spent, max(peaks, default=None))
