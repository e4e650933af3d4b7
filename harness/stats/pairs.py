"""Pairs of entries: difference, interval, Holm-corrected swap test, verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from harness.stats.clusters import Floats, Labels, cluster_sums
from harness.stats.intervals import RESAMPLES, mean_intervals
from harness.stats.model import Interval, PairTest, Verdict
from harness.stats.paired import (
    PERMUTATIONS,
    SMALLEST_P,
    detectable_difference,
    equivalence_test,
    holm,
    smallest_p,
    swap_test,
)

__all__ = [
    "EQUIVALENCE_MARGINS",
    "SIGNIFICANCE",
    "Difference",
    "Judged",
    "detectable_of",
    "judge",
    "margin_of",
    "pair_tests",
    "paired_differences",
    "tests_of",
    "typical_detectable",
]

SIGNIFICANCE = 0.05

EQUIVALENCE_MARGINS: Mapping[str, float] = MappingProxyType({"psnr": 0.5, "ssim": 0.01, "l1": 0.005, "gmsd": 0.01})
"""ours: differences too small to matter, by metric name without region, in the metric's unit. 0.5 dB is the
margin of non-inferiority that mini weights are held to; the others are about as small a step on their scales.
A metric that is not listed has no agreed margin, so its pairs are never called equivalent."""


@dataclass(frozen=True)
class Difference:
    """A paired mean difference before any correction for how many were looked at.

    Attributes:
        interval: mean difference with its 95 % interval.
        p: of the swap test. `p_same`: of the equivalence test, 1 where no margin is agreed.
    """

    interval: Interval
    p: float
    p_same: float


class Judged(NamedTuple):
    """A difference as one of a family: Holm-corrected p-values and the verdict on the first of the two."""

    p: float
    p_same: float
    verdict: Verdict


def margin_of(metric: str) -> float | None:
    """The agreed margin of equivalence of a metric column, None where there is none."""
    return EQUIVALENCE_MARGINS.get(metric.split("@", maxsplit=1)[0])


def paired_differences(
    differences: Floats, labels: Labels, *, margin: float | None, seed: int = 0, limit: bool = False
) -> list[Difference]:
    """Test differences [N, P] of scores on the same samples, one column a pair (cluster of each sample: `labels`).

    `limit` takes the limits for many clusters in place of permutations and resamples.
    """
    p = swap_test(differences, labels, permutations=0 if limit else PERMUTATIONS, seed=seed)
    same = np.ones(differences.shape[1]) if margin is None else equivalence_test(differences, labels, margin=margin)
    # What agrees on every sample is equivalent within whatever margin.
    same = np.where(differences.any(axis=0), same, SMALLEST_P)
    intervals = mean_intervals(differences, labels, resamples=0 if limit else RESAMPLES, seed=seed)
    return [Difference(of, float(p[k]), float(same[k])) for k, of in enumerate(intervals)]


def judge(family: Sequence[Difference], higher_is_better: Sequence[bool]) -> list[Judged]:
    """Verdicts of one family.

    `better` or `worse` where the Holm-corrected swap test is ≤ 5 %; otherwise `equivalent` where the Holm-corrected
    TOST is; otherwise `not separable`.
    """
    if not family:
        return []
    p = holm(np.array([one.p for one in family]))
    p_same = holm(np.array([one.p_same for one in family]))
    found = []
    for k, (one, up) in enumerate(zip(family, higher_is_better, strict=True)):
        gain = one.interval.value if up else -one.interval.value
        found.append(Judged(float(p[k]), float(p_same[k]), _verdict(gain, float(p[k]), float(p_same[k]))))
    return found


def pair_tests(
    scores: Floats,
    labels: Labels,
    pairs: Sequence[tuple[int, int]],
    *,
    task: str,
    metric: str,
    names: Sequence[str],
    higher_is_better: bool,
    seed: int = 0,
) -> tuple[PairTest, ...]:
    """Test the listed pairs as one family (see `judge`).

    Args:
        scores, labels: finite scores [N, E] of the entries `names` [E]; cluster of each sample [N].
        pairs: (i, j) column indices; differences are i - j.
    """
    if not pairs:
        return ()
    left, right = np.array(pairs).T
    family = paired_differences(scores[:, left] - scores[:, right], labels, margin=margin_of(metric), seed=seed)
    named = [(names[i], names[j]) for i, j in pairs]
    return tests_of(family, named, task=task, metric=metric, higher_is_better=higher_is_better)


def tests_of(
    family: Sequence[Difference], pairs: Sequence[tuple[str, str]], *, task: str, metric: str, higher_is_better: bool
) -> tuple[PairTest, ...]:
    """Differences of named pairs, judged as one family."""
    tests = []
    for one, (a, b), judged in zip(family, pairs, judge(family, [higher_is_better] * len(family)), strict=True):
        of = one.interval
        tests.append(
            PairTest(
                task=task,
                metric=metric,
                a=a,
                b=b,
                diff=of.value,
                lo=of.lo,
                hi=of.hi,
                p=one.p,
                p_holm=judged.p,
                verdict=judged.verdict,
                n=of.n,
                clusters=of.clusters,
            )
        )
    return tuple(tests)


def _verdict(gain: float, p_holm: float, p_same: float) -> Verdict:
    if p_holm <= SIGNIFICANCE:
        return "better" if gain > 0 else "worse"
    return "equivalent" if p_same <= SIGNIFICANCE else "not separable"


def typical_detectable(scores: Floats, labels: Labels, pairs: Sequence[tuple[int, int]]) -> float | None:
    """Detectable difference of a typical pair (columns i, j of `scores` [N, E]), None without pairs."""
    if not pairs:
        return None
    left, right = np.array(pairs).T
    return detectable_of(scores[:, left] - scores[:, right], labels, family=len(pairs))


def detectable_of(differences: Floats, labels: Labels, *, family: int) -> float | None:
    """Detectable difference at the median standard error of `differences` [N, P], at Holm's first step.

    None where not even methods that differ on every cluster reach that level, 5 % / `family`.
    """
    sums = cluster_sums(differences, labels)
    level = SIGNIFICANCE / family
    if smallest_p(sums.clusters) > level:
        return None
    _, errors = sums.estimates()
    return detectable_difference(float(np.median(errors)), sums.clusters, alpha=level)
