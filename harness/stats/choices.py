"""Does a metric choose as people do, between two pictures of one thing (two-alternative forced choice)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.stats.clusters import Floats
from harness.stats.intervals import mean_intervals
from harness.stats.model import Interval

__all__ = ["CHOICES", "ChoiceAgreement", "choice_agreement"]

CHOICES = ("better", "same", "worse")
"""What a person may say of the second picture against the first."""


@dataclass(frozen=True)
class ChoiceAgreement:
    """How often a metric chose as people did.

    Attributes:
        agreement: mean over decided choices with its interval by picture, cut to [0, 1]; None where there is none. An
            interval of no width says that no picture differs from another, not that none would.
        decided, same: choices (`better` or `worse`; `same`) on which the metric has both values.
        ties: decided ones where the metric has equal values: half an agreement each.
        undefined: choices on which it lacks a value; not counted above.
        told: how well the size of the metric's difference tells decided choices from `same` ones (area under the ROC
            curve: .5 says not at all); NaN where either kind is missing.
    """

    agreement: Interval | None
    decided: int
    same: int
    ties: int
    undefined: int
    told: float


def choice_agreement(
    first: Floats, second: Floats, choices: Sequence[str], pictures: Sequence[str], *, higher_is_better: bool
) -> ChoiceAgreement:
    """Compare a metric's values of first and second pictures [N] with what people chose.

    ours: a decided choice counts 1 where the metric prefers the same picture, 1/2 where it has no preference; so a
    metric that is constant has .5. `same` has no right answer in a forced choice and is judged apart (`told`).

    Args:
        first, second: NaN where undefined.
        choices: of `CHOICES`, of the second picture against the first.
        pictures: what is resampled as a whole.

    Raises ValueError for another word, and for lengths that differ.

    Example:
        >>> one, two = np.zeros(4), np.array([1.0, -1, 0, 0])
        >>> chosen = ["better", "better", "worse", "same"]
        >>> found = choice_agreement(one, two, chosen, list("abcd"), higher_is_better=True)
        >>> round(found.agreement.value, 3), found.decided, found.ties, found.same
        (0.5, 3, 1, 1)
    """
    if unknown := set(choices) - set(CHOICES):
        raise ValueError(f"a choice is better, same or worse, not {sorted(unknown)[0]!r}")
    if len({len(first), len(second), len(choices), len(pictures)}) != 1:
        raise ValueError("first, second, choices and pictures are as many")
    margin = (second - first) * (1 if higher_is_better else -1)
    known = np.isfinite(margin)
    wanted = np.array([{"better": 1.0, "same": 0.0, "worse": -1.0}[choice] for choice in choices])
    decided, same = known & (wanted != 0), known & (wanted == 0)
    right = 0.5 + 0.5 * np.sign(margin[decided]) * wanted[decided]
    names = np.asarray(pictures)[decided]
    return ChoiceAgreement(
        agreement=_within(mean_intervals(right[:, None], names)[0]) if decided.any() else None,
        decided=int(decided.sum()),
        same=int(same.sum()),
        ties=int((margin[decided] == 0).sum()),
        undefined=int((~known).sum()),
        told=_roc_area(np.abs(margin[decided]), np.abs(margin[same])),
    )


def _within(of: Interval) -> Interval:
    """A share's interval ends where a share does; NaN stays."""
    lo, hi = np.clip((of.lo, of.hi), 0.0, 1.0)
    return replace(of, lo=float(lo), hi=float(hi))


def _roc_area(above: Floats, below: Floats) -> float:
    """How often one of the first is larger than one of the second, ties half."""
    if not len(above) or not len(below):
        return float("nan")
    ordered = np.sort(below)
    smaller, smaller_or_equal = (np.searchsorted(ordered, above, side) for side in ("left", "right"))
    return float((smaller + smaller_or_equal).mean() / 2 / len(below))
