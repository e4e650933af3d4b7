"""Two rounds, as in PAL: artifacts are marked, then marks are checked for missed and for over-marked areas.

ours, where PAL is silent: an annotator checks their own marks; a check for missed areas only adds, one for over-marked
areas only removes; a fill without a mark after the first check has nothing to cut and is finished.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.annotations.fills import Fill

__all__ = ["ROUNDS", "Mark", "Progress", "finished", "latest", "progress", "wanted_round"]

ROUNDS = ("mark", "missed", "over")


@dataclass(frozen=True)
class Mark:
    """What one annotator saved about one fill in one round.

    Attributes:
        mask: hash of the marked pixels (255 = artifact).
        area, inside, hole_area: pixels marked, marked inside the hole, and of the hole.
        at: UTC, ISO 8601.
    """

    fill: Fill
    annotator: str
    round: str
    mask: str
    area: int
    inside: int
    hole_area: int
    at: str

    @property
    def ratio(self) -> float | None:
        """PAR: |artifact ∩ hole| / |hole| (Zhang et al., ECCV 2022); None without a hole."""
        return self.inside / self.hole_area if self.hole_area else None


@dataclass(frozen=True)
class Progress:
    """One annotator in one round: how many fills are through it, and which come next, in order."""

    done: int
    waiting: tuple[Fill, ...]


def latest(marks: Iterable[Mark]) -> dict[tuple[str, str], Mark]:
    """By (fill id, annotator) the last saved mark: what counts."""
    return {(mark.fill.id, mark.annotator): mark for mark in marks}


def wanted_round(mark: Mark | None) -> str | None:
    """Which round a fill waits for, given an annotator's last mark of it; None when it is finished."""
    if mark is None:
        return "mark"
    if mark.round == "mark":
        return "missed"
    return "over" if mark.round == "missed" and mark.area else None


def finished(mark: Mark) -> bool:
    """Whether both rounds are behind it."""
    return wanted_round(mark) is None


def progress(fills: Sequence[Fill], marks: Iterable[Mark], annotator: str, round: str) -> Progress:
    """Where an annotator stands in a round."""
    mine = {key: mark for (key, who), mark in latest(marks).items() if who == annotator}
    wanted = [(fill, wanted_round(mine.get(fill.id))) for fill in fills]
    behind = ROUNDS[ROUNDS.index(round) + 1 :]
    return Progress(
        sum(name is None or name in behind for _, name in wanted), tuple(f for f, name in wanted if name == round)
    )
