"""How well an assessor's map finds what the labels mark: pooled over a data set or picture by picture.

A pixel counts as found from level 128 of the 8-bit map on (probability 0.5). Everything follows from how often each
level stands inside and outside of the marks (`Assessed.levels`), so ranks (AUROC, AP) are exact for 8-bit maps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import RefusedSet
from harness.interfaces import Assessed, TableValue
from harness.stats.clusters import Floats, cluster_codes, cluster_sums, resampled_weights
from harness.stats.curves import Curve
from harness.stats.intervals import mean_intervals, percentile_ends
from harness.stats.reduced import RESAMPLES

__all__ = [
    "ArtifactAp", "ArtifactAuroc", "ArtifactF1", "ArtifactImageIou", "ArtifactIou", "ArtifactMiou",
    "ArtifactPrecision", "ArtifactRecall", "CleanArea", "counts_at",
]  # fmt: skip

THRESHOLD = 128
THRESHOLDS = range(5, 256, 5)
"""ours: levels at which curves over thresholds are drawn, 0.02 apart."""


def counts_at(levels: Floats, threshold: int = THRESHOLD) -> tuple[Floats, Floats, Floats, Floats]:
    """(true positives, false positives, false negatives, true negatives) [...] of levels [..., 2, 256].

    Example:
        >>> levels = np.zeros((2, 256)); levels[0, 0], levels[0, 200], levels[1, 130] = 5, 2, 3
        >>> [float(count) for count in counts_at(levels)]
        [3.0, 2.0, 0.0, 5.0]
    """
    found, left = levels[..., threshold:].sum(-1), levels[..., :threshold].sum(-1)
    return found[..., 1], found[..., 0], left[..., 1], left[..., 0]


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0))


def _told(of: Assessed) -> NDArray[np.int64]:
    """[n,2,256]. Raises `RefusedSet` where a picture has no map: who answers on the easy ones only would look good."""
    if of.levels is None:
        raise RefusedSet("the assessor gives no map, or the data set marks nothing")
    lacking = int((of.levels.sum((1, 2)) == 0).sum())
    if lacking:
        raise RefusedSet(f"{lacking} of {len(of.levels)} pictures have no map")
    return of.levels


def _kinds(of: Assessed, chosen: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """The `chosen` pictures [n] by the `kind` that the data set tells."""
    kinds = np.array([str(known.get("kind", "")) for known in of.truths])
    return {kind: chosen & (kinds == kind) for kind in sorted(set(kinds[chosen])) if kind}


class _Pooled(ABC):
    """A share of counts added over all pictures, as mmsegmentation adds them; resampled by cluster.

    Subsets by kind pool the pictures of that kind which have marked pixels.
    """

    extractor = ""
    pairs = False

    def reduce(self, of: Assessed) -> Sequence[TableValue]:
        """One value, then one a kind. Raises `RefusedSet` where a picture has no map or nothing is marked."""
        levels = _told(of)
        marked = levels[:, 1].sum(1) > 0
        if not marked.any():
            raise RefusedSet("nothing is marked in any picture")
        every = np.ones(len(levels), bool)
        found = [self._value(levels, of.clusters, every, "")]
        return found + [
            self._value(levels, of.clusters, mine, f"kind:{kind}") for kind, mine in _kinds(of, marked).items()
        ]

    def _value(
        self, levels: NDArray[np.int64], clusters: Sequence[str], chosen: NDArray[np.bool_], subset: str
    ) -> TableValue:
        mine = levels[chosen].reshape(-1, 512).astype(np.float64)
        codes = cluster_codes([name for name, kept in zip(clusters, chosen, strict=True) if kept])
        sums = np.zeros((int(codes.max()) + 1, 512))
        np.add.at(sums, codes, mine)
        drawn = [(weights @ sums).reshape(-1, 2, 256) for weights in resampled_weights(len(sums), RESAMPLES, 0, 512)]
        replicates = np.concatenate([self.of(some) for some in drawn])
        pooled = sums.sum(0).reshape(2, 256)
        value, ends = float(self.of(pooled)), percentile_ends(replicates, len(sums))
        if subset:
            return TableValue(value, *ends, subset)
        curve = self.curve(pooled, np.concatenate(drawn))
        return TableValue(value, *ends, curve=curve.to_text() if curve else None, replicates=replicates)

    @staticmethod
    @abstractmethod
    def of(levels: Floats) -> Floats:
        """Of levels [..., 2, 256]: [...]; NaN where undefined."""

    def curve(self, pooled: Floats, drawn: Floats) -> Curve | None:
        """What the report draws, of levels [2, 256] and of resampled ones [B, 2, 256]."""
        del pooled, drawn
        return None


class ArtifactIou(_Pooled):
    """Intersection over union of found and marked pixels: tp / (tp + fp + fn), drawn over thresholds.

    Example: of 8 unmarked pixels 2 are found, of 4 marked ones 3.
        >>> levels = np.zeros((2, 256)); levels[0, [0, 200]], levels[1, [0, 200]] = (6, 2), (1, 3)
        >>> round(float(ArtifactIou.of(levels)), 3)
        0.5
    """

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]."""
        return _iou(levels, THRESHOLD)

    def curve(self, pooled: Floats, drawn: Floats) -> Curve:
        """Over thresholds of the probability; the one at 0.5 ranks."""
        y = [float(_iou(pooled, level)) for level in THRESHOLDS]
        bands = [np.nanquantile(_iou(drawn, level), [0.025, 0.975]) for level in THRESHOLDS]
        lo, hi = (tuple(float(band[end]) for band in bands) for end in (0, 1))
        x = tuple(level / 255 for level in THRESHOLDS)
        return Curve(x, tuple(y), lo, hi, "threshold of the probability", "artifact IoU")


def _iou(levels: Floats, threshold: int) -> Floats:
    tp, fp, fn, _ = counts_at(levels, threshold)
    return _share(tp, tp + fp + fn)


class ArtifactMiou(_Pooled):
    """mIoU as mmsegmentation's: mean of the IoU of artifact and of background. Finding nothing gives about one half.

    Example: of 8 unmarked pixels 2 are found, of 4 marked ones 3.
        >>> levels = np.zeros((2, 256)); levels[0, [0, 200]], levels[1, [0, 200]] = (6, 2), (1, 3)
        >>> round(float(ArtifactMiou.of(levels)), 3)
        0.583
    """

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]."""
        tp, fp, fn, tn = counts_at(levels)
        return (_share(tp, tp + fp + fn) + _share(tn, tn + fp + fn)) / 2


class ArtifactF1(_Pooled):
    """2 tp / (2 tp + fp + fn).

    Example: of 8 unmarked pixels 2 are found, of 4 marked ones 3.
        >>> levels = np.zeros((2, 256)); levels[0, [0, 200]], levels[1, [0, 200]] = (6, 2), (1, 3)
        >>> round(float(ArtifactF1.of(levels)), 3)
        0.667
    """

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]."""
        tp, fp, fn, _ = counts_at(levels)
        return _share(2 * tp, 2 * tp + fp + fn)


class ArtifactPrecision(_Pooled):
    """tp / (tp + fp); undefined where nothing is found.

    Example: of 8 unmarked pixels 2 are found, of 4 marked ones 3.
        >>> levels = np.zeros((2, 256)); levels[0, [0, 200]], levels[1, [0, 200]] = (6, 2), (1, 3)
        >>> round(float(ArtifactPrecision.of(levels)), 3)
        0.6
    """

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]."""
        tp, fp, _, _ = counts_at(levels)
        return _share(tp, tp + fp)


class ArtifactRecall(_Pooled):
    """tp / (tp + fn).

    Example: of 8 unmarked pixels 2 are found, of 4 marked ones 3.
        >>> levels = np.zeros((2, 256)); levels[0, [0, 200]], levels[1, [0, 200]] = (6, 2), (1, 3)
        >>> round(float(ArtifactRecall.of(levels)), 3)
        0.75
    """

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]."""
        tp, _, fn, _ = counts_at(levels)
        return _share(tp, tp + fn)


class ArtifactAuroc(_Pooled):
    """Probability that a marked pixel's level is above an unmarked one's; ties count half.

    Example: of 8 unmarked pixels 2 are found, of 4 marked ones 3.
        >>> levels = np.zeros((2, 256)); levels[0, [0, 200]], levels[1, [0, 200]] = (6, 2), (1, 3)
        >>> round(float(ArtifactAuroc.of(levels)), 3)
        0.75
    """

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]; 0.5 for a constant map."""
        unmarked, marked = levels[..., 0, :], levels[..., 1, :]
        below = np.cumsum(unmarked, axis=-1) - unmarked / 2
        return _share((marked * below).sum(-1), marked.sum(-1) * unmarked.sum(-1))


class ArtifactAp(_Pooled):
    """Average precision over falling thresholds, nothing interpolated; a constant map gets the marked share.

    Example: of 8 unmarked pixels 2 are found, of 4 marked ones 3.
        >>> levels = np.zeros((2, 256)); levels[0, [0, 200]], levels[1, [0, 200]] = (6, 2), (1, 3)
        >>> round(float(ArtifactAp.of(levels)), 3)
        0.533
    """

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]."""
        precision, recall = _precision_recall(levels)
        steps = np.diff(recall, axis=-1, prepend=0.0)
        whole = np.asarray(levels[..., 1, :].sum(-1) > 0)
        return np.where(whole, (np.nan_to_num(precision) * steps).sum(-1), np.nan)

    def curve(self, pooled: Floats, drawn: Floats) -> Curve:
        """Precision over recall."""
        del drawn
        precision, recall = _precision_recall(pooled)
        kept = np.flatnonzero(np.diff(recall, append=2.0) > 0)  # of one recall the lowest threshold
        nothing = (float("nan"),) * len(kept)
        y = tuple(float(value) for value in precision[kept])
        return Curve(tuple(map(float, recall[kept])), y, nothing, nothing, "recall", "precision")


def _precision_recall(levels: Floats) -> tuple[Floats, Floats]:
    """[..., 256] each, from the highest threshold to the lowest; precision is NaN while nothing is found."""
    found = np.cumsum(levels[..., ::-1], axis=-1)
    tp, fp = found[..., 1, :], found[..., 0, :]
    return _share(tp, tp + fp), np.nan_to_num(_share(tp, np.broadcast_to(tp[..., -1:], tp.shape)))


class _EachPicture(ABC):
    """A number a picture, averaged over the pictures that have one; resampled by cluster."""

    extractor = ""
    pairs = False

    def reduce(self, of: Assessed) -> Sequence[TableValue]:
        """The mean, then one a kind. Raises `RefusedSet` where a picture has no map or none counts."""
        levels = _told(of)
        counted = self.counted(levels)
        if not counted.any():
            raise RefusedSet("no picture of the data set counts here")
        values, clusters = self.of(levels.astype(np.float64)), np.array(of.clusters)
        sums = cluster_sums(values[counted][:, None], clusters[counted])
        drawn = [sums.resampled(weights)[0][:, 0] for weights in resampled_weights(sums.clusters, RESAMPLES, 0)]
        (whole,) = mean_intervals(values[counted][:, None], clusters[counted])
        found = [TableValue(whole.value, whole.lo, whole.hi, replicates=np.concatenate(drawn))]
        for kind, mine in _kinds(of, counted).items():
            (part,) = mean_intervals(values[mine][:, None], clusters[mine])
            found.append(TableValue(part.value, part.lo, part.hi, f"kind:{kind}"))
        return found

    @staticmethod
    @abstractmethod
    def counted(levels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which pictures of levels [n, 2, 256] count: [n]. It hangs on the labels only."""

    @staticmethod
    @abstractmethod
    def of(levels: Floats) -> Floats:
        """Of levels [n, 2, 256]: [n]."""


class ArtifactImageIou(_EachPicture):
    """IoU of each picture that has marked pixels, averaged; the others are judged by `CleanArea`.

    Example:
        >>> levels = np.zeros((2, 2, 256)); levels[:, 0, 0], levels[0, 1, 200], levels[1, 1, 0] = 6, 2, 2
        >>> ArtifactImageIou.of(levels)
        array([1., 0.])
    """

    @staticmethod
    def counted(levels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Pictures with marked pixels."""
        return np.asarray(levels[:, 1].sum(1) > 0)

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]."""
        return _iou(levels, THRESHOLD)


class CleanArea(_EachPicture):
    """Share of pixels that are found in pictures where nothing is marked, averaged over these.

    Example:
        >>> levels = np.zeros((1, 2, 256)); levels[0, 0, [0, 200]] = 6, 2
        >>> CleanArea.of(levels)
        array([0.25])
    """

    @staticmethod
    def counted(levels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Pictures without marked pixels."""
        return np.asarray(levels[:, 1].sum(1) == 0)

    @staticmethod
    def of(levels: Floats) -> Floats:
        """In [0, 1]."""
        return _share(levels[:, :, THRESHOLD:].sum((1, 2)), levels.sum((1, 2)))
