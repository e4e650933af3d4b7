"""Check `harness.stats` on data whose truth is known; prints a Markdown table. `python tools/simulate_statistics.py`

Simulated runs have 30 photographs with six masks each unless said; scores of one photograph hang together (80 % of
the variance is the photograph's). Many runs are simulated at once, one a column: they share resamples, not data.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from harness.stats.clusters import cluster_sums
from harness.stats.intervals import jackknife_interval, mean_intervals
from harness.stats.model import Interval
from harness.stats.paired import (
    detectable_difference,
    equivalence_test,
    holm,
    noninferiority_test,
    superiority_test,
    swap_test,
)
from harness.stats.pairs import pair_tests
from harness.stats.ranks import places

Floats = NDArray[np.float64]
Generator = np.random.Generator

PHOTOGRAPHS, MASKS = 30, 6
PHOTOGRAPH_SD, MASK_SD = 2.0, 1.0
TRUE_ERROR = (PHOTOGRAPH_SD**2 / PHOTOGRAPHS + MASK_SD**2 / (PHOTOGRAPHS * MASKS)) ** 0.5

SHAPES: dict[str, tuple[Callable[[Generator, tuple[int, ...]], Floats], float]] = {
    "normal": (lambda rng, size: rng.normal(size=size), 0.0),
    "exponential": (lambda rng, size: rng.exponential(size=size), 1.0),
    "lognormal": (lambda rng, size: np.exp(rng.normal(size=size)), float(np.exp(0.5))),
    "heavy tails (t, 3)": (lambda rng, size: rng.standard_t(3, size=size), 0.0),
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    wanted: str
    measured: float


def draw(
    rng: Generator, runs: int, shape: str = "normal", photographs: int = PHOTOGRAPHS, equal: bool = True
) -> tuple[Floats, NDArray[np.int64], float]:
    """Scores [N, runs], the photograph of each sample [N], and the true mean."""
    effect, mean = SHAPES[shape]
    sizes = np.full(photographs, MASKS) if equal else rng.integers(1, 2 * MASKS, photographs)
    labels = np.repeat(np.arange(photographs), sizes)
    scores = PHOTOGRAPH_SD * effect(rng, (photographs, runs))[labels]
    return scores + MASK_SD * rng.normal(size=scores.shape), labels, PHOTOGRAPH_SD * mean


def naive_intervals(scores: Floats) -> list[Interval]:
    """What a script that takes every mask for an independent sample reports: mean ± 1.96 s/√N."""
    n = len(scores)
    means, errors = scores.mean(axis=0), scores.std(axis=0, ddof=1) / n**0.5
    return [Interval(m, m - 1.96 * e, m + 1.96 * e, n, n) for m, e in zip(means, errors, strict=True)]


def percentile_intervals(scores: Floats, labels: NDArray[np.int64], rng: Generator) -> list[Interval]:
    """The percentile cluster bootstrap, for comparison."""
    sums = cluster_sums(scores, labels)
    weights = rng.multinomial(sums.clusters, np.full(sums.clusters, 1 / sums.clusters), 1000).astype(float)
    low, high = np.quantile(sums.resampled(weights)[0], [0.025, 0.975], axis=0)
    return [Interval(0.0, lo, hi, len(scores), sums.clusters) for lo, hi in zip(low, high, strict=True)]


def student_intervals(scores: Floats, labels: NDArray[np.int64]) -> list[Interval]:
    """Student's t on cluster-robust errors, for comparison."""
    sums = cluster_sums(scores, labels)
    means, errors = sums.estimates()
    reach = stdtrit(sums.clusters - 1, 0.975) * errors
    return [Interval(m, m - r, m + r, len(scores), sums.clusters) for m, r in zip(means, reach, strict=True)]


def coverage(intervals: list[Interval], truth: float) -> float:
    """Share of intervals that hold the truth."""
    return float(np.mean([of.lo <= truth <= of.hi for of in intervals]))


def mean_coverage(rng: Generator, runs: int, shape: str, photographs: int, equal: bool = True) -> float:
    """Coverage of `mean_intervals`."""
    scores, labels, truth = draw(rng, runs, shape, photographs, equal)
    return coverage(mean_intervals(scores, labels, resamples=1999), truth)


def false_positives(rng: Generator, runs: int, photographs: int = PHOTOGRAPHS) -> float:
    """Share of swap tests with p ≤ 0.05 where the two methods are exchangeable."""
    differences, labels, _ = draw(rng, runs, photographs=photographs)
    return float(np.mean(swap_test(differences, labels, permutations=1999) <= 0.05))


def naive_false_positives(rng: Generator, runs: int) -> float:
    """The same for a swap test that takes every mask for an independent sample."""
    differences, _, _ = draw(rng, runs)
    return float(np.mean(swap_test(differences, np.arange(len(differences)), permutations=1999) <= 0.05))


def families(rng: Generator, runs: int, gaps: Floats) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
    """Runs of methods whose true means are `gaps` [E]; every method has its own luck with every photograph."""
    for _ in range(runs):
        shared, labels, _ = draw(rng, 1)
        own, _, _ = draw(rng, len(gaps))
        yield gaps + shared + own, labels


def family_errors(rng: Generator, runs: int, methods: int = 8) -> float:
    """Share of runs with any false "better" among all pairs of methods that are truly alike."""
    left, right = np.triu_indices(methods, 1)
    wrong = 0
    for scores, labels in families(rng, runs, np.zeros(methods)):
        p = swap_test(scores[:, left] - scores[:, right], labels, permutations=4999)
        wrong += bool((holm(p) <= 0.05).any())
    return wrong / runs


def rank_coverage(rng: Generator, runs: int, gaps: Floats) -> float:
    """Share of runs in which every method's rank interval holds its true rank (all ranks, where gaps are equal).

    `gaps` [E] fall: the first method is the best.
    """
    methods = len(gaps)
    pairs = [(i, j) for i in range(methods) for j in range(i + 1, methods)]
    best = 1 + (gaps[None, :] > gaps[:, None]).sum(axis=1)
    worst = methods - (gaps[None, :] < gaps[:, None]).sum(axis=1)
    names, held = [str(k) for k in range(methods)], 0
    for scores, labels in families(rng, runs, gaps):
        beats = np.zeros((methods, methods), dtype=bool)
        tests = pair_tests(scores, labels, pairs, task="", metric="score", names=names, higher_is_better=True)
        for test in tests:
            beats[int(test.a), int(test.b)] = test.verdict == "better"
            beats[int(test.b), int(test.a)] = test.verdict == "worse"
        found = places(scores.mean(axis=0), beats)
        held += all(p.low <= b and p.high >= w for p, b, w in zip(found, best, worst, strict=True))
    return held / runs


def shifted_rate(rng: Generator, runs: int, shift: float, test: Callable[..., Floats], alpha: float) -> float:
    """Share of p ≤ alpha of a margin test (margin 1) where the true mean difference is `shift`."""
    differences, labels, _ = draw(rng, runs)
    return float(np.mean(test(differences + shift, labels, margin=1.0) <= alpha))


def power_at_detectable(rng: Generator, runs: int) -> float:
    """Share of swap tests with p ≤ 0.05 where the true difference is the one called detectable."""
    differences, labels, _ = draw(rng, runs)
    shift = detectable_difference(TRUE_ERROR, PHOTOGRAPHS)
    return float(np.mean(swap_test(differences + shift, labels, permutations=1999) <= 0.05))


def jackknife_coverage(rng: Generator, runs: int) -> float:
    """Coverage of the jackknife on a nonlinear statistic: the ratio of two correlated means, truth 2."""
    first, labels, _ = draw(rng, runs)
    second, _, _ = draw(rng, runs)
    above, below = 40 + first + second, 20 + second
    intervals = [
        jackknife_interval(lambda chosen, k=k: above[chosen, k].mean() / below[chosen, k].mean(), labels)
        for k in range(runs)
    ]
    return coverage(intervals, 2.0)


def rows(rng: Generator, runs: int) -> Iterator[Row]:
    """Every line of the table."""
    for shape in SHAPES:
        for photographs in (5, 8, 10, 15, 20, 30):
            scores, labels, truth = draw(rng, runs, shape, photographs)
            where = f"{shape}, {photographs} photographs"
            ours = mean_intervals(scores, labels, resamples=1999)
            yield Row(f"interval of the mean, {where}", "0.95", coverage(ours, truth))
            yield Row(f"- Student's t, {where}", "", coverage(student_intervals(scores, labels), truth))
            percentile = percentile_intervals(scores, labels, rng)
            yield Row(f"- percentile bootstrap, {where}", "", coverage(percentile, truth))
            yield Row(f"- naive, {where}", "", coverage(naive_intervals(scores), truth))
    for photographs in (15, 30):
        unequal = mean_coverage(rng, runs, "normal", photographs, equal=False)
        yield Row(f"interval of the mean, 1 to 11 masks, {photographs} photographs", "0.95", unequal)
    few = max(100, runs // 10)
    yield Row("jackknife, ratio of means", "0.95", jackknife_coverage(rng, few))
    for photographs in (5, 8, 14, 15, 30):
        rate = false_positives(rng, runs, photographs)
        yield Row(f"swap test, false positives, {photographs} photographs", "≤ 0.05", rate)
    yield Row("- naive swap test of masks, false positives", "", naive_false_positives(rng, runs))
    yield Row("Holm, any false positive among 28 pairs", "≤ 0.05", family_errors(rng, few))
    yield Row("rank intervals of 8 equal methods, all hold", "≥ 0.95", rank_coverage(rng, few, np.zeros(8)))
    steps = np.linspace(2, 0, 8)
    yield Row("rank intervals of 8 methods 0.29 apart, all hold", "≥ 0.95", rank_coverage(rng, few, steps))
    yield Row("TOST, false equivalence at the margin", "≤ 0.05", shifted_rate(rng, runs, 1.0, equivalence_test, 0.05))
    yield Row(
        "non-inferiority, false pass at the margin",
        "≤ 0.025",
        shifted_rate(rng, runs, -1.0, noninferiority_test, 0.025),
    )
    yield Row("superiority, false pass at the margin", "≤ 0.025", shifted_rate(rng, runs, 1.0, superiority_test, 0.025))
    yield Row("power at the detectable difference", "0.80", power_at_detectable(rng, runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=4000, help="simulated runs a line (tenths where one is slow)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print("| what | wanted | measured |\n|---|---|---|")
    for row in rows(np.random.default_rng(arguments.seed), arguments.runs):
        print(f"| {row.what} | {row.wanted} | {row.measured:.3f} |", flush=True)


if __name__ == "__main__":
    main()
