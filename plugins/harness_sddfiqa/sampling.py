"""Which faces each face is compared with: drawn without replacement, for a block of faces at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError

__all__ = ["People", "draw_subsets", "sort_people"]

Index = NDArray[np.int64]
Drawn = NDArray[np.int32]


class People(NamedTuple):
    """Places of faces in the order of their identities.

    ``order`` [N] are the faces' rows; the identity of place i fills the ``size[i]`` places from ``start[i]``.
    """

    order: Index
    start: Index
    size: Index

    def negatives(self, places: Index, drawn: NDArray[np.integer]) -> Index:
        """Places of the ``drawn``-th faces [n,k] among those of other identities than the faces at ``places`` [n]."""
        return np.where(drawn < self.start[places, None], drawn, drawn + self.size[places, None])

    def positives(self, places: Index, drawn: NDArray[np.integer]) -> Index:
        """Places of the ``drawn``-th faces [n,k] among the others of the identities of the faces at ``places`` [n]."""
        found = self.start[places, None] + drawn
        return np.where(found < places[:, None], found, found + 1)


def sort_people(identities: Sequence[str] | NDArray[np.generic], negatives: int) -> People:
    """Faces sorted by identity, small ones first; they stay in their own order within one.

    Raises `HarnessError` for an identity of a single face, and for one that leaves fewer than ``negatives`` others.
    """
    labels = identities.tolist() if isinstance(identities, np.ndarray) else identities
    names = sorted(set(labels))  # few, where sorting the faces' own names would cost more than their labels
    place = {name: index for index, name in enumerate(names)}
    number = np.fromiter((place[name] for name in labels), np.int64, len(labels))
    counts = np.bincount(number, minlength=len(names))
    if not names:
        raise HarnessError("no faces to label")
    alone = np.flatnonzero(counts == 1)
    if len(alone):
        raise HarnessError(
            f"{len(alone)} identities have a single face, and nothing to compare it with; the first: {names[alone[0]]}"
        )
    total = int(counts.sum())
    if total - int(counts.max()) < negatives:
        name = names[counts.argmax()]
        raise HarnessError(
            f"{total - int(counts.max())} faces are of other identities than {name}; {negatives} are needed"
        )
    by_size = np.argsort(counts, kind="stable")  # so that neighbours have as many positives
    rank = np.argsort(by_size)
    order, counts = np.argsort(rank[number], kind="stable"), counts[by_size]
    return People(order, np.repeat(np.cumsum(counts) - counts, counts), np.repeat(counts, counts))


def draw_subsets(uniform: NDArray[np.float64], pool: Index) -> Drawn:
    """Distinct numbers below ``pool`` [n] from ``uniform`` [n,k] in [0, 1): every subset of k is as likely.

    Floyd's algorithm (Bentley and Floyd, CACM 30(9), 1987): k draws and no rejection, also where ``pool`` is k.
    """
    wanted = uniform.shape[1]
    columns = np.ascontiguousarray(uniform.T)
    first = (pool - wanted).astype(np.int32)
    chosen = np.empty(columns.shape, np.int32)
    for k, column in enumerate(columns):
        last = first + np.int32(k)
        drawn = (column * (last + 1)).astype(np.int32)
        taken = (chosen[:k] == drawn).any(0)
        chosen[k] = np.where(taken, last, drawn)
    return chosen.T
