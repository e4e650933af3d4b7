"""P-IDS and U-IDS: can a linear classifier of features tell outputs from truths? (Zhao et al. 2021, CoModGAN.)

One `LinearSVC(dual=False)` is fitted on the features of all truths (class 1) and all outputs (class 0) and judged on
the same rows. With no more rows a class than dimensions it separates any two sets, and both scores are 0 whatever the
method: that is refused, not shown. Even above, they grow with n / dimension: compare equal n only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError, RefusedSet
from harness.metrics.clusters import jackknife
from harness.metrics.inception import VARIANTS, require
from harness.metrics.set_distances import checked

__all__ = ["DiscriminativeScore"]

Features = NDArray[np.floating]
BLOCKS = 32  # ours: groups of the interval


class DiscriminativeScore:
    """``p_ids_<extractor>`` and ``u_ids_<extractor>``, in [0, 1]; higher is better.

    U-IDS = 1 - training accuracy (0.5 where nothing can be told). P-IDS = share of samples whose output looks more
    real than its own truth, ``f(output) > f(truth)``; a copy of the truth is no win, so copies score 0. Features
    ``[n,D]``; a row's output and truth are a pair.

    The interval is a leave-one-cluster-out jackknife of the share *with the classifier held fixed* (ours: a refit for
    every cluster takes minutes): it has the spread of the samples, not that of the fit.

    Args:
        extractor: embedder whose features are classified.
        score: ``paired`` (P-IDS) or ``unpaired`` (U-IDS).

    Example:
        >>> real = np.random.default_rng(0).normal(size=(40, 4))
        >>> DiscriminativeScore("efl0", "unpaired").reduce(real, real, [str(i) for i in range(40)])[0]
        0.5
    """

    def __init__(self, extractor: str, score: str) -> None:
        if score not in ("paired", "unpaired"):
            raise HarnessError(f"a discriminative score is paired or unpaired, not '{score}'")
        self.extractor = extractor
        self.score = score

    @staticmethod
    def available(*, extractor: str, score: str) -> None:
        """Raise `MissingRequirement` where the extractor's file is not here."""
        del score
        if extractor in VARIANTS:
            require(extractor)

    def reduce(self, outputs: Features, truths: Features, clusters: Sequence[str]) -> tuple[float, float, float]:
        """(value, lo, hi). Raises `RefusedSet` where n ≤ D."""
        rows = checked(outputs, truths, clusters)
        n, dimension = outputs.shape
        if n <= dimension:
            raise RefusedSet(f"refused: n = {n} ≤ dimension {dimension}, the classes are separable whatever the method")
        of_output, of_truth = _fitted(outputs, truths)
        if self.score == "paired":
            wins = (of_output > of_truth).astype(np.float64)
        else:
            wins = ((of_output > 0).astype(np.float64) + (of_truth <= 0)) / 2
        return float(wins.mean()), *jackknife(lambda keep: float(wins[keep].mean()), rows, BLOCKS)

    def real_band(self, truths: Features, clusters: Sequence[str]) -> tuple[float, float]:
        """(NaN, NaN): halves of the truths have another n, and the scores of another n are other numbers."""
        del truths, clusters
        return np.nan, np.nan


def _fitted(outputs: Features, truths: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How real each output [n] and each truth [n] looks to the classifier fitted on both."""
    from sklearn.svm import LinearSVC

    classifier = LinearSVC(dual=False)
    classifier.fit(np.concatenate([truths, outputs]), np.repeat([1, 0], [len(truths), len(outputs)]))
    return np.asarray(classifier.decision_function(outputs)), np.asarray(classifier.decision_function(truths))
