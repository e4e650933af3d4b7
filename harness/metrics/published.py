"""Set metrics as papers compute them: all outputs against all truths, their own photographs included. Diagnostic.

An output shares its photograph with its truth, so these look closer to the real set than any other real set could,
and they depend on n. They are here to be set beside a paper's number of the same n, extractor and resize; to compare
methods, use the distances of `harness.metrics.set_distances`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError, RefusedSet
from harness.metrics.clusters import Rows, jackknife
from harness.metrics.inception import require
from harness.metrics.set_distances import BLOCKS, between_rows, checked, cubic_kernel

__all__ = ["PublishedFrechet", "PublishedKernel"]

Features = NDArray[np.floating]
FEW_BLOCKS = 8  # ours: re-estimates where n reaches the dimension and each takes seconds (2048: 8 s)
SUBSETS = 100  # torch-fidelity's and clean-fid's default
SUBSET_SIZE = 1000  # likewise
SEED = 2020  # torch-fidelity's default; clean-fid draws unseeded


class PublishedFrechet:
    """``fid_<variant>``: ``‖μx - μy‖² + tr(Σx + Σy - 2 (Σx Σy)^½)`` of all outputs and all truths.

    Heusel et al. 2017 (arXiv 1706.08500). Features ``[n,D]``. Lower is better; n·FID of equal distributions is
    constant, so values of different n must never be compared.

    Args:
        extractor: embedder whose features are compared.
        divisor: of the covariances: ``n-1`` (numpy's `cov`, all but NVIDIA) or ``n`` (NVIDIA's code and MAT's).

    Example:
        >>> real = np.random.default_rng(0).normal(size=(20, 4))
        >>> round(PublishedFrechet("inception_tf").reduce(real + 1, real, [str(i) for i in range(20)])[0], 3)
        4.0
    """

    def __init__(self, extractor: str, divisor: str = "n-1") -> None:
        if divisor not in ("n", "n-1"):
            raise HarnessError(f"a covariance's divisor is n or n-1, not '{divisor}'")
        self.extractor = extractor
        self.divisor = divisor

    @staticmethod
    def available(*, extractor: str, divisor: str = "n-1") -> None:
        """Raise `MissingRequirement` where the extractor's file is not here."""
        del divisor
        require(extractor)

    def reduce(self, outputs: Features, truths: Features, clusters: Sequence[str]) -> tuple[float, float, float]:
        """(value, lo, hi): a jackknife interval of this biased estimate, by groups of clusters."""
        rows = checked(outputs, truths, clusters)
        if rows.max(initial=-1) < 2:  # the jackknife leaves one out, and one that is left has no covariance
            raise RefusedSet(f"refused: {rows.max(initial=-1) + 1} sources; an interval needs three")
        distance = between_rows(outputs, truths)

        def estimate(keep: Rows) -> float:
            n = int(keep.sum())
            if self.divisor == "n-1":
                return distance(keep, keep)
            gap = float(np.square(outputs[keep].mean(0, np.float64) - truths[keep].mean(0, np.float64)).sum())
            return gap + (distance(keep, keep) - gap) * (n - 1) / n

        blocks = BLOCKS if len(rows) < outputs.shape[1] else FEW_BLOCKS
        return estimate(np.ones(rows.size, dtype=np.bool_)), *jackknife(estimate, rows, blocks)

    def real_band(self, truths: Features, clusters: Sequence[str]) -> tuple[float, float]:
        """(NaN, NaN): real against real halves n, and FID of another n is another number."""
        del truths, clusters
        return np.nan, np.nan


class PublishedKernel:
    """``kid_<variant>``: mean over 100 random subsets of the unbiased cubic-kernel MMD² of outputs and truths.

    Bińkowski et al. 2018 (arXiv 1801.01401). Features ``[n,D]``. Lower is better, may be negative. Unlike our
    `KernelDistance` it draws subsets and sets outputs against their own truths, so it falls below 0 on copies.

    Args:
        extractor: embedder whose features are compared.
        shrink: clean-fid's rule: subsets of min(n, 1000); without it torch-fidelity's: 1000, refused below that.
        size: rows of a subset.

    Example:
        >>> real = np.random.default_rng(0).normal(size=(20, 4))
        >>> PublishedKernel("inception_tf", size=20).reduce(real, real, [str(i) for i in range(20)])[0] < 0
        True
    """

    def __init__(self, extractor: str, shrink: bool = False, size: int = SUBSET_SIZE) -> None:
        self.extractor = extractor
        self.shrink = shrink
        self.size = size

    @staticmethod
    def available(*, extractor: str, shrink: bool = False) -> None:
        """Raise `MissingRequirement` where the extractor's file is not here."""
        del shrink
        require(extractor)

    def reduce(self, outputs: Features, truths: Features, clusters: Sequence[str]) -> tuple[float, float, float]:
        """(value, NaN, NaN): the published numbers have no interval, their subsets overlap."""
        n = len(checked(outputs, truths, clusters))
        size = min(n, self.size) if self.shrink else self.size
        if n < max(size, 2):
            raise RefusedSet(f"refused: n = {n} < {max(size, 2)}, the size of a subset")
        rng = np.random.RandomState(SEED)
        values = []
        for _ in range(SUBSETS):
            x = outputs[rng.choice(n, size, replace=False)]
            y = truths[rng.choice(n, size, replace=False)]
            values.append(_mmd(x, y))
        return float(np.mean(values)), np.nan, np.nan

    def real_band(self, truths: Features, clusters: Sequence[str]) -> tuple[float, float]:
        """(NaN, NaN): none is published."""
        del truths, clusters
        return np.nan, np.nan


def _mmd(x: Features, y: Features) -> float:
    """Unbiased MMD² of two sets of m rows: own pairs without the diagonal, cross pairs with it."""
    m = len(x)
    own = sum((k.sum() - np.trace(k)) / (m * (m - 1)) for k in (cubic_kernel(x, x), cubic_kernel(y, y)))
    return float(own - 2 * cubic_kernel(x, y).mean())
