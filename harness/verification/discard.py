"""Error against discard (EDC): FNMR of what is left, with one threshold for all or one for each share.

Two rules are in use and do not agree. *Fixed*: set once before anything is discarded (NIST, Schlett et al.,
arXiv 2303.13294). *Re-estimated*: set again on what is left so that the FMR stays (SDD-FIQA, SER-FIQ, MagFace,
CR-FIQA). Every curve here says which.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.stats.clusters import Floats
from harness.verification.comparisons import Ranked
from harness.verification.thresholds import fnmr

__all__ = [
    "Errors",
    "Threshold",
    "aoc",
    "area",
    "at",
    "fixed_errors",
    "published_shares",
    "re_estimated_errors",
    "relative_area",
    "theoretical_best",
]

Threshold = Callable[[Floats, Floats], float]
"""(similarities of genuine pairs, of impostor pairs) -> threshold."""


@dataclass(frozen=True)
class Errors:
    """FNMR `error` [K] where the share `discarded` [K] (ascending from 0) is gone; NaN where no genuine pair is left.

    `step`: an error holds up to the next share; otherwise points are joined.
    """

    discarded: Floats
    error: Floats
    step: bool


def published_shares() -> tuple[float, ...]:
    """0, 0.05 … 0.95, as CR-FIQA and the works around it discard."""
    return tuple(float(share) for share in np.arange(0, 0.98, 0.05))


def fixed_errors(of: Ranked, threshold: float) -> Errors:
    """A step wherever quality changes, and (1, 0) at the end (dasec/quality-assessment-evaluation).

    Equal qualities leave together.
    """
    levels, gone = np.unique(of.population, return_index=True)
    quality, failed = of.quality[of.genuine], of.matches < threshold
    failures = np.concatenate([np.cumsum(failed[::-1])[::-1], [0]])
    start = np.searchsorted(quality, levels, "left")
    left = len(quality) - start
    error = np.divide(failures[start], left, out=np.full(len(levels), np.nan), where=left > 0)
    return Errors(np.append(gone / len(of.population), 1.0), np.append(error, 0.0), step=True)


def re_estimated_errors(of: Ranked, threshold: Threshold, shares: Sequence[float] | None = None) -> Errors:
    """FNMR at each share with the threshold of the pairs that are left; NaN where one kind of pair ran out.

    Args:
        shares: ascending from 0; `published_shares` by default.
    """
    shares = published_shares() if shares is None else shares
    errors = []
    for share in shares:
        matches, impostors = of.kept(share)
        both = len(matches) and len(impostors)
        errors.append(fnmr(matches, threshold(matches, impostors)) if both else math.nan)
    return Errors(np.asarray(shares, np.float64), np.asarray(errors), step=False)


def at(of: Errors, share: float) -> float:
    """The error where `share` is discarded: of the step that it lies in, or between two joined points.

    Raises ValueError beyond the last share.
    """
    if not 0 <= share <= of.discarded[-1] + 1e-9:
        raise ValueError(f"a share of {share} is not on this curve")
    if not of.step:
        return float(np.interp(share, of.discarded, of.error))
    return float(of.error[int(np.searchsorted(of.discarded, share + 1e-12, "right")) - 1])


def area(of: Errors, limit: float) -> float:
    """∫ FNMR over discards from 0 to `limit`, not divided by it: rectangles of steps, trapezoids of joined points.

    Raises ValueError for a limit beyond the last share.
    """
    if not 0 <= limit <= of.discarded[-1] + 1e-9:
        raise ValueError(f"a limit of {limit} is not on this curve")
    inside = of.discarded < limit - 1e-12
    ends = np.append(of.discarded[inside], limit)
    if of.step:
        return float(np.sum(np.diff(ends) * of.error[inside]))
    return float(np.trapezoid(np.append(of.error[inside], at(of, min(limit, of.discarded[-1]))), ends))


def relative_area(of: Errors, limit: float) -> float:
    """`area` over what it would be without a discard, FNMR(0) · limit; 1 is what chance does. NaN without errors.

    As CLIB-FIQA's AUC (0.95) and pAUC (0.3) must be scaled, since they reach 1.
    """
    return _over(area(of, limit), float(of.error[0]) * limit)


def aoc(of: Errors) -> float:
    """Area over curve as SDD-FIQA prints it: 1 - ∫ FNMR over 0 … 0.95 / FNMR(0); NaN without errors.

    The definition was found by measuring the paper's published curves (0.795 / 0.633 / 0.723 of them against
    0.799 / 0.631 / 0.724 printed); dividing by 0.95 as well does not fit.
    """
    return 1 - _over(area(of, 0.95), float(of.error[0]))


def _over(value: float, whole: float) -> float:
    return value / whole if whole > 0 else math.nan


def theoretical_best(error: float, limit: float) -> float:
    """∫ max(0, error - r) over r from 0 to `limit`: every pair discarded is one that failed (NIST's "perfect")."""
    return error**2 / 2 - max(0.0, error - limit) ** 2 / 2
