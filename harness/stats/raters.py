"""How far raters can be relied on, and how well they agree with themselves and with each other."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from harness.stats.answers import Answer, Ceiling, RaterQuality
from harness.stats.twoway import TwoWay

__all__ = ["FEWEST_CATCHES", "LEAST_PASSED", "ceiling", "krippendorff_alpha", "rater_qualities", "relied_on"]

LEAST_PASSED = 0.75
"""ours: a rater who passes fewer of the catch trials does not count: who answers blindly passes a third of them or
half, and one slip in four is human."""

FEWEST_CATCHES = 2
"""ours: nobody is judged by one catch trial."""


def rater_qualities(answers: Sequence[Answer], *, least: float = LEAST_PASSED) -> tuple[RaterQuality, ...]:
    """Every rater, by name.

    Args:
        least: share of catch trials to be passed, of `FEWEST_CATCHES` or more, for a rater to count.
    """
    by_rater: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_rater[answer.rater].append(answer)
    return tuple(_quality(rater, by_rater[rater], least) for rater in sorted(by_rater))


def _quality(rater: str, answers: Sequence[Answer], least: float) -> RaterQuality:
    catches = [answer for answer in answers if answer.better]
    passed = sum(answer.choice == answer.better for answer in catches)
    again = _repeated(answers)
    sides = Counter(answer.choice for answer in answers if not answer.better)
    times = [answer.seconds for answer in answers if math.isfinite(answer.seconds)]
    failed = len(catches) >= FEWEST_CATCHES and passed < least * len(catches)
    return RaterQuality(
        rater=rater,
        answers=len(answers),
        catches=len(catches),
        passed=passed,
        repeats=len(again),
        consistent=sum(first.preferred == second.preferred for first, second in again),
        lefts=sides["left"],
        rights=sides["right"],
        sames=sides["same"],
        seconds=statistics.median(times) if times else math.nan,
        excluded=f"passed {passed} of {len(catches)} catch trials, fewer than {100 * least:g} %" if failed else "",
    )


def relied_on(answers: Sequence[Answer], qualities: Sequence[RaterQuality]) -> list[Answer]:
    """Answers of raters who are not excluded, catch trials and repeats among them."""
    excluded = {quality.rater for quality in qualities if quality.excluded}
    return [answer for answer in answers if answer.rater not in excluded]


def ceiling(answers: Sequence[Answer], resamples: TwoWay) -> Ceiling:
    """About the most that a metric can be asked for: people's agreement with themselves and with each other."""
    own = [pair for pair in _repeated(answers) if _decided(*pair)]
    others = [(a, b) for unit in _units(answers) for a, b in combinations(unit, 2) if _decided(a, b)]
    return Ceiling(
        own=resamples.share(_alike(own), [a.cluster for a, _ in own], [a.rater for a, _ in own]),
        others=resamples.share(
            _alike(others), [a.cluster for a, _ in others], [a.rater for a, _ in others], [b.rater for _, b in others]
        ),
        alpha=krippendorff_alpha([values for unit in _units(answers) for values in _both_ways(unit)]),
    )


def krippendorff_alpha(units: Sequence[Sequence[str]]) -> float:
    """Krippendorff's α for names: 1 - observed / expected disagreement; 1 is perfect, 0 is chance.

    Hayes & Krippendorff, Communication Methods and Measures 1 (2007) 77–89. A unit of one answer tells nothing and is
    left out.

    Args:
        units: the answers to each thing that was judged.

    Returns:
        NaN where no unit has two answers; 1 where all answers are one.
    """
    paired = [unit for unit in units if len(unit) > 1]
    if not paired:
        return math.nan
    totals: Counter[str] = Counter()
    observed = 0.0
    for unit in paired:
        counts = Counter(unit)
        totals.update(counts)
        observed += (len(unit) ** 2 - sum(c * c for c in counts.values())) / (len(unit) - 1)
    n = totals.total()
    expected = (n * n - sum(c * c for c in totals.values())) / (n - 1)
    return 1.0 - observed / expected if expected else 1.0


def _repeated(answers: Sequence[Answer]) -> list[tuple[Answer, Answer]]:
    """Answers to one pair shown twice to one rater."""
    first = {(answer.rater, answer.trial): answer for answer in answers}
    return [
        (first[answer.rater, answer.repeats], answer)
        for answer in answers
        if answer.repeats and (answer.rater, answer.repeats) in first
    ]


def _units(answers: Sequence[Answer]) -> list[list[Answer]]:
    """Counting answers by what they judge, a pair of outputs of one sample, raters in order of their names."""
    units: dict[tuple[str, ...], list[Answer]] = defaultdict(list)
    for answer in sorted(answers, key=lambda answer: (answer.rater, answer.trial)):
        if answer.counts:
            units[answer.sample, *sorted((answer.left, answer.right))].append(answer)
    return list(units.values())


def _both_ways(unit: Sequence[Answer]) -> Iterator[list[str]]:
    """A unit's answers as "+", "-" and "", and again with the two outputs exchanged: which of them is called the first
    means nothing, and must not change what is expected by chance (ours)."""
    first = min(unit[0].left, unit[0].right)
    for sign in ("+-", "-+"):
        yield [answer.preferred and sign[answer.preferred != first] for answer in unit]


def _decided(a: Answer, b: Answer) -> bool:
    return a.choice != "same" and b.choice != "same"


def _alike(pairs: Sequence[tuple[Answer, Answer]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([a.preferred == b.preferred for a, b in pairs], dtype=np.float64)
