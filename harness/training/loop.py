"""The training loop: a budget, steps until it is spent, an interval after which everything is kept. Knows no method."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from torch import Tensor

from harness.errors import HarnessError
from harness.training.checkpoint import Counters
from harness.training.recipe import Progress, Recipe
from harness.training.session import LOG, Budget, Interval, Report, Session

__all__ = ["EVERY_MINUTES", "Report", "Result", "train"]

EVERY_MINUTES = 3.0
"""ours: what a SIGKILL may cost at most; a save, a validation and an export take a few seconds."""


@dataclass(frozen=True)
class Result:
    """Where a training stands when `train` returns."""

    weights: Path
    counters: Counters
    scores: Mapping[str, float]
    finished: bool


@contextmanager
def _stop_asked() -> Iterator[Callable[[], bool]]:
    """While inside, SIGINT and SIGTERM are remembered instead of raised, so that a step is never cut in two."""
    asked: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        del frame
        asked.append(number)

    previous = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _run(
    session: Session, every_minutes: float, tell: Callable[[Report], None], pulse: Callable[[Progress], None]
) -> Report:
    """Take steps until the budget is spent or a signal asks to stop; returns the last report."""
    recipe, counters = session.recipe, session.counters
    interval, last = Interval(), None
    with ThreadPoolExecutor(1) as pool, _stop_asked() as stopped:
        ahead: Future[dict[str, Tensor]] = pool.submit(recipe.batch, session.lane(counters.step))
        before = time.monotonic()
        while (progress := session.progress()).share < 1 and not stopped():
            batch = ahead.result()
            ahead = pool.submit(recipe.batch, session.lane(counters.step + 1))
            interval.add(*session.step(batch))
            now = time.monotonic()
            counters.seconds += now - before
            before = now
            pulse(progress)
            if now - interval.started >= 60 * every_minutes:
                last, interval = session.keep(interval), Interval()
                tell(last)
        if last is None or last.step != counters.step:
            last = session.keep(interval)
            tell(last)
    return last


def train(
    recipe: Recipe,
    out: Path,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    resume: bool = True,
    seed: int = 0,
    cpu: bool = False,
    every_minutes: float = EVERY_MINUTES,
    tell: Callable[[Report], None] = print,
    pulse: Callable[[Progress], None] = lambda progress: None,
) -> Result:
    """Train until a budget is spent; go on from ``out`` where an earlier session left off.

    Parameters
    ----------
    recipe
        What to train and how.
    out
        Folder for the checkpoint, ``log.jsonl``, ``samples/*.png`` and ``<method>-<recipe>.safetensors``.
    minutes, steps
        The budget: at least one. Both count over all sessions; time spent on checkpoints counts too.
    resume
        Go on from the checkpoint in ``out`` if there is one; otherwise one that is there is replaced.
    every_minutes
        Interval of checkpoint, validation, pictures, export and log line.
    tell, pulse
        Called after each interval and after each step.

    Raises ``HarnessError`` when no budget is given or the checkpoint belongs to another recipe.

    """
    if minutes is None and steps is None:
        raise HarnessError("a training needs a budget: --minutes M or --steps N")
    out.mkdir(parents=True, exist_ok=True)
    session = Session(recipe, out, Budget(minutes, steps), seed, cpu)
    if resume and session.checkpoint.is_file():
        session.resume()
    elif not resume:
        (out / LOG).unlink(missing_ok=True)
    last = _run(session, every_minutes, tell, pulse)
    return Result(session.weights, session.counters, last.scores, session.progress().share >= 1)
