"""What a run's summary is made of: frozen, JSON-safe dataclasses, without numpy or pandas."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar

__all__ = [
    "BELOW_FLOOR",
    "FEWEST_CLUSTERS",
    "NEXT_NOTE",
    "TABLE_HEADINGS",
    "BarPart",
    "BarResult",
    "Cell",
    "Disagreement",
    "Interval",
    "PairTest",
    "RunSummary",
    "Speed",
    "Standing",
    "TaskSummary",
    "Verdict",
    "plain",
]

Verdict = Literal["better", "worse", "equivalent", "not separable"]
Record = TypeVar("Record")

BELOW_FLOOR = "*below floor*"
"""How `Standing.below_floor` begins where the floor was judged and not passed."""

FEWEST_CLUSTERS = 4
"""ours: no interval is told from fewer clusters. Student's t is then 4 to 13 standard errors wide, reaches beyond
what a metric can be (an SSIM of 1.5), and flattens every plot."""

NEXT_NOTE = " | "
"""Between notes of one value (`Cell.why`), each of which is told once however many entries have it."""

TABLE_HEADINGS: Mapping[str, str] = types.MappingProxyType(
    {
        "": "",
        "official": "the papers' own checkpoints",
        "mini": "this project's small checkpoints; says nothing about the papers",
        "unstated": "outputs computed elsewhere, by weights that nobody stated",
        "random": "random weights: for tests and timing only, never ranked",
    }
)
"""What stands above a ranked table, by `Standing.table` (the kind of its learned weights)."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval, from `n` samples of `clusters` clusters.

    `lo` and `hi` are NaN below `FEWEST_CLUSTERS` clusters: too few to tell a spread.
    """

    value: float
    lo: float
    hi: float
    n: int
    clusters: int

    def exponential(self) -> Interval:
        """Of mean logarithms: the geometric mean with its interval."""
        return Interval(math.exp(self.value), math.exp(self.lo), math.exp(self.hi), self.n, self.clusters)


@dataclass(frozen=True)
class Cell:
    """One number of a table: an entry's mean of one metric (over repeats first, then over samples).

    Attributes:
        subset: "" for all common samples, or a bin of mask area such as "ratio:0.1-0.2" (lower edge
        excluded).
        n_ok, n_failed, n_skipped: samples of the subset by status; `interval.n` counts those averaged.
        interval: None where nothing can be averaged.
        spread: standard deviation of that mean over repeats; None without repeats or outside subset "".
        why: why a set metric refused to give a value; "" where it gave one.
    """

    entry: str
    task: str
    metric: str
    subset: str
    n_ok: int
    n_failed: int
    n_skipped: int
    interval: Interval | None
    spread: float | None
    why: str = ""


@dataclass(frozen=True)
class PairTest:
    """Two entries on the same samples: `diff` = mean(a - b); `verdict` is about a, by the metric's direction."""

    task: str
    metric: str
    a: str
    b: str
    diff: float
    lo: float
    hi: float
    p: float
    p_holm: float
    verdict: Verdict
    n: int
    clusters: int


@dataclass(frozen=True)
class Standing:
    """An entry's place in one ranked table of a task.

    Attributes:
        rank, rank_lo, rank_hi: 1 is best; None where the entry is not ranked.
        group: letters; two entries of a table that share a letter cannot be told apart.
        below_floor: "" or the words that mark an entry not better than the best floor.
        table: kind of learned weights of the table, a key of `TABLE_HEADINGS`.
        leak: "unverified" where nobody made sure that the method saw no hole's truth; it is ranked all the same.
    """

    entry: str
    rank: int | None
    rank_lo: int | None
    rank_hi: int | None
    group: str
    ranked: bool
    why_unranked: str
    below_floor: str
    table: str = ""
    leak: str = ""


@dataclass(frozen=True)
class Speed:
    """Median seconds a sample (synchronised, without warm-up) and the largest peak memory in MB."""

    entry: str
    task: str
    seconds: Interval | None
    peak_mb: float | None


@dataclass(frozen=True)
class BarPart:
    """One condition of a bar: its name, whether it holds, and the figures in words."""

    name: str
    passed: bool
    figure: str


@dataclass(frozen=True)
class BarResult:
    """Whether a learned inpainter passes the bar of its task: `superior` or `noninferior` to the floors."""

    entry: str
    task: str
    kind: Literal["superior", "noninferior"]
    passed: bool
    parts: tuple[BarPart, ...]


@dataclass(frozen=True)
class Disagreement:
    """Two entries that two columns order in opposite ways: `first`, `second` are mean(a - b) with its interval.

    `separable` says whether each interval excludes 0: then at least one of the columns misleads; otherwise one of the
    differences may be chance.
    """

    a: str
    b: str
    first_column: str
    second_column: str
    first: Interval
    second: Interval
    separable: bool


@dataclass(frozen=True)
class TaskSummary:
    """Everything that a report shows of one task.

    Attributes:
        primary: metric column that decides ranks and pair tests; every other metric is exploratory.
        n_common: samples that all compared entries have, of `n_total`; `clusters` counts theirs.
        detectable: difference of the primary that a typical pair must have to be told apart with 80 % power, at
            5 % divided by the number of pairs (Holm's first step); None where nobody is tested, and where so few
            clusters can never reach that level.
        standings: by table, ranked entries first.
        disagreements: pairs that the two feature backbones order in opposite ways.
    """

    task: str
    title: str
    primary: str
    higher_is_better: bool
    n_common: int
    n_total: int
    clusters: int
    detectable: float | None
    standings: tuple[Standing, ...]
    cells: tuple[Cell, ...]
    pairs: tuple[PairTest, ...]
    speeds: tuple[Speed, ...]
    bars: tuple[BarResult, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    def tables(self) -> tuple[str, ...]:
        """The tables of `standings` in the order to show them; their titles are in `TABLE_HEADINGS`."""
        return tuple(dict.fromkeys(standing.table for standing in self.standings))


@dataclass(frozen=True)
class RunSummary:
    """A run as shown: one summary a task. `to_dict` is what `summary.json` holds."""

    suite: str
    tasks: tuple[TaskSummary, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and dictionaries; NaN and infinities become None, so that any JSON reader takes it."""
        encoded: dict[str, Any] = plain(self)
        return encoded

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RunSummary:
        """The inverse of `to_dict`. Raises KeyError naming a field without a default that `data` lacks."""
        decoded: RunSummary = _decode(cls, data)
        return decoded


def plain(value: Any) -> Any:
    """Dataclasses and tuples as dictionaries and lists; NaN and infinities as None."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Types of a dataclass's fields: evaluated for each of thousands of records, they take longer than all the rest."""
    return typing.get_type_hints(kind)


def _decode(kind: Any, value: Any) -> Any:
    """Rebuild `kind` from JSON: a null in a plain float field was a NaN."""
    if dataclasses.is_dataclass(kind):
        hints = _hints(typing.cast(type, kind))
        # A summary written before a field existed has that field's default.
        names = [f.name for f in dataclasses.fields(kind) if f.name in value or f.default is dataclasses.MISSING]
        return typing.cast(Any, kind)(**{name: _decode(hints[name], value[name]) for name in names})
    if typing.get_origin(kind) is tuple:
        return tuple(_decode(typing.get_args(kind)[0], item) for item in value)
    if value is None:
        return math.nan if kind is float else None
    if typing.get_origin(kind) is types.UnionType:
        return _decode(typing.get_args(kind)[0], value)
    return float(value) if kind is float else value
