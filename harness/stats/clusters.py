"""Samples that hang together: sums by cluster, means with errors, and resampling of whole clusters.

Six masks of one photograph are one photograph, so every draw takes or leaves a cluster with all its samples.
The mean over samples is then a ratio of sums; its error is the linearised one (Cochran, Sampling Techniques,
3rd ed., §9A.1 and §6.4): se² = C/(C-1) · Σ_c (S_c - m·n_c)² / (Σ_c n_c)².
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClusterSums", "Floats", "Ints", "Labels", "chunks", "cluster_codes", "cluster_sums", "resampled_weights"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = Sequence[Any] | NDArray[Any]

CHUNK_ELEMENTS = 4_000_000
"""ours: weights held at once (32 MB), so that 30,000 clusters resample in flat memory."""


def cluster_codes(labels: Labels) -> Ints:
    """Integer codes [N] of cluster labels, by first appearance so that renaming them changes nothing."""
    _, first, inverse = np.unique(np.asarray(labels), return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    return order[inverse.reshape(-1)]


@dataclass(frozen=True)
class ClusterSums:
    """Per-cluster sums [C, E] of E columns and cluster sizes [C], of N samples."""

    sums: Floats
    sizes: Floats

    @property
    def clusters(self) -> int:
        return len(self.sizes)

    @property
    def samples(self) -> int:
        return int(self.sizes.sum())

    def estimates(self) -> tuple[Floats, Floats]:
        """Means [E] and their clustered standard errors [E] (NaN for a single cluster)."""
        means, errors = self.resampled(np.ones((1, self.clusters)))
        return means[0], errors[0]

    def resampled(self, weights: Floats) -> tuple[Floats, Floats]:
        """Means and errors [B, E] where cluster c counts `weights[b, c]` times."""
        totals = (weights @ self.sizes)[:, None]
        centre = self.sums.sum(axis=0) / self.sizes.sum()
        # Centred first: E[x²] - E[x]² of raw sums loses every digit of a small spread around a large mean.
        residual = self.sums - centre * self.sizes[:, None]
        shift = (weights @ residual) / totals
        squares = (
            weights @ residual**2
            - 2.0 * shift * (weights @ (residual * self.sizes[:, None]))
            + shift**2 * (weights @ self.sizes**2)[:, None]
        )
        clusters = self.clusters
        if clusters < 2:
            return centre + shift, np.full_like(shift, np.nan)
        errors = np.sqrt(np.maximum(squares, 0.0) * (clusters / (clusters - 1.0))) / totals
        return centre + shift, errors


def cluster_sums(values: Floats, labels: Labels) -> ClusterSums:
    """Sum `values` [N, E] over the clusters named by `labels` [N].

    Raises:
        ValueError: no sample, lengths that differ, or a value that is not finite (undefined scores are taken
            out by the caller, who knows on which samples all entries are defined).
    """
    if values.ndim != 2 or len(values) != len(labels) or not len(values):
        raise ValueError(f"values {values.shape} and {len(labels)} cluster labels do not describe samples")
    if not np.isfinite(values).all():
        raise ValueError("values must be finite: leave out samples without a score first")
    codes = cluster_codes(labels)
    sizes = np.bincount(codes).astype(np.float64)
    sums: Floats = np.stack([np.bincount(codes, weights=column) for column in values.T], axis=1)
    return ClusterSums(sums, sizes)


def chunks(rows: int, width: int) -> Iterator[int]:
    """Split `rows` rows of `width` numbers into runs of at most `CHUNK_ELEMENTS` numbers."""
    most = max(1, CHUNK_ELEMENTS // width)
    yield from (min(most, rows - start) for start in range(0, rows, most))


def resampled_weights(clusters: int, resamples: int, seed: int, width: int = 1) -> Iterator[Floats]:
    """How often each of C clusters is drawn when C are drawn with replacement, in chunks [b, C] of rows.

    The draws depend on clusters and seed only: all methods and metrics with as many clusters meet the same.

    Args:
        width: numbers that the caller makes of each row, so that a chunk of those stays small too.
    """
    rng = np.random.default_rng([seed, clusters])
    for rows in chunks(resamples, max(clusters, width)):
        drawn = rng.integers(0, clusters, (rows, clusters))
        flat = (drawn + clusters * np.arange(rows)[:, None]).reshape(-1)
        yield np.bincount(flat, minlength=rows * clusters).reshape(rows, clusters).astype(np.float64)
