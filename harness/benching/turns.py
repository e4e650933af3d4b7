"""Contenders take turns at one size: A B A B, so that a busy moment hits all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.benching.pictures import Pictures
from harness.interfaces import Batch, Images
from harness.runner.call import Answer, Caller
from harness.runner.entries import Entry
from harness.runner.units import Unit
from harness.stats.orders import median_by_order
from harness.store.keys import seed_of
from harness.store.timings import Spent, Timed

__all__ = ["Contender", "take_turns"]

CAPABILITY = "inpaint"


class _Metered:
    """A method that knows how many CPU seconds, of all threads of this process, its last call took."""

    def __init__(self, method: Any) -> None:
        self._call: Callable[[Batch], Images] = getattr(method, CAPABILITY)
        self.cpu = 0.0

    def inpaint(self, batch: Batch) -> Images:
        """Call it."""
        began = time.process_time()
        images = self._call(batch)
        self.cpu = time.process_time() - began
        return images


class Contender:
    """An entry, built at its first call as a run builds it, once for all sizes."""

    def __init__(self, entry: Entry, device: str) -> None:
        self.reference = entry.reference
        self._entry = entry
        self._device = device
        self._method: _Metered | None = None
        self._caller = Caller(self._build, CAPABILITY, entry.spec.needs, device, "hole", entry.strategy_on())

    def _build(self) -> _Metered:
        self._method = _Metered(self._entry.build(self._device))
        return self._method

    def answer(self, unit: Unit) -> tuple[Answer, float]:
        """What it made of a picture, with the CPU seconds of the call. The first call at a size warms up too."""
        (answer,) = self._caller.run([unit], [seed_of(0, unit.id, 0)])
        return answer, self._method.cpu if self._method else 0.0


@dataclass
class _Kept:
    """What one contender's turns at one size gave."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    why: str = ""

    def add(self, answer: Answer, cpu: float) -> None:
        """Keep one answer; one that is none ends this contender's turns."""
        if answer.seconds is None:
            self.why = answer.reason or answer.status
            return
        self.wall.append(answer.seconds)
        self.cpu.append(cpu)
        if answer.peak_mb is not None:
            self.peaks.append(answer.peak_mb)

    def row(self, entry: str, side: int) -> Timed:
        """The row; one failure at a size leaves no seconds of that size, for they would be of easier pictures."""
        if self.why:
            return Timed(entry, side, len(self.wall), None, None, None, self.why)
        peak = max(self.peaks, default=None)
        return Timed(entry, side, len(self.wall), _spent(self.wall), _spent(self.cpu), peak)


def _spent(values: Sequence[float]) -> Spent:
    median = median_by_order(values)
    return Spent(min(values), median.value, median.lo, median.hi)


def take_turns(
    contenders: Sequence[Contender], pictures: Pictures, side: int, repeats: int, tell: Callable[[str], None]
) -> Iterator[Timed]:
    """One row a contender at one size; `tell` hears whose turn it is."""
    kept = {one.reference: _Kept() for one in contenders}
    for turn in range(repeats):
        unit = pictures.unit(turn, side)
        for one in contenders:
            own = kept[one.reference]
            if not own.why:
                tell(f"{side} px, turn {turn + 1} of {repeats}: {one.reference}")
                own.add(*one.answer(unit))
    for reference, own in kept.items():
        yield own.row(reference, side)
