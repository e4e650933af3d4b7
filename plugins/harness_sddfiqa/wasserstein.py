"""The distance between the similarities of a face to its own identity and to others, for many faces at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["wasserstein"]

Array = NDArray[np.float64]


def wasserstein(one: NDArray[Any], other: NDArray[Any]) -> Array:
    """First Wasserstein distance of the rows of ``one`` [N,p] and ``other`` [N,q], [N]; p and q may differ.

    Integral over u in [0, 1] of the absolute difference of the two quantile functions, which are steps at i/p and j/q:
    equal to `scipy.stats.wasserstein_distance` of each pair of rows. Raises ValueError where a row would be empty.
    """
    p, q = one.shape[1], other.shape[1]
    if not p or not q:
        raise ValueError("no distance to an empty set of similarities")
    one, other = np.sort(one, 1).astype(np.float64, copy=False), np.sort(other, 1).astype(np.float64, copy=False)
    if p == q:
        equal: Array = np.abs(one - other).mean(1)
        return equal
    # in whole multiples of 1/(pq), so that steps which fall together are one
    steps = np.union1d(np.arange(p + 1) * q, np.arange(q + 1) * p)
    distance: Array = np.abs(one[:, steps[:-1] // q] - other[:, steps[:-1] // p]) @ (np.diff(steps) / (p * q))
    return distance
