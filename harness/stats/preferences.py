"""From answers to strengths, pairs, ranks, and how often each metric agrees with people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from harness.errors import HarnessError
from harness.stats.answers import (
    Answer,
    MetricAgreement,
    PairPreference,
    Preferences,
    Strength,
    StudyResults,
)
from harness.stats.clusters import Floats, Ints
from harness.stats.davidson import all_pairs, fit, groups_apart, model_errors, probabilities, unbounded
from harness.stats.paired import holm
from harness.stats.ranks import places
from harness.stats.raters import LEAST_PASSED, ceiling, rater_qualities, relied_on
from harness.stats.twoway import TwoWay, two_way

__all__ = ["METRIC_TIE", "judge", "metric_agreements", "preferences", "resamples_of"]

ALPHA = 0.05
DIGITS = 6
"""ours: log-strengths that agree in so many decimals share a rank; Newton's method leaves the last few undecided."""
METRIC_TIE = 1e-9
"""ours: relative difference below which a metric calls two outputs equal."""


def resamples_of(answers: Sequence[Answer], *, seed: int = 0) -> TwoWay:
    """The resamples that all statistics of a study share."""
    return two_way([a.rater for a in answers], [a.cluster for a in answers], seed=seed)


def preferences(answers: Sequence[Answer], entries: Sequence[str], *, seed: int = 0) -> Preferences:
    """Davidson's model of the answers that count, with intervals clustered by rater and picture.

    Neither the order of answers nor which side a picture stood on matters.

    Args:
        answers: of raters that are relied on; catch trials and repeats are left out here.
        entries: that were compared.

    Raises:
        HarnessError: fewer than two entries, no answer, an entry that is not one of `entries`, or groups of entries
            that no chain of comparisons joins: there is nothing to say of one against the other.
    """
    counted = [answer for answer in answers if answer.counts]
    _refuse_unconnected(counted, entries)
    pairs = all_pairs(len(entries))
    outcomes = _outcomes(counted, entries)
    counts = outcomes.sum(axis=0).reshape(1, -1, 3)
    resamples = resamples_of(counted, seed=seed)
    drawn = resamples.sums(outcomes, [a.cluster for a in counted], [a.rater for a in counted])
    strengths, log_nu = fit(counts, len(entries))
    of_resamples = fit(drawn.reshape(-1, len(pairs), 3), len(entries))
    chance, chances = _chances(strengths, log_nu)[0], _chances(*of_resamples)
    least = _Least(*(model_errors(of, strengths, log_nu, counts) for of in (_centred, _differences, _flat, _overall)))
    p = _p_values(strengths[0], of_resamples[0], pairs, resamples, least)
    adjusted = holm(p) if np.isfinite(p).all() else p
    made = _strengths(
        entries, counts[0], (strengths[0], of_resamples[0]), (chance, chances), adjusted, resamples, least
    )
    order = [entries.index(one.entry) for one in made]
    return Preferences(
        strengths=made,
        pairs=_pair_rows(order, entries, counts[0], (chance, chances), (p, adjusted), resamples, least),
        nu=math.exp(float(log_nu[0])),
        answers=len(counted),
        raters=len(resamples.raters),
        pictures=len(resamples.pictures),
        by_rater=resamples.by_rater,
    )


def judge(
    answers: Sequence[Answer],
    entries: Sequence[str],
    scores: Mapping[str, Mapping[tuple[str, str], float]],
    higher_is_better: Mapping[str, bool],
    *,
    least_passed: float = LEAST_PASSED,
    seed: int = 0,
) -> StudyResults:
    """Everything that a study's answers say, by raters who passed `least_passed` of their catch trials.

    Args:
        scores, higher_is_better: see `metric_agreements`.
    """
    qualities = rater_qualities(answers, least=least_passed)
    kept = relied_on(answers, qualities)
    resamples = resamples_of(kept, seed=seed)
    try:
        found, reason = preferences(kept, entries, seed=seed), ""
    except HarnessError as error:
        found, reason = None, str(error)
    metrics = metric_agreements(kept, scores, higher_is_better, resamples) if found else ()
    ordered = sorted(metrics, key=lambda one: (-one.share.value if one.share.n else math.inf, one.column))
    return StudyResults(found, reason, qualities, ceiling(kept, resamples), tuple(ordered))


def metric_agreements(
    answers: Sequence[Answer],
    scores: Mapping[str, Mapping[tuple[str, str], float]],
    higher_is_better: Mapping[str, bool],
    resamples: TwoWay,
) -> tuple[MetricAgreement, ...]:
    """Of each metric the share of decided answers in which it orders the pair as the rater did.

    Answers "same" are left out, and a metric that gives both outputs one score (`METRIC_TIE`) counts half, what a coin
    would do (ours).

    Args:
        scores: column → (entry, sample) → score.
        higher_is_better: column → direction.
        resamples: of all answers, see `resamples_of`.
    """
    decided = [answer for answer in answers if answer.counts and answer.preferred]
    return tuple(_agreement(column, decided, scores[column], higher_is_better[column], resamples) for column in scores)


def _agreement(
    column: str, decided: Sequence[Answer], scores: Mapping[tuple[str, str], float], higher: bool, resamples: TwoWay
) -> MetricAgreement:
    kept, hits = [], []
    for answer in decided:
        other = answer.right if answer.preferred == answer.left else answer.left
        chosen, left = (scores.get((entry, answer.sample), math.nan) for entry in (answer.preferred, other))
        if math.isfinite(chosen) and math.isfinite(left):
            kept.append(answer)
            tie = math.isclose(chosen, left, rel_tol=METRIC_TIE, abs_tol=METRIC_TIE)
            hits.append(0.5 if tie else float((chosen > left) == higher))
    share = resamples.share(np.array(hits), [a.cluster for a in kept], [a.rater for a in kept])
    return MetricAgreement(column, share, hits.count(0.5), len(decided) - len(kept))


def _refuse_unconnected(answers: Sequence[Answer], entries: Sequence[str]) -> None:
    if len(entries) < 2:
        raise HarnessError("a comparison needs two entries at least")
    place = {entry: number for number, entry in enumerate(entries)}
    compared = np.zeros((len(entries), len(entries)), dtype=bool)
    for answer in answers:
        strangers = [entry for entry in (answer.left, answer.right) if entry not in place]
        if strangers:
            raise HarnessError(f"trial {answer.trial} compares '{strangers[0]}', which is no entry of the study")
        compared[place[answer.left], place[answer.right]] = True
    if not answers:
        raise HarnessError("nobody has compared any two entries yet")
    groups = groups_apart(compared)
    if len(groups) > 1:
        told = "; ".join(", ".join(entries[number] for number in group) for group in groups)
        raise HarnessError(f"never compared with each other, not even through a third: {told}")


def _outcomes(answers: Sequence[Answer], entries: Sequence[str]) -> Floats:
    """One row an answer: 1 where its pair and outcome stand, [N, P · 3]."""
    place = {entry: number for number, entry in enumerate(entries)}
    number = {(int(i), int(j)): p for p, (i, j) in enumerate(all_pairs(len(entries)))}
    outcomes = np.zeros((len(answers), 3 * len(number)))
    for row, answer in enumerate(answers):
        i, j = sorted((place[answer.left], place[answer.right]))
        outcome = 2 if not answer.preferred else 0 if place[answer.preferred] == i else 1
        outcomes[row, 3 * number[i, j] + outcome] = 1.0
    return outcomes


class _Least(NamedTuple):
    """Errors that the model alone leaves: of log-strengths [E], their differences [P], chances [E · E], [E] overall."""

    strengths: Floats
    differences: Floats
    flat: Floats
    overall: Floats

    @property
    def chances(self) -> Floats:
        """[E, E]."""
        entries = len(self.strengths)
        return self.flat.reshape(entries, entries)


def _centred(strengths: Floats, log_nu: Floats) -> Floats:
    centred: Floats = strengths - strengths.mean(axis=1, keepdims=True)
    return centred


def _differences(strengths: Floats, log_nu: Floats) -> Floats:
    pairs = all_pairs(strengths.shape[1])
    return strengths[:, pairs[:, 0]] - strengths[:, pairs[:, 1]]


def _flat(strengths: Floats, log_nu: Floats) -> Floats:
    return _chances(strengths, log_nu).reshape(len(strengths), -1)


def _overall(strengths: Floats, log_nu: Floats) -> Floats:
    table = _chances(strengths, log_nu)
    return np.stack([_mean_of_others(table, entry) for entry in range(table.shape[1])], axis=1)


def _chances(strengths: Floats, log_nu: Floats) -> Floats:
    """Chance that the row is preferred to the column, a tie counted half, [R, E, E]; ½ on the diagonal."""
    entries = strengths.shape[1]
    pairs, found = all_pairs(entries), probabilities(strengths, log_nu)
    table = np.full((len(strengths), entries, entries), 0.5)
    table[:, pairs[:, 0], pairs[:, 1]] = found[..., 0] + found[..., 2] / 2
    table[:, pairs[:, 1], pairs[:, 0]] = found[..., 1] + found[..., 2] / 2
    return table


def _p_values(strengths: Floats, resampled: Floats, pairs: Ints, resamples: TwoWay, least: _Least) -> Floats:
    """Two-sided p [P] of "equally strong": Student's t of the difference over its bootstrap error; NaN untold."""
    if not resamples.told:
        return np.full(len(pairs), math.nan)
    errors = np.array([resamples.error(resampled[:, i] - resampled[:, j]) for i, j in pairs])
    errors = np.maximum(errors, least.differences)
    differences = np.abs(strengths[pairs[:, 0]] - strengths[pairs[:, 1]])
    t = np.divide(differences, errors, out=np.where(differences > 0, np.inf, 0.0), where=errors > 0)
    p: Floats = 2 * stdtr(resamples.clusters - 1, -t)
    return p


def _strengths(
    entries: Sequence[str],
    counts: Floats,
    theta: tuple[Floats, Floats],
    chances: tuple[Floats, Floats],
    adjusted: Floats,
    resamples: TwoWay,
    least: _Least,
) -> tuple[Strength, ...]:
    """`theta` and `chances`: the estimate, then those of resamples. `adjusted`: p of every pair after Holm."""
    pairs = all_pairs(len(entries))
    wins, ties = np.zeros((2, len(entries), len(entries)))
    wins[pairs[:, 0], pairs[:, 1]], wins[pairs[:, 1], pairs[:, 0]] = counts[:, 0], counts[:, 1]
    ties[pairs[:, 0], pairs[:, 1]] = ties[pairs[:, 1], pairs[:, 0]] = counts[:, 2]
    surely = np.zeros(wins.shape, dtype=bool)
    surely[pairs[:, 0], pairs[:, 1]] = surely[pairs[:, 1], pairs[:, 0]] = adjusted <= ALPHA
    beats = surely & (theta[0][:, None] > theta[0][None, :])
    held = unbounded(wins + ties > 0)
    made, n = [], int(counts.sum())
    for e, place in enumerate(places(np.round(theta[0], DIGITS), beats)):
        overall, of_resamples = float(_mean_of_others(chances[0], e)), _mean_of_others(chances[1], e)
        made.append(
            Strength(
                entry=entries[e],
                strength=resamples.interval(float(theta[0][e]), theta[1][:, e], n, least=least.strengths[e]),
                preferred=resamples.interval(overall, of_resamples, n, share=True, least=least.overall[e]),
                rank=place.rank,
                rank_lo=place.low,
                rank_hi=place.high,
                group=place.group,
                wins=int(wins[e].sum()),
                losses=int(wins[:, e].sum()),
                ties=int(ties[e].sum()),
                unbounded=e in held,
            )
        )
    return tuple(sorted(made, key=lambda one: (-one.strength.value, one.entry)))


def _mean_of_others(chances: Floats, entry: int) -> Floats:
    """Of [..., E, E] the mean of a row without its diagonal, [...]."""
    row = chances[..., entry, :]
    mean: Floats = (row.sum(axis=-1) - row[..., entry]) / (row.shape[-1] - 1)
    return mean


def _pair_rows(
    order: Sequence[int],
    entries: Sequence[str],
    counts: Floats,
    chances: tuple[Floats, Floats],
    tests: tuple[Floats, Floats],
    resamples: TwoWay,
    least: _Least,
) -> tuple[PairPreference, ...]:
    number = {(int(i), int(j)): p for p, (i, j) in enumerate(all_pairs(len(entries)))}
    rows = []
    for place, a in enumerate(order):
        for b in order[place + 1 :]:
            at = number[min(a, b), max(a, b)]
            first, second, same = (int(c) for c in counts[at])
            for_a, for_b = (first, second) if a < b else (second, first)
            n = for_a + for_b + same
            chance = resamples.interval(
                float(chances[0][a, b]), chances[1][:, a, b], n, share=True, least=least.chances[a, b]
            )
            p, adjusted = float(tests[0][at]), float(tests[1][at])
            rows.append(PairPreference(entries[a], entries[b], for_a, for_b, same, chance, p, adjusted))
    return tuple(rows)
