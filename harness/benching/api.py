"""The Python face of `harness bench`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from harness.benching.contenders import contender, described
from harness.benching.memory import room_for_data
from harness.benching.pictures import Pictures
from harness.benching.turns import Contender, take_turns
from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import Inpainter
from harness.plugins import registry
from harness.runner.api import pick_device
from harness.runner.entries import Entry, MethodLike
from harness.runner.memory import keep_freed
from harness.stats.orders import median_by_order
from harness.store.environment import git_state, hardware, packages
from harness.store.timings import Timed, Timings, Trained

__all__ = ["LARGEST", "SIZES", "SMALLEST", "bench"]

SIZES = (256, 512, 1024)
SMALLEST, LARGEST = 8, 16384


def bench(
    methods: MethodLike | Sequence[MethodLike], *, sizes: Sequence[int] = SIZES, hole: float = 0.25, repeats: int = 5,
    threads: int = 0, device: str = "auto", patience: float = 0, train: str = "", argv: Sequence[str] = (),
    tell: Callable[[str], None] | None = None,
) -> Timings:  # fmt: skip
    """Seconds and memory of methods on square pictures with a hole in the middle.

    Every method is built once and called as a run calls it. At each size one uncounted call warms up; then they take
    turns, each turn on another photograph. What a method refuses, or what does not fit into memory, is a row with a
    reason.

    Args:
        methods: references or callables, or one of these. Without weights in its reference a learned method is timed
            at its official size: `@official` where the file is here, else `@random`.
        sizes: sides in pixels.
        hole: share of the picture.
        repeats: timed calls of each; four or fewer tell no interval.
        threads: for torch and OpenCV; 0 leaves them as they are. Other libraries read OMP_NUM_THREADS as they load.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        patience: seconds; no larger size is asked of a method whose fastest call or training step took longer. 0: all
            are.
        train: a recipe; then a training step of every method with weights is measured too, at the same sizes.
        argv: the command to remember.
        tell: hears in one line whose turn it is.

    Raises:
        HarnessError: unknown names, a method named twice, values out of range.
    """
    _check(sizes, hole, repeats, threads, patience)
    known = registry()
    several = [methods] if isinstance(methods, str | Inpainter) or callable(methods) else list(methods)
    entries = [contender(method, known) for method in several]
    names = [entry.reference for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise HarnessError(f"{twice[0]} is named twice")
    device = pick_device(device)
    pictures = Pictures(repeats, hole)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    keep_freed()
    with _threads(threads), room_for_data(device):
        machine = hardware(device)
        contenders = [Contender(entry, device) for entry in entries]
        rows = tuple(_rows(contenders, pictures, sorted(sizes), repeats, patience, tell or _quiet))
        training = tuple(_trainings(entries, train, sorted(sizes), repeats, device, patience, tell or _quiet))
    return Timings(
        argv=tuple(argv),
        started=started,
        device=device,
        repeats=repeats,
        coverage=median_by_order(range(repeats)).coverage,
        hole=hole,
        inputs=pictures.inputs(),
        load_ended=os.getloadavg()[0],
        hardware=machine,
        packages=packages(),
        git=git_state(),
        entries=tuple(described(entry) for entry in entries),
        rows=rows,
        training=training,
    )


def _trainings(
    entries: Sequence[Entry], recipe: str, sizes: Sequence[int], repeats: int, device: str, patience: float,
    tell: Callable[[str], None],
) -> Iterator[Trained]:  # fmt: skip
    """Training steps by a recipe; none where it is "", and only then what trains (accelerate) may be missing."""
    if recipe:
        try:
            from harness.benching.training import trainings
        except ModuleNotFoundError as error:
            raise MissingRequirement(f"training needs {error.name}: pip install 'iq-harness[train]'") from error
        yield from trainings(entries, recipe, sizes, repeats, device, patience, tell)


def _rows(
    contenders: Sequence[Contender], pictures: Pictures, sizes: Sequence[int], repeats: int, patience: float,
    tell: Callable[[str], None],
) -> Iterator[Timed]:  # fmt: skip
    """One row a size and contender; those that were too slow are told so at every larger size."""
    slow: dict[str, str] = {}
    for side in sizes:
        yield from [Timed(entry, side, 0, None, None, None, why) for entry, why in slow.items()]
        for row in take_turns([one for one in contenders if one.reference not in slow], pictures, side, repeats, tell):
            if patience and row.wall and row.wall.least > patience:
                slow[row.entry] = f"not asked: a call took {row.wall.least:.2g} s at {side} px, patience {patience:g} s"
            yield row


def _quiet(line: str) -> None:
    """Nobody listens."""


def _check(sizes: Sequence[int], hole: float, repeats: int, threads: int, patience: float) -> None:
    wrong = [side for side in sizes if not SMALLEST <= side <= LARGEST]
    if wrong or not sizes:
        raise HarnessError(f"a size is a side of {SMALLEST} to {LARGEST} pixels{f', not {wrong[0]}' if wrong else ''}")
    if len(set(sizes)) < len(sizes):
        raise HarnessError("a size is named twice")
    if not 0 < hole < 1:
        raise HarnessError(f"the hole is a share of the picture between 0 and 1, not {hole:g}")
    if repeats < 1 or threads < 0 or not patience >= 0:
        raise HarnessError("repeats is 1 or more; threads and patience are 0 (no limit) or more")


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Give torch and OpenCV `count` threads for a while; 0 leaves them as they are."""
    import cv2
    import torch

    before = torch.get_num_threads(), cv2.getNumThreads()
    if count:
        torch.set_num_threads(count)
        cv2.setNumThreads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
