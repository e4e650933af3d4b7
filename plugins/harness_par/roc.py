"""Area under the ROC curve by ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

__all__ = ["auroc"]


def auroc(wrong: Sequence[float] | NDArray[np.floating], right: Sequence[float] | NDArray[np.floating]) -> float:
    """How often a score of ``wrong`` is above one of ``right`` (ties count half): 0.5 tells nothing apart.

    NaN where either is empty.

    Example:
        >>> auroc([0.9, 0.4], [0.1, 0.5])
        0.75
    """
    if not len(wrong) or not len(right):
        return float("nan")
    ranks = rankdata(np.concatenate([wrong, right]))[: len(wrong)]
    return float((ranks.sum() - len(wrong) * (len(wrong) + 1) / 2) / (len(wrong) * len(right)))
