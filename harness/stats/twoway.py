"""Resampling answers that hang together in two ways: by who gave them and by the picture they were given to.

Two-way clustered variance: V = V_raters + V_pictures - V_both, where V_both takes the answers of one rater to one
picture for a cluster (A. C. Cameron, J. B. Gelbach, D. L. Miller, Robust inference with multiway clustering, Journal
of Business & Economic Statistics 29 (2011) 238–249). Each of the three is a bootstrap's that draws whole clusters.

ours: the pigeonhole bootstrap (A. B. Owen, Annals of Applied Statistics 1 (2007) 386–411), which multiplies draws of
raters and of pictures, counts an answer's own noise three times; with 4 to 12 raters its intervals were 1.3 to 1.7
times as wide and held the truth in 96–100 % of simulations, where these held it in 95–100 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from harness.stats.clusters import Floats, Ints, resampled_weights
from harness.stats.model import FEWEST_CLUSTERS, Interval

__all__ = ["RESAMPLES", "TwoWay", "two_way"]

RESAMPLES = 1_000
"""ours: strengths are shown with two digits."""

LEVEL = 0.95


@dataclass(frozen=True)
class TwoWay:
    """Resamples of raters, of pictures, and of both.

    Attributes:
        raters, pictures: their names, sorted: neither the answers' order nor names of entries change a resample.
        resamples, seed: of each of the three bootstraps.
    """

    raters: tuple[str, ...]
    pictures: tuple[str, ...]
    resamples: int = RESAMPLES
    seed: int = 0

    @property
    def by_rater(self) -> bool:
        """Whether raters are resampled; below `FEWEST_CLUSTERS` of them they are taken as they are, and an interval
        says nothing of other people."""
        return len(self.raters) >= FEWEST_CLUSTERS

    @property
    def told(self) -> bool:
        """Whether there are pictures enough to tell any interval."""
        return len(self.pictures) >= FEWEST_CLUSTERS

    @property
    def clusters(self) -> int:
        """The smaller number of what is resampled: what degrees of freedom are counted from."""
        return min(len(self.raters), len(self.pictures)) if self.by_rater else len(self.pictures)

    def sums(self, values: Floats, pictures: Sequence[str], *raters: Sequence[str]) -> Floats:
        """Sums of `values` [N, V] in every resample: of pictures, then of raters and of both, [B or 3·B, V].

        Args:
            pictures: of each row. `raters`: of each row; two lists where two raters stand behind a row, which then
                counts as often as the product of both.
        """
        places = _codes(pictures, self.pictures)
        columns = [_codes(names, self.raters) for names in raters]
        parts = list(self._weighted(values, len(self.pictures), [places]))
        if self.by_rater:
            parts += self._weighted(values, len(self.raters), columns)
            both = np.unique(np.stack([places, *columns]), axis=1, return_inverse=True)[1].reshape(-1)
            parts += self._weighted(values, int(both.max()) + 1, [both])
        return np.concatenate(parts)

    def _weighted(self, values: Floats, clusters: int, columns: Sequence[Ints]) -> Iterator[Floats]:
        for drawn in resampled_weights(clusters, self.resamples, self.seed, width=len(values)):
            weights = drawn[:, columns[0]]
            for column in columns[1:]:
                weights = weights * drawn[:, column]
            yield weights @ values

    def error(self, resampled: Floats) -> float:
        """Standard error of a statistic, of its values in the resamples of `sums`; NaN values are resamples without.

        ours: never smaller than by raters alone or by pictures alone, where chance makes the difference smaller.
        """
        spreads = [_variance(values) for values in resampled.reshape(-1, self.resamples)]
        if len(spreads) == 1:
            return math.sqrt(spreads[0])
        of_pictures, of_raters, of_both = spreads
        return math.sqrt(max(of_pictures + of_raters - of_both, of_pictures, of_raters))

    def interval(self, value: float, resampled: Floats, n: int, *, share: bool = False, least: float = 0.0) -> Interval:
        """`value` ± Student's t with `clusters` - 1 degrees times its error; NaN where there are too few pictures.

        Args:
            resampled: the statistic in every resample of `sums`.
            n: answers that it rests on.
            share: the statistic lies in [0, 1], and so does its interval.
            least: an error that the statistic has in any case.
        """
        if not self.told:
            return Interval(value, math.nan, math.nan, n, self.clusters)
        reach = float(stdtrit(self.clusters - 1, (1 + LEVEL) / 2)) * max(self.error(resampled), float(least))
        low, high = value - reach, value + reach
        if share:
            low, high = max(low, 0.0), min(high, 1.0)
        return Interval(value, low, high, n, self.clusters)

    def share(self, hits: Floats, pictures: Sequence[str], *raters: Sequence[str]) -> Interval:
        """Mean of `hits` [N] with its interval; NaN throughout where there is none."""
        if not len(hits):
            return Interval(math.nan, math.nan, math.nan, 0, self.clusters)
        sums, counts = self.sums(np.stack([hits, np.ones_like(hits)], axis=1), pictures, *raters).T
        shares = np.divide(sums, counts, out=np.full(len(sums), math.nan), where=counts > 0)
        return self.interval(float(hits.mean()), shares, len(hits), share=True)


def two_way(raters: Sequence[Any], pictures: Sequence[Any], *, resamples: int = RESAMPLES, seed: int = 0) -> TwoWay:
    """Resamples of the raters and pictures of N answers."""
    return TwoWay(tuple(sorted(set(map(str, raters)))), tuple(sorted(set(map(str, pictures)))), resamples, seed)


def _codes(names: Sequence[str], among: Sequence[str]) -> Ints:
    place = {name: code for code, name in enumerate(among)}
    return np.array([place[name] for name in names], dtype=np.int64)


def _variance(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.var(ddof=1)) if len(finite) > 1 else math.nan
