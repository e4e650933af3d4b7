"""What a comparison of A and B is made of: frozen, JSON-safe dataclasses, without numpy or pandas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from harness.stats.model import Interval, Verdict, plain

__all__ = ["GATE_SIGNIFICANCE", "Comparison", "Contest", "Effect", "Failure", "Loss", "Side"]

GATE_SIGNIFICANCE = 0.025
"""ours: one-sided level of the gate's non-inferiority test, that of one end of the 95 % interval shown: both must be
passed, so the gate never contradicts the interval. Every task must pass, so no correction is needed (Berger 1982).

The level is nominal: the swap test keeps it where differences are symmetric about the margin, the studentised bound
where clusters are many. Simulated, B worse by just the margin, 6 to 60 clusters: 1 to 3 % wrong passes of normal and
t(3) differences; where few large losses stand against many small gains 3 to 7 % (exponential) and 5 to 12 %
(lognormal; 8 % at 20 clusters), of the swap test alone 5 to 8 % and 9 to 15 %. Failures that did not occur among the
clusters cannot be seen: what one photograph in twenty provokes is absent from 36 % of runs of twenty."""


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes:
        run, entry, title: its run's folder, its reference and its short name there.
        weights: kind of its learned weights, "" for none.
        ok, failed, skipped: samples of the task by status; `total` is how many its run was asked for.
        lost: samples that its run was asked for, on which the other has a result, or a score of the primary metric, and
            it has none.
        undefined: of its `ok` samples those without a (finite) score of the primary metric.
    """

    run: str
    entry: str
    title: str
    weights: str
    ok: int
    failed: int
    skipped: int
    total: int
    lost: int
    undefined: int = 0


@dataclass(frozen=True)
class Effect:
    """One column of both on the samples that both have: means `a` and `b`, and `diff`, the mean of B − A.

    Where `ratio`, means are geometric and `diff` is B / A. `higher_is_better` is None where neither is.
    """

    metric: str
    unit: str
    digits: int
    higher_is_better: bool | None
    a: float
    b: float
    diff: Interval
    ratio: bool = False

    @property
    def better_by(self) -> float:
        """How far B is better than A, in the metric's unit (for a metric with a direction)."""
        return self.diff.value if self.higher_is_better else -self.diff.value


@dataclass(frozen=True)
class Loss:
    """A sample on which B is worse than A."""

    sample: str
    a: float
    b: float


@dataclass(frozen=True)
class Contest:
    """A pair of entries on one task, decided by the task's primary metric; everything else is exploratory.

    Attributes:
        n_total: samples that either run was asked for; `primary.diff.n` of them are compared.
        wins, ties, losses: clusters on which B is better, equal, worse.
        p, p_holm: of the swap test; the second corrected over all contests of the comparison.
        margin: of equivalence, in the metric's unit; None where none is agreed or given.
        p_noninferior: one-sided, of "worse by the given margin or more"; None where no margin was given.
        detectable: difference that so many clusters find with 80 % power in this comparison; None where they cannot.
        verdict: on B.
        others: exploratory columns. `costs`: seconds and peak memory as ratios.
        worst: where B loses most.
        notes: what a reader must know of this pair, in words.
    """

    task: str
    title: str
    a: Side
    b: Side
    n_total: int
    primary: Effect
    wins: int
    ties: int
    losses: int
    p: float
    p_holm: float
    margin: float | None
    p_noninferior: float | None
    detectable: float | None
    verdict: Verdict
    others: tuple[Effect, ...]
    costs: tuple[Effect, ...]
    worst: tuple[Loss, ...]
    notes: tuple[str, ...]

    @property
    def noninferior(self) -> bool:
        """Whether B is shown to be within the given margin: by the swap test and by the end of the interval.

        False where no margin was given, and where too few clusters tell no interval.
        """
        if self.margin is None or self.p_noninferior is None:
            return False
        diff = self.primary.diff
        lowest = diff.lo if self.primary.higher_is_better else -diff.hi
        return self.p_noninferior <= GATE_SIGNIFICANCE and lowest > -self.margin


@dataclass(frozen=True)
class Failure:
    """Why the gate does not open."""

    contest: Contest
    why: Literal["worse", "not shown to be non-inferior", "nothing in common", "lost samples"]


@dataclass(frozen=True)
class Comparison:
    """B judged against A. `margin` is the one that was given; `notes` are about the comparison as a whole."""

    a: str
    b: str
    margin: float | None
    contests: tuple[Contest, ...]
    notes: tuple[str, ...]

    def failures(self) -> tuple[Failure, ...]:
        """What the gate objects to: B worse, not shown to be within the given margin, or without what A has.

        A pair without a sample in common says nothing of B, so it opens no gate either.
        """
        found = []
        for contest in self.contests:
            if not contest.primary.diff.n:
                found.append(Failure(contest, "nothing in common"))
            elif contest.verdict == "worse":
                found.append(Failure(contest, "worse"))
            elif contest.p_noninferior is not None and not contest.noninferior:
                found.append(Failure(contest, "not shown to be non-inferior"))
            if contest.b.lost:
                found.append(Failure(contest, "lost samples"))
        return tuple(found)

    @property
    def passed(self) -> bool:
        """Whether the gate opens."""
        return not self.failures()

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and dictionaries; NaN and infinities become None."""
        encoded: dict[str, Any] = plain(self)
        return encoded | {"gate": "passed" if self.passed else "failed"}
