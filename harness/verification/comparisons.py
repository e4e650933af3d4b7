"""Compared pairs of images with the images' quality, and which of them count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.stats.clusters import Floats, Ints

__all__ = ["Bools", "Comparisons", "Ordering", "Policy", "Ranked", "Refused", "ranked"]

Bools = NDArray[np.bool_]

Policy = Literal["pairs", "genuine", "images"]
"""What a share of discards is a share of: all pairs (CR-FIQA), genuine pairs (dasec), or images, of which all pairs
that are left count (SER-FIQ's author)."""

Refused = Literal["lowest", "excluded"]
"""Images without a score: the first to be discarded, or taken out with their pairs before anything is counted."""


@dataclass(frozen=True)
class Comparisons:
    """P pairs of M images.

    Attributes:
        first, second: places of a pair's images [P], each below M.
        similarity: of the two faces [P], finite, higher is more alike.
        genuine: whether both show one person [P].
        identity: who is in the image [M], as integer codes.

    Raises ValueError where lengths or places do not agree, a similarity is not finite, or a pair is called genuine of
    two identities or impostor of one.
    """

    first: Ints
    second: Ints
    similarity: Floats
    genuine: Bools
    identity: Ints

    def __post_init__(self) -> None:
        if {len(self.second), len(self.similarity), len(self.genuine)} != {len(self.first)} or not len(self.first):
            raise ValueError("first, second, similarity and genuine describe the same pairs, one at least")
        places = np.concatenate([self.first, self.second])
        if places.min() < 0 or places.max() >= len(self.identity):
            raise ValueError(f"a pair names an image that is not one of {len(self.identity)}")
        if not np.isfinite(self.similarity).all():
            raise ValueError("similarities must be finite")
        if ((self.identity[self.first] == self.identity[self.second]) != self.genuine).any():
            raise ValueError("genuine pairs are of one identity, impostor pairs of two")

    @property
    def images(self) -> int:
        return len(self.identity)

    def repeated(self, times: Ints) -> tuple[Ints, Ints]:
        """How often each pair [P] and each image [M] counts where identity c was drawn `times[c]` times.

        A genuine pair comes with its person, an impostor pair with every meeting of its two (the vertex bootstrap of
        Snijders & Borgatti 1999, "Non-parametric standard errors and tests for network statistics").
        """
        images = times[self.identity]
        a, b = images[self.first], images[self.second]
        return np.where(self.genuine, a, a * b), images


@dataclass(frozen=True)
class Ranked:
    """Pairs by quality, as curves are made of them.

    Attributes:
        similarity, genuine: of P pairs, worst quality first.
        quality: of a pair [P], the lower of its images' scores, ascending; -inf for a refused image.
        population: the qualities whose shares are discarded [N], ascending.
        refused: images without a score.
        excluded: pairs that were taken out with them.
    """

    similarity: Floats
    genuine: Bools
    quality: Floats
    population: Floats
    refused: int
    excluded: int

    @cached_property
    def matches(self) -> Floats:
        """Similarities of the genuine pairs, worst quality first."""
        return self.similarity[self.genuine]

    @cached_property
    def impostors(self) -> Floats:
        """Similarities of the impostor pairs, worst quality first."""
        return self.similarity[~self.genuine]

    @cached_property
    def _matches_before(self) -> Ints:
        return np.concatenate([[0], np.cumsum(self.genuine)])

    def kept(self, share: float) -> tuple[Floats, Floats]:
        """`matches` and `impostors` that stay where at most `share` of the population is discarded."""
        start = self.kept_from(share)
        gone = int(self._matches_before[start])
        return self.matches[gone:], self.impostors[start - gone :]

    def kept_from(self, share: float) -> int:
        """Place of the first pair that stays where at most `share` of the population is discarded.

        Equal qualities leave together, and only if all of them fit in (ours for a grid; dasec steps at the same
        places): the order of a sort decides nothing.
        """
        gone = min(int(share * len(self.population) + 1e-9), len(self.population) - 1)
        return int(np.searchsorted(self.quality, self.population[gone], "left"))


class Ordering:
    """Pairs in the order of their quality, the lower of the two images' scores: sorted once for all resamples.

    Args:
        scores: of the images [M], higher is better; NaN where a method refused.

    Raises:
        ValueError: scores of other images, or an infinite score.
    """

    def __init__(
        self, of: Comparisons, scores: Floats, *, policy: Policy = "pairs", refused: Refused = "lowest"
    ) -> None:  # fmt: skip
        if len(scores) != of.images:
            raise ValueError(f"{len(scores)} scores for {of.images} images")
        if np.isinf(scores).any():
            raise ValueError("scores must be finite, or NaN where a method refused")
        self._of, self._policy = of, policy
        self._lost = np.isnan(scores)
        self._known = np.where(self._lost, -np.inf, scores)
        self._quality = np.minimum(self._known[of.first], self._known[of.second])
        excluding = refused == "excluded"
        self._out = np.isneginf(self._quality) & excluding
        self._counted = ~self._lost if excluding else np.ones(of.images, np.bool_)
        self._order = np.argsort(self._quality, kind="stable")

    def ranked(self, times: Ints | None = None) -> Ranked:
        """The pairs, identity c counting `times[c]` times; None for once. Raises ValueError where none is left."""
        of = self._of
        of_pairs, of_images = np.ones(len(of.first), np.int64), np.ones(of.images, np.int64)
        if times is not None:
            of_pairs, of_images = of.repeated(times)
        order = np.repeat(self._order, np.where(self._out, 0, of_pairs)[self._order])
        if not len(order):
            raise ValueError("no pair is left to compare")
        genuine, quality = of.genuine[order], self._quality[order]
        if self._policy == "images":
            population = np.sort(np.repeat(self._known[self._counted], of_images[self._counted]))
        else:
            population = quality[genuine] if self._policy == "genuine" else quality
        lost, out = int(self._lost.sum()), int(self._out.sum())
        return Ranked(of.similarity[order], genuine, quality, population, lost, out)


def ranked(
    of: Comparisons, scores: Floats, *, policy: Policy = "pairs", refused: Refused = "lowest"
) -> Ranked:  # fmt: skip
    """Order pairs by quality, each counting once. Raises ValueError as `Ordering` and its `ranked` do."""
    return Ordering(of, scores, policy=policy, refused=refused).ranked()
