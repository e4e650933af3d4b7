"""How well an assessor's scores order pictures: against opinions, and along ladders of one distortion."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import leastsq
from scipy.stats import kendalltau, rankdata

from harness.errors import RefusedSet
from harness.interfaces import Assessed, TableValue
from harness.stats.clusters import cluster_codes, cluster_sums, resampled_weights
from harness.stats.curves import Curve
from harness.stats.intervals import percentile_ends
from harness.stats.reduced import RESAMPLES

__all__ = ["Krcc", "LadderMonotone", "LadderSrcc", "Plcc", "PlccLogistic", "Srcc"]

Floats = NDArray[np.float64]


class _Opinion(ABC):
    """Correlation of scores with what is known as `truth`, higher is better; resampled by cluster (the reference).

    A picture that the assessor refused is left out; below ten pictures with a score nothing is told (ours). Where the
    set has several distortions, subsets name them: `kind:jpeg`.
    """

    extractor = ""
    pairs = False

    def __init__(self, truth: str = "mos") -> None:
        self._truth = truth

    def reduce(self, of: Assessed) -> Sequence[TableValue]:
        """Of all pictures, then by kind. Raises `RefusedSet` where there are no opinions or the scores do not vary."""
        if not all(self._truth in known for known in of.truths):
            told = "the data set has no opinion scores" if self._truth == "mos" else f"no {self._truth} is known"
            raise RefusedSet(told)
        opinions = np.array([float(known[self._truth]) for known in of.truths])
        usable = np.isfinite(of.scores) & np.isfinite(opinions)
        codes = cluster_codes(list(of.clusters))
        clusters = int(codes.max()) + 1
        times = np.concatenate([weights.astype(np.int16) for weights in resampled_weights(clusters, RESAMPLES, 0)])
        whole = self._of(of.scores, opinions, codes, times, usable)
        if whole is None:
            raise RefusedSet("fewer than ten pictures with a score, or all alike")
        kinds = np.array([str(known.get("kind", "")) for known in of.truths])
        named = sorted(set(kinds))
        found = [whole]
        for kind in named if len(named) > 1 else ():
            mine = self._of(of.scores, opinions, codes, times, usable & (kinds == kind))
            nothing = TableValue(math.nan, math.nan, math.nan)
            found.append(replace(mine or nothing, subset=f"kind:{kind}", replicates=None))
        return found

    def _of(
        self, scores: Floats, opinions: Floats, codes: NDArray[np.intp], times: NDArray[np.int16],
        usable: NDArray[np.bool_],
    ) -> TableValue | None:  # fmt: skip
        """Of the usable ones, each cluster so many `times` [B, clusters]; None of fewer than ten, or all alike."""
        if usable.sum() < 10 or np.ptp(scores[usable]) == 0 or np.ptp(opinions[usable]) == 0:
            return None
        mine, theirs, whose = scores[usable], opinions[usable], codes[usable]
        again_of, places = self.resampled(mine, theirs), np.arange(len(mine))
        drawn = []
        for row in times:
            again = np.repeat(places, row[whose])
            drawn.append(_safe(again_of, mine[again], theirs[again]))
        value, replicates = self.correlation(mine, theirs), np.array(drawn)
        return TableValue(value, *percentile_ends(replicates, times.shape[1]), replicates=replicates)

    @staticmethod
    @abstractmethod
    def correlation(scores: Floats, opinions: Floats) -> float:
        """Of vectors [n] that vary."""

    def resampled(self, scores: Floats, opinions: Floats) -> Callable[[Floats, Floats], float]:
        """What is asked of resamples of these vectors."""
        return self.correlation


class Srcc(_Opinion):
    """Spearman's rank correlation (mean ranks for ties).

    Example:
        >>> round(Srcc.correlation(np.arange(4.0), np.array([1.0, 3, 2, 4])), 3)
        0.8
    """

    @staticmethod
    def correlation(scores: Floats, opinions: Floats) -> float:
        """In [-1, 1]."""
        return Plcc.correlation(rankdata(scores), rankdata(opinions))


class Krcc(_Opinion):
    """Kendall's tau-b.

    Example:
        >>> round(Krcc.correlation(np.arange(4.0), np.array([1.0, 3, 2, 4])), 3)
        0.667
    """

    @staticmethod
    def correlation(scores: Floats, opinions: Floats) -> float:
        """In [-1, 1]."""
        return float(kendalltau(scores, opinions, method="asymptotic").statistic)  # of p, which nobody reads


class Plcc(_Opinion):
    """Pearson's correlation of raw scores, nothing fitted.

    Example:
        >>> round(Plcc.correlation(np.arange(4.0), np.array([1.0, 3, 2, 4])), 3)
        0.8
    """

    @staticmethod
    def correlation(scores: Floats, opinions: Floats) -> float:
        """In [-1, 1]."""
        one, other = scores - scores.mean(), opinions - opinions.mean()
        return float(np.clip(one @ other / math.sqrt((one @ one) * (other @ other)), -1, 1))


class PlccLogistic(_Opinion):
    """Pearson's correlation after VQEG's logistic with four parameters has been fitted to the opinions.

    VQEG (2003), Final Report FR-TV Phase II: (b1 - b2) / (1 + exp(-(x - b3) / |b4|)) + b2.

    Example:
        >>> x = np.linspace(-3, 3, 20)
        >>> round(PlccLogistic.correlation(x, 1 / (1 + np.exp(-2 * x))), 3)
        1.0
    """

    @staticmethod
    def correlation(scores: Floats, opinions: Floats) -> float:
        """In [-1, 1]; NaN where the fit is flat."""
        return _straightened(scores, opinions, _fitted(scores, opinions))

    def resampled(self, scores: Floats, opinions: Floats) -> Callable[[Floats, Floats], float]:
        """Fits that start from that of the whole."""
        start = _fitted(scores, opinions)
        return lambda some, theirs: _straightened(some, theirs, _fitted(some, theirs, start))


def _fitted(scores: Floats, opinions: Floats, start: Floats | None = None) -> Floats:
    """Parameters of the logistic [4] with the smallest squares.

    ours: of at most 2,000 evaluations. Where opinions rise without a turn the best parameters lie at infinity; the
    curve has then long stopped changing.
    """
    if start is None:
        spread = float(np.std(scores)) or 1.0
        start = np.array([float(opinions.max()), float(opinions.min()), float(np.mean(scores)), spread])
    found, *_ = leastsq(
        lambda p: _logistic(scores, *p) - opinions, start, Dfun=lambda p: _slopes(scores, *p), full_output=True,
        maxfev=2000,
    )  # fmt: skip
    return np.asarray(found, np.float64)


def _straightened(scores: Floats, opinions: Floats, parameters: Floats) -> float:
    predicted = _logistic(scores, *parameters)
    return Plcc.correlation(predicted, opinions) if 0 < np.ptp(predicted) < math.inf else math.nan


def _reach(x: Floats, middle: float, slope: float) -> Floats:
    return np.asarray(np.clip((x - middle) / max(abs(slope), 1e-12), -500, 500))


def _logistic(x: Floats, top: float, bottom: float, middle: float, slope: float) -> Floats:
    return np.asarray((top - bottom) / (1 + np.exp(-_reach(x, middle, slope))) + bottom)


def _slopes(x: Floats, top: float, bottom: float, middle: float, slope: float) -> Floats:
    """Derivatives of `_logistic` by its parameters [n, 4]."""
    reach, width = _reach(x, middle, slope), max(abs(slope), 1e-12)
    share = 1 / (1 + np.exp(-reach))
    bend = (top - bottom) * share * (1 - share) / width
    return np.stack([share, 1 - share, -bend, -bend * reach * np.sign(slope)], axis=1)


def _safe(correlation: Callable[[Floats, Floats], float], scores: Floats, opinions: Floats) -> float:
    if len(scores) < 2 or np.ptp(scores) == 0 or np.ptp(opinions) == 0:
        return math.nan
    return correlation(scores, opinions)


class _Ladder(ABC):
    """One number a ladder (a photograph under one distortion at rising `strength`), averaged over ladders.

    Resampled by photograph. Subsets name the distortion: `kind:blur`. A step that the assessor refused is left out of
    its ladder; a ladder with fewer than three steps, or none apart, counts as 0: nothing was ordered.
    """

    extractor = ""
    pairs = False

    def reduce(self, of: Assessed) -> Sequence[TableValue]:
        """The mean of all ladders, then by kind. Raises `RefusedSet` where the data set has no ladders."""
        ladders: dict[tuple[str, str], list[int]] = {}
        for place, known in enumerate(of.truths):
            if not {"kind", "strength", "reference"} <= known.keys():
                raise RefusedSet("the data set has no ladders of one distortion")
            ladders.setdefault((str(known["kind"]), str(known["reference"])), []).append(place)
        kinds = [kind for kind, _ in ladders]
        sources = [of.clusters[places[0]] for places in ladders.values()]
        values = np.array([self._of_one(of, places) for places in ladders.values()])
        value, low, high, replicates = _mean(values, sources)
        found = [TableValue(value, low, high, replicates=replicates)]
        for kind in sorted(set(kinds)):
            mine = np.array(kinds) == kind
            value, low, high, _ = _mean(
                values[mine], [source for source, one in zip(sources, mine, strict=True) if one]
            )
            drawn = self.curve(of, [places for (own, _), places in ladders.items() if own == kind])
            found.append(TableValue(value, low, high, f"kind:{kind}", drawn))
        return found

    def curve(self, of: Assessed, ladders: Sequence[Sequence[int]]) -> str | None:
        """What is drawn of the ladders of one kind, each the places of its steps in `of`."""
        return None

    def _of_one(self, of: Assessed, places: Sequence[int]) -> float:
        known = [place for place in places if math.isfinite(of.scores[place])]
        strength = np.array([float(of.truths[place]["strength"]) for place in known])
        scores = of.scores[known]
        if len(known) < 3 or np.ptp(scores) == 0:
            return 0.0
        order = np.argsort(strength, kind="stable")
        return self.ladder(strength[order], scores[order])

    @staticmethod
    @abstractmethod
    def ladder(strength: Floats, scores: Floats) -> float:
        """Of one ladder with ascending strengths [k] and scores [k] that vary."""


class LadderSrcc(_Ladder):
    """Spearman's correlation of scores with minus the strength, mean over ladders.

    Example:
        >>> round(LadderSrcc.ladder(np.arange(3.0), np.array([9.0, 7, 8])), 3)
        0.5
    """

    @staticmethod
    def ladder(strength: Floats, scores: Floats) -> float:
        """In [-1, 1]; 1 where every stronger step scores lower."""
        return Srcc.correlation(scores, -strength)

    def curve(self, of: Assessed, ladders: Sequence[Sequence[int]]) -> str | None:
        """Scores by strength against the weakest step's of the same ladder, means with bands by photograph.

        In standard deviations of all scores of the assessor (ours), so that assessors share an axis; None where the
        scores do not vary.
        """
        spread = float(np.nanstd(of.scores)) if np.isfinite(of.scores).any() else 0.0
        if spread == 0:
            return None
        falls: dict[float, list[tuple[float, str]]] = {}
        for places in ladders:
            strengths = [float(of.truths[place]["strength"]) for place in places]
            first = of.scores[places[int(np.argmin(strengths))]]
            for strength, place in zip(strengths, places, strict=True):
                if math.isfinite(fall := (of.scores[place] - first) / spread):
                    falls.setdefault(strength, []).append((float(fall), of.clusters[place]))
        if not falls:
            return None
        steps = sorted(falls)
        drawn = []
        for step in steps:
            drawn.append(_mean(np.array([fall for fall, _ in falls[step]]), [who for _, who in falls[step]])[:3])
        value, low, high = (tuple(ends) for ends in zip(*drawn, strict=True))
        axes = ("strength, in steps (0: the photograph)", "score - the photograph's, in standard deviations")
        return Curve(tuple(steps), value, low, high, *axes).to_text()


class LadderMonotone(_Ladder):
    """Share of neighbouring steps of which the stronger one scores lower, mean over ladders.

    Example:
        >>> LadderMonotone.ladder(np.arange(3.0), np.array([9.0, 7, 8]))
        0.5
    """

    @staticmethod
    def ladder(strength: Floats, scores: Floats) -> float:
        """In [0, 1]."""
        return float((np.diff(scores) < 0).mean())


def _mean(values: Floats, sources: Sequence[str]) -> tuple[float, float, float, Floats]:
    """Mean of values [k], its percentile interval, and the means [B] on resampled sources.

    Not studentised: where nearly every ladder has the same value, t of a resample has no bounds.
    """
    sums = cluster_sums(values[:, None], sources)
    drawn = [sums.resampled(weights)[0][:, 0] for weights in resampled_weights(sums.clusters, RESAMPLES, 0)]
    means = np.concatenate(drawn)
    return float(values.mean()), *percentile_ends(means, sums.clusters), means
