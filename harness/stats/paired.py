"""Two methods on the same samples: swap tests, equivalence, non-inferiority, and what a run could have seen.

All tests work on differences a - b of samples, summed by cluster first: under the null the two methods are
exchangeable within a photograph, so the sign of each photograph's total is a coin toss.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from scipy.special import nctdtrinc, ndtr, stdtr, stdtrit

from harness.stats.clusters import Floats, Labels, chunks, cluster_sums

__all__ = [
    "PERMUTATIONS",
    "SMALLEST_P",
    "detectable_difference",
    "equivalence_test",
    "holm",
    "noninferiority_test",
    "smallest_p",
    "superiority_test",
    "swap_test",
]

Alternative = Literal["two-sided", "greater"]

EXACT_CLUSTERS = 14
"""ours: up to 2^14 sign patterns are listed; beyond, `PERMUTATIONS` are drawn."""

PERMUTATIONS = 20_000
"""ours: the smallest p is then 5e-5, small enough for Holm over the 66 pairs of twelve methods (7.6e-4)."""

SMALLEST_P = float(np.finfo(np.float64).tiny)
"""A p-value is never 0, not even of methods that agree on every sample."""


def swap_test(
    differences: Floats,
    labels: Labels,
    *,
    alternative: Alternative = "two-sided",
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Floats:
    """p-values [P] of mean difference zero, by swapping the two methods within whole clusters.

    Exact up to `EXACT_CLUSTERS` clusters; beyond it Monte Carlo, p = (1 + hits) / (1 + permutations) (Phipson &
    Smyth 2010), so p is in (0, 1]. All columns meet the same swaps.

    Args:
        differences: a - b, finite [N, P], one column a pair of methods.
        labels: cluster of each sample [N].
        alternative: "greater" tests against a mean difference above zero.
        permutations: 0 takes the normal limit of the swaps' distribution where they are not listed.
    """
    totals = cluster_sums(differences, labels).sums
    if not permutations and len(totals) > EXACT_CLUSTERS:
        return _normal_limit(totals, alternative)
    observed = totals.sum(axis=0)
    # Sums of equal magnitude must count as equal however they were added up.
    slack = 1e-12 * np.abs(totals).sum(axis=0)
    threshold = (np.abs(observed) if alternative == "two-sided" else observed) - slack
    exact = len(totals) <= EXACT_CLUSTERS
    hits, patterns = np.zeros(len(observed)), 0
    for signs in _all_signs(len(totals)) if exact else _drawn_signs(totals, permutations, seed):
        swapped = signs @ totals
        reached = (np.abs(swapped) if alternative == "two-sided" else swapped) >= threshold
        hits += reached.sum(axis=0)
        patterns += len(signs)
    return hits / patterns if exact else (1.0 + hits) / (1.0 + patterns)


def _normal_limit(totals: Floats, alternative: Alternative) -> Floats:
    """p of the swap test by its limit for many clusters: sums of swapped totals have mean 0 and variance Σ t²."""
    observed, spread = totals.sum(axis=0), np.sqrt((totals**2).sum(axis=0))
    z = np.divide(observed, spread, out=np.zeros_like(observed), where=spread > 0)
    p: Floats = 2.0 * ndtr(-np.abs(z)) if alternative == "two-sided" else ndtr(-z)
    return np.clip(p, SMALLEST_P, 1.0)


def _all_signs(clusters: int) -> Iterator[Floats]:
    bits = (np.arange(2**clusters)[:, None] >> np.arange(clusters)) & 1
    yield bits.astype(np.float64) * 2.0 - 1.0


def _drawn_signs(totals: Floats, permutations: int, seed: int) -> Iterator[Floats]:
    clusters, columns = totals.shape
    rng = np.random.default_rng([seed, clusters])
    for rows in chunks(permutations, max(clusters, columns)):
        yield rng.integers(0, 2, (rows, clusters)).astype(np.float64) * 2.0 - 1.0


def smallest_p(clusters: int, alternative: Alternative = "two-sided") -> float:
    """The smallest p-value that `swap_test` can give with so many clusters: what a run is too small to show."""
    if clusters > EXACT_CLUSTERS:
        return 1.0 / (1.0 + PERMUTATIONS)
    return min(1.0, 0.5**clusters * (2 if alternative == "two-sided" else 1))


def superiority_test(differences: Floats, labels: Labels, *, margin: float, seed: int = 0) -> Floats:
    """One-sided p [P] of "mean difference ≤ margin" against "above margin" (`margin` ≥ 0, in the metric's
    unit).

    A swap test of the differences shifted by the margin. Differences must count up as better.
    """
    return swap_test(differences - margin, labels, alternative="greater", seed=seed)


def noninferiority_test(differences: Floats, labels: Labels, *, margin: float, seed: int = 0) -> Floats:
    """One-sided p [P] of "worse by `margin` or more" against "not inferior". Differences must count up as
    better."""
    return swap_test(differences + margin, labels, alternative="greater", seed=seed)


def equivalence_test(differences: Floats, labels: Labels, *, margin: float) -> Floats:
    """p [P] of "the methods differ by `margin` or more" by two one-sided t-tests (TOST, Schuirmann 1987).

    Clustered standard errors, C - 1 degrees of freedom; p is the larger of the two, 1 for a single cluster.
    """
    sums = cluster_sums(differences, labels)
    means, errors = sums.estimates()
    if sums.clusters < 2:
        return np.ones(len(means))
    room = margin - np.abs(means)
    no_spread = np.where(room > 0, np.inf, -np.inf)
    ratio = np.divide(room, errors, out=no_spread, where=errors > 0)
    p: Floats = stdtr(sums.clusters - 1, -ratio)
    return np.clip(p, SMALLEST_P, 1.0)


def holm(p_values: Floats) -> Floats:
    """Holm's step-down adjusted p-values [P] of one family (Holm 1979): reject all that are ≤ α."""
    order = np.argsort(p_values, kind="stable")
    steps = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * steps))
    return adjusted


def detectable_difference(error: float, clusters: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Smallest true difference that a two-sided paired test at `alpha` finds with probability `power`.

    δ·error with δ the noncentrality of Student's t with C - 1 degrees for which P(t > t_{1-α/2}) = power.

    Args:
        error: clustered standard error of the mean difference, in the metric's unit.
        clusters: number of clusters, ≥ 2.
    """
    critical = stdtrit(clusters - 1, 1.0 - alpha / 2)
    return float(nctdtrinc(clusters - 1, 1.0 - power, critical) * error)
