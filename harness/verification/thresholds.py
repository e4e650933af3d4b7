"""Where a recogniser's threshold stands: at a false match rate, or at a share of genuine pairs that fail.

Everywhere a pair is accepted where similarity >= threshold: FMR is the share of impostor pairs that are accepted, FNMR
the share of genuine pairs that are not.
"""

from __future__ import annotations

import numpy as np

from harness.stats.clusters import Floats

__all__ = ["FEWEST_FALSE_MATCHES", "enough_impostors", "fnmr", "nearest_to_fmr", "starting_at", "within_fmr"]

FEWEST_FALSE_MATCHES = 10
"""An FMR is told by ten false matches at least: fewer than 10 / FMR impostor pairs are worth a warning."""


def within_fmr(impostors: Floats, fmr: float) -> float:
    """The lowest threshold whose FMR is at most `fmr`, whatever ties there are (ours).

    It is the next float above the (k + 1)-th highest impostor, k = ⌊fmr · n⌋.

    Raises ValueError without impostors.
    """
    if not len(impostors):
        raise ValueError("no impostor pair, no threshold at a false match rate")
    allowed = int(fmr * len(impostors) + 1e-9)
    if allowed >= len(impostors):
        return -np.inf
    place = len(impostors) - 1 - allowed
    return float(np.nextafter(np.partition(impostors, place)[place], np.inf))


def nearest_to_fmr(genuine: Floats, impostors: Floats, fmr: float) -> float:
    """The threshold of CR-FIQA's evaluation (`erc.py`, `roc.py`).

    Of all similarities that occur the lowest s whose FMR is nearest to `fmr`, above it too; then a pair must exceed s.
    With few impostors the FMR may be zero, or many times what was asked for.

    Raises ValueError without impostors.
    """
    if not len(impostors):
        raise ValueError("no impostor pair, no threshold at a false match rate")
    scores = np.unique(np.concatenate([genuine, impostors]))
    accepted = len(impostors) - np.searchsorted(np.sort(impostors), scores, "left")
    nearest = int(np.argmin(np.abs(accepted / len(impostors) - fmr)))
    return float(np.nextafter(scores[nearest], np.inf))


def starting_at(genuine: Floats, error: float) -> float:
    """The threshold at which about `error` of the genuine pairs fail: that quantile, linear between pairs (dasec)."""
    if not len(genuine):
        raise ValueError("no genuine pair, no starting error")
    return float(np.quantile(genuine, error))


def fnmr(genuine: Floats, threshold: float) -> float:
    """Share of genuine pairs below the threshold; NaN without any."""
    return float(np.mean(genuine < threshold)) if len(genuine) else float("nan")


def enough_impostors(impostors: int, fmr: float) -> bool:
    """Whether `impostors` pairs can tell `fmr`: 10 / FMR of them at least."""
    return impostors * fmr >= FEWEST_FALSE_MATCHES * (1 - 1e-9)
