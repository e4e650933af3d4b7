"""What a report shows of one sample: the input, the truth, and what each entry made of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.report.board import Row

__all__ = ["Strip", "Tile", "evenly"]


@dataclass(frozen=True)
class Tile:
    """One entry's picture of one sample.

    Attributes:
        picture: data URI of what differs from the truth (of the whole output where the truth is gone); "" if none. Of
            an assessor its map, as a layer.
        error: data URI of the error map, or of an assessor's map alone; "" where output or truth, or the map, is gone.
        scores: (metric column, text), primary first.
        goodness: the primary score, negated where lower is better; NaN where there is none.
        missing: why there is no picture.
        output: hash of the output, the name of its file in the run folder; "" where none is kept.
    """

    row: Row
    picture: str
    error: str
    scores: tuple[tuple[str, str], ...]
    goodness: float
    missing: str
    output: str


@dataclass(frozen=True)
class Strip:
    """One sample: its input, its truth (a CSS class that paints it, "" where pruned), a tile an entry, and what was
    asked in words ("" where nothing)."""

    sample: str
    title: str
    cluster: str
    ratio: float
    truth: str
    hole: str
    shape: tuple[int, int]
    tiles: tuple[Tile, ...]
    prompt: str

    @property
    def goodness(self) -> list[float]:
        """The tiles' primary scores that exist, larger is better."""
        return [tile.goodness for tile in self.tiles if math.isfinite(tile.goodness)]

    @property
    def best(self) -> float:
        """The best tile's goodness, NaN without any."""
        return max(self.goodness, default=math.nan)

    @property
    def mean(self) -> float:
        """Mean goodness: small for a hard sample; NaN without any."""
        return sum(self.goodness) / len(self.goodness) if self.goodness else math.nan

    @property
    def spread(self) -> float:
        """Best minus worst goodness: how much the entries differ here."""
        return self.best - min(self.goodness, default=math.nan)

    @property
    def bytes(self) -> int:
        """What its own pictures cost in the page (the truth is counted by the album)."""
        return len(self.hole) + sum(len(tile.picture) + len(tile.error) for tile in self.tiles)


def evenly(count: int, wanted: int) -> list[int]:
    """At most `wanted` indices of `range(count)`, evenly spaced, first and last among them."""
    if wanted >= count:
        return list(range(count))
    return [round(i * (count - 1) / max(wanted - 1, 1)) for i in range(wanted)]
