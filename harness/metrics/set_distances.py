"""Distances between sets of features: Fréchet and kernel, with same-source pairs left out. numpy only.

The outputs of an inpainter share their photographs with the truths. Compared row against own truth, a set looks
closer than any other real set could be, so neither distance ever sets an output against a truth of its own cluster:
the kernel distance leaves those pairs out, the Fréchet distance sets the outputs of one half of the clusters against
the truths of the other half. Below `harness.specs.RANKABLE_SOURCES` clusters both are diagnostic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError, RefusedSet
from harness.metrics.clusters import Rows, codes, halves, jackknife

__all__ = [
    "BLOCKS",
    "MIN_SOURCES",
    "FrechetDistance",
    "KernelDistance",
    "between_rows",
    "checked",
    "cubic_kernel",
    "frechet_distance",
    "frechet_eigh",
    "frechet_gram",
    "kernel_distance",
]

Features = NDArray[np.floating]
MIN_SOURCES = 8  # ours: below this a half has no covariance worth the name; the answer is undefined
SPLITS = 8  # ours: halvings averaged in a Fréchet distance; more change it less than leaving a cluster out does
BAND_SPLITS = 100  # ours: halvings behind the real-against-real band
BLOCKS = 32  # ours: at most so many re-estimates of a Fréchet interval


def _frechet_of_products(xx: Features, yy: Features, xy: Features) -> float:
    """Fréchet distance from inner products alone: ``xx [n,n]``, ``yy [m,m]``, ``xy [n,m]`` (the kernel trick)."""
    n, m = xy.shape
    means = xx.mean() + yy.mean() - 2 * xy.mean()
    traces = (np.trace(xx) - n * xx.mean()) / (n - 1) + (np.trace(yy) - m * yy.mean()) / (m - 1)
    centred = xy - xy.mean(0) - xy.mean(1, keepdims=True) + xy.mean()
    nuclear = np.linalg.svd(centred, compute_uv=False).sum() / np.sqrt((n - 1) * (m - 1))
    return float(means + traces - 2 * nuclear)


def frechet_gram(x: Features, y: Features) -> float:
    """Fréchet distance by the nuclear norm of the cross-Gram matrix: cheap when rows are fewer than dimensions.

    ``tr (Σx Σy)^½ = ‖Xc Ycᵀ‖_* / √((n-1)(m-1))`` with centred rows Xc ``[n,D]``, Yc ``[m,D]`` (covariances with
    divisor n - 1). Equal to `frechet_eigh` whatever n and D.
    """
    x, y = _around_their_mean(x, y)
    return _frechet_of_products(x @ x.T, y @ y.T, x @ y.T)


def _around_their_mean(x: Features, y: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sets in float64 less one common mean, so that inner products lose no digits to it."""
    mean = y.astype(np.float64).mean(0)
    return x.astype(np.float64) - mean, y.astype(np.float64) - mean


def frechet_eigh(x: Features, y: Features) -> float:
    """Fréchet distance by symmetric eigenvalues: ``‖μx - μy‖² + tr(Σx + Σy - 2 (Σx^½ Σy Σx^½)^½)``."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    sigma_x, sigma_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    values, vectors = np.linalg.eigh(sigma_x)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ sigma_y @ root).clip(min=0)).sum()
    return float(np.square(x.mean(0) - y.mean(0)).sum() + np.trace(sigma_x) + np.trace(sigma_y) - 2 * cross)


def frechet_distance(x: Features, y: Features) -> float:
    """Fréchet distance between Gaussians fitted to ``x [n,D]`` and ``y [m,D]`` (Heusel et al. 2017, arXiv 1706.08500).

    Its expectation grows as 1/n for equal distributions: never compare two different n.

    Raises:
        HarnessError: fewer than two rows, or different D.
    """
    if min(len(x), len(y)) < 2 or x.shape[1] != y.shape[1]:
        raise HarnessError(f"a Fréchet distance needs two rows a set and one dimension, got {x.shape} and {y.shape}")
    return frechet_gram(x, y) if min(len(x), len(y)) < x.shape[1] else frechet_eigh(x, y)


def cubic_kernel(x: Features, y: Features) -> NDArray[np.float64]:
    """The kernel ``(x·y / D + 1)³`` of Bińkowski et al. 2018 (arXiv 1801.01401): ``[n,D]``, ``[m,D]`` -> ``[n,m]``."""
    product = x.astype(np.float64) @ y.astype(np.float64).T
    return np.asarray((product / x.shape[1] + 1) ** 3)


def _block_sums(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums of ``values [n,n]`` over pairs of clusters, without pairs inside one cluster: ``[k,k]``."""
    member = np.eye(int(rows.max()) + 1)[rows]
    sums = np.asarray(member.T @ values @ member)
    np.fill_diagonal(sums, 0)
    return sums


def _kernel_blocks(
    outputs: Features, truths: Features, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """MMD² numerators and pair counts by pair of clusters: a U-statistic over clusters."""
    within = _block_sums(cubic_kernel(outputs, outputs) + cubic_kernel(truths, truths), rows)
    across = _block_sums(cubic_kernel(outputs, truths), rows)
    pairs = _block_sums(np.ones((rows.size, rows.size)), rows)
    return within - across - across.T, pairs


def kernel_distance(x: Features, y: Features, x_rows: NDArray[np.int64], y_rows: NDArray[np.int64]) -> float:
    """Unbiased MMD² of two sets that share no cluster: pairs of rows of one cluster are left out of either mean.

    ``mean k(x,x') + mean k(y,y') - 2 mean k(x,y)``; rows ``[n,D]``, ``[m,D]``, clusters ``[n]``, ``[m]``. May be < 0.
    """
    own = 0.0
    for features, clusters in ((x, x_rows), (y, y_rows)):
        different = clusters[:, None] != clusters[None, :]
        own += float(cubic_kernel(features, features)[different].mean())
    return own - 2 * float(cubic_kernel(x, y).mean())


def checked(outputs: Features, truths: Features, clusters: Sequence[str]) -> NDArray[np.int64]:
    """Every row's cluster as a number. Raises `HarnessError` unless there is one output, truth and cluster a row."""
    if outputs.shape != truths.shape or len(outputs) != len(clusters):
        raise HarnessError(
            f"one output, truth and cluster a row, please: got {outputs.shape}, {truths.shape}, {len(clusters)}"
        )
    return codes(clusters)


def between_rows(outputs: Features, truths: Features) -> Callable[[Rows, Rows], float]:
    """The Fréchet distance as a function of chosen output rows and truth rows; inner products are computed once."""
    dimension = outputs.shape[1]
    if len(outputs) > 2 * dimension:  # then even a half has more rows than dimensions
        return lambda a, b: frechet_distance(outputs[a], truths[b])
    x, y = _around_their_mean(outputs, truths)
    xx, yy, xy = x @ x.T, y @ y.T, x @ y.T

    def distance(a: Rows, b: Rows) -> float:
        if min(a.sum(), b.sum()) >= dimension:
            return frechet_eigh(outputs[a], truths[b])
        return _frechet_of_products(xx[np.ix_(a, a)], yy[np.ix_(b, b)], xy[np.ix_(a, b)])

    return distance


def _enough(rows: NDArray[np.int64]) -> bool:
    return int(rows.max(initial=-1)) + 1 >= MIN_SOURCES


def _refuse_few(rows: NDArray[np.int64]) -> None:
    """Raise `RefusedSet` below `MIN_SOURCES` clusters."""
    if not _enough(rows):
        raise RefusedSet(f"refused: {int(rows.max(initial=-1)) + 1} sources, halving them needs {MIN_SOURCES}")


class FrechetDistance:
    """``fd_<extractor>``: Fréchet distance between pooled features of outputs and of *other* truths.

    The clusters are halved at random (the same `SPLITS` ways in every run); the value is the mean over halvings of
    ``(FD(outputs of A, truths of B) + FD(outputs of B, truths of A)) / 2``. Features ``[n,D]``. Lower is better; it
    shrinks as 1/n for the same methods, so values of different n must never be compared. Not FID: another network.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> real = rng.normal(size=(20, 4))
        >>> value, lo, hi = FrechetDistance("efl0").reduce(real, real, [str(i) for i in range(20)])
        >>> lo < value < hi
        True
    """

    def __init__(self, extractor: str) -> None:
        self.extractor = extractor

    def reduce(self, outputs: Features, truths: Features, clusters: Sequence[str]) -> tuple[float, float, float]:
        """(value, lo, hi): a leave-one-cluster-out jackknife interval. `RefusedSet` below `MIN_SOURCES` clusters."""
        rows = checked(outputs, truths, clusters)
        _refuse_few(rows)
        splits = halves(rows, SPLITS)
        splits += [(b, a) for a, b in splits]
        distance = between_rows(outputs, truths)

        def estimate(keep: Rows) -> float:
            return float(np.mean([distance(a & keep, b & keep) for a, b in splits]))

        return estimate(np.ones(rows.size, dtype=np.bool_)), *jackknife(estimate, rows, BLOCKS)

    def real_band(self, truths: Features, clusters: Sequence[str]) -> tuple[float, float]:
        """What real against real gives: the 2.5 and 97.5 % points of FD between random disjoint cluster halves."""
        rows = checked(truths, truths, clusters)
        if not _enough(rows):
            return np.nan, np.nan
        distance = between_rows(truths, truths)
        values = [distance(a, b) for a, b in halves(rows, BAND_SPLITS)]
        return float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))


class KernelDistance:
    """``kid_<extractor>``: unbiased cubic-kernel MMD² between pooled features, same-source pairs left out.

    ``mean k(o,o') + mean k(t,t') - 2 mean k(o,t)``, ``k(x,y) = (x·y/D + 1)³`` (Bińkowski et al. 2018, arXiv
    1801.01401), every mean over pairs of rows of *different* clusters. Features ``[n,D]``. Lower is better, 0 in
    expectation for equal distributions at every n, so it may be negative. Not KID: another network, no subsets.

    Example:
        >>> real = np.random.default_rng(0).normal(size=(20, 4))
        >>> KernelDistance("efl0").reduce(real, real, [str(i) for i in range(20)])[0]
        0.0
    """

    def __init__(self, extractor: str) -> None:
        self.extractor = extractor

    def reduce(self, outputs: Features, truths: Features, clusters: Sequence[str]) -> tuple[float, float, float]:
        """(value, lo, hi): a leave-one-cluster-out jackknife interval. `RefusedSet` below `MIN_SOURCES` clusters."""
        rows = checked(outputs, truths, clusters)
        _refuse_few(rows)
        k = int(rows.max()) + 1
        sums, pairs = _kernel_blocks(outputs, truths, rows)

        def estimate(keep: Rows) -> float:
            return float(sums[np.ix_(keep, keep)].sum() / pairs[np.ix_(keep, keep)].sum())

        return estimate(np.ones(k, dtype=np.bool_)), *jackknife(estimate, np.arange(k), k)

    def real_band(self, truths: Features, clusters: Sequence[str]) -> tuple[float, float]:
        """What real against real gives: the 2.5 and 97.5 % points of MMD² between random disjoint cluster halves."""
        rows = checked(truths, truths, clusters)
        if not _enough(rows):
            return np.nan, np.nan
        splits = halves(rows, BAND_SPLITS)
        values = [kernel_distance(truths[a], truths[b], rows[a], rows[b]) for a, b in splits]
        return float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))
