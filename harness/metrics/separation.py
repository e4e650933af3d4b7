"""Whether an assessor scores pictures with a fault below those without: by picture, from its scores alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import RefusedSet
from harness.interfaces import Assessed, TableValue
from harness.stats.clusters import Floats, cluster_codes, resampled_weights
from harness.stats.intervals import percentile_ends
from harness.stats.reduced import RESAMPLES

__all__ = ["FAULT", "GROUPS", "FaultAuroc"]

FAULT = "fault"
GROUPS = ("different", "untouched")
"""What a data set calls, in `group`, pictures that are right but not the original, and originals."""


class FaultAuroc:
    """Probability that a picture with a fault scores lower than one that is right but different; ties count half.

    Subset `against:untouched` has untouched pictures in their place: who knows changed from unchanged scores high
    there, and only who knows wrong from right scores high above. Refused pictures are left out; resampled by cluster.

    Example:
        >>> FaultAuroc.below(np.array([0.1, 0.5]), np.array([0.5, 0.9]))
        array([[1. , 1. ],
               [0.5, 1. ]])
    """

    extractor = ""
    pairs = False

    def reduce(self, of: Assessed) -> Sequence[TableValue]:
        """One value a group. Raises `RefusedSet` where the data set tells no groups, or one has no score."""
        if not all("group" in known for known in of.truths):
            raise RefusedSet("the data set does not tell pictures with a fault from right ones")
        groups = np.array([str(known["group"]) for known in of.truths])
        codes, scored = cluster_codes(list(of.clusters)), np.isfinite(of.scores)
        faulty = np.flatnonzero(scored & (groups == FAULT))
        found = []
        for group in GROUPS:
            right = np.flatnonzero(scored & (groups == group))
            if not len(faulty) or not len(right):
                raise RefusedSet(f"no scored picture of the group {FAULT if not len(faulty) else group}")
            subset = "" if group == GROUPS[0] else f"against:{group}"
            found.append(self._value(of.scores, codes, faulty, right, subset))
        return found

    def _value(
        self, scores: Floats, codes: NDArray[np.int64], faulty: NDArray[np.int64], right: NDArray[np.int64], subset: str
    ) -> TableValue:
        below, clusters = self.below(scores[faulty], scores[right]), int(codes.max()) + 1
        drawn = []
        for weights in resampled_weights(clusters, RESAMPLES, 0):
            one, other = weights[:, codes[faulty]], weights[:, codes[right]]
            pairs = one.sum(1) * other.sum(1)
            drawn.append(
                np.divide(((one @ below) * other).sum(1), pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
            )
        replicates = np.concatenate(drawn)
        ends = percentile_ends(replicates, clusters)
        return TableValue(float(below.mean()), *ends, subset, replicates=None if subset else replicates)

    @staticmethod
    def below(faulty: Floats, right: Floats) -> Floats:
        """[F, R]: 1 where a faulty picture's score is the lower one, one half where both are equal."""
        one, other = faulty[:, None], right[None]
        return np.asarray((one < other) + 0.5 * (one == other))
