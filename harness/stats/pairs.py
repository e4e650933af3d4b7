"""All pairs of a task's ranked entries: difference, interval, Holm-corrected swap test, verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from harness.stats.clusters import Floats, Labels, cluster_sums
from harness.stats.intervals import mean_intervals
from harness.stats.model import PairTest, Verdict
from harness.stats.paired import detectable_difference, equivalence_test, holm, smallest_p, swap_test

__all__ = ["EQUIVALENCE_MARGINS", "SIGNIFICANCE", "pair_tests", "typical_detectable"]

SIGNIFICANCE = 0.05

EQUIVALENCE_MARGINS: Mapping[str, float] = MappingProxyType({"psnr": 0.5, "ssim": 0.01, "l1": 0.005, "gmsd": 0.01})
"""ours: differences too small to matter, by metric name without region, in the metric's unit. 0.5 dB is the
margin of non-inferiority that mini weights are held to; the others are about as small a step on their scales.
A metric that is not listed has no agreed margin, so its pairs are never called equivalent."""


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
    """Test the listed pairs as one family.

    A pair is `better` or `worse` where its Holm-corrected swap test is ≤ 5 %; otherwise `equivalent` where
    the Holm-corrected TOST is; otherwise `not separable`.

    Args:
        scores, labels: finite scores [N, E] of the entries `names` [E]; cluster of each sample [N].
        pairs: (i, j) column indices; differences are i - j.
    """
    if not pairs:
        return ()
    left, right = np.array(pairs).T
    differences = scores[:, left] - scores[:, right]
    p = swap_test(differences, labels, seed=seed)
    p_holm = holm(p)
    margin = EQUIVALENCE_MARGINS.get(metric.split("@", maxsplit=1)[0])
    p_same = np.ones(len(pairs))
    if margin is not None:
        p_same = holm(equivalence_test(differences, labels, margin=margin))
    tests = []
    for k, of in enumerate(mean_intervals(differences, labels, seed=seed)):
        gain = of.value if higher_is_better else -of.value
        tests.append(
            PairTest(
                task=task,
                metric=metric,
                a=names[left[k]],
                b=names[right[k]],
                diff=of.value,
                lo=of.lo,
                hi=of.hi,
                p=float(p[k]),
                p_holm=float(p_holm[k]),
                verdict=_verdict(gain, float(p_holm[k]), float(p_same[k])),
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
    """Detectable difference at the median standard error of the pairs, at Holm's first step.

    None without pairs, and where not even methods that differ on every cluster reach that level.
    """
    if not pairs:
        return None
    left, right = np.array(pairs).T
    sums = cluster_sums(scores[:, left] - scores[:, right], labels)
    level = SIGNIFICANCE / len(pairs)
    if smallest_p(sums.clusters) > level:
        return None
    _, errors = sums.estimates()
    return detectable_difference(float(np.median(errors)), sums.clusters, alpha=level)
