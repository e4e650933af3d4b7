"""Strengths, ranks and agreement from answers: by hand, by simulation, and laws that hold whatever was answered."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.stats.answers import Answer, Preferences
from harness.stats.davidson import all_pairs, fit, groups_apart, model_errors, probabilities, unbounded
from harness.stats.preferences import metric_agreements, preferences, resamples_of
from harness.stats.twoway import two_way

ENTRIES = ("a", "b", "c")
CHOICES = ("left", "right", "same")


def answer(left: str, right: str, choice: str, number: int = 0, rater: str = "r0", picture: int = 0) -> Answer:
    return Answer(rater, f"t{number}", f"s{picture}", f"p{picture}", left, right, choice)  # type: ignore[arg-type]


def simulated(
    rng: np.random.Generator, raters: int, pictures: int, theta: Sequence[float], nu: float, spread: float = 0.0
) -> list[Answer]:
    """Every rater judges every pair on every picture; `spread`: how much a picture moves an entry's strength."""
    moved = np.asarray(theta) + rng.normal(0, spread, (pictures, len(theta)))
    given_answers = []
    for picture in range(pictures):
        chances = probabilities(moved[picture][None], np.array([math.log(nu)]))[0]
        for p, (i, j) in enumerate(all_pairs(len(theta))):
            for rater in range(raters):
                outcome = rng.choice(3, p=chances[p])
                given_answers.append(
                    answer(ENTRIES[i], ENTRIES[j], CHOICES[outcome], len(given_answers), f"r{rater}", picture)
                )
    return given_answers


@st.composite
def studies(draw: st.DrawFn) -> list[Answer]:
    """Answers to all pairs of three entries, so that everything is joined."""
    made = []
    for number in range(draw(st.integers(6, 30))):
        i, j = [(0, 1), (1, 2), (0, 2)][number % 3]
        choice = draw(st.sampled_from(CHOICES))
        rater, picture = f"r{draw(st.integers(0, 4))}", draw(st.integers(0, 5))
        made.append(answer(ENTRIES[i], ENTRIES[j], choice, number, rater, picture))
    return made


def _numbers(found: Preferences) -> dict[str, list[float]]:
    return {
        one.entry: [one.strength.value, one.strength.lo, one.strength.hi, one.preferred.value, one.rank]
        for one in found.strengths
    }


def _assert_equal(one: Preferences, other: Preferences) -> None:
    assert one.nu == pytest.approx(other.nu, rel=1e-4)
    for entry, values in _numbers(one).items():
        assert values == pytest.approx(_numbers(other)[entry], abs=1e-4, nan_ok=True)


# ---- by hand


def test_two_entries_are_solved_by_hand() -> None:
    """Six for a, three for b, three ties. Without a prior P(tie) = 3/12 and the odds a : b = 6 : 3, so
    θ_a - θ_b = log 2 and ν = P(tie) / √(P(a) P(b)) = 3 / √18."""
    theta, log_nu = fit(np.array([[[6.0, 3.0, 3.0]]]), 2, prior_sd=1e6)
    assert theta[0, 0] - theta[0, 1] == pytest.approx(math.log(2), abs=1e-6)
    assert theta[0].sum() == pytest.approx(0, abs=1e-6)
    assert math.exp(log_nu[0]) == pytest.approx(3 / math.sqrt(18), abs=1e-6)
    assert probabilities(theta, log_nu)[0, 0] == pytest.approx([6 / 12, 3 / 12, 3 / 12], abs=1e-6)


def test_without_ties_it_is_the_model_of_bradley_and_terry() -> None:
    """Counts made by the model itself, of strengths 4 : 2 : 1, are explained without an error."""
    counts = np.array([[[40.0, 20.0, 0.0], [80.0, 20.0, 0.0], [40.0, 20.0, 0.0]]])
    theta, log_nu = fit(counts, 3, prior_sd=30.0)
    assert np.exp(theta[0] - theta[0, 2]) == pytest.approx([4, 2, 1], rel=1e-3)
    assert log_nu[0] < -5


def test_the_fit_is_where_the_penalised_likelihood_is_flat() -> None:
    counts = np.random.default_rng(3).integers(0, 9, (1, 6, 3)).astype(float)
    theta, log_nu = fit(counts, 4)

    def objective(parameters: np.ndarray) -> float:
        chances = probabilities(parameters[None, :-1], parameters[None, -1])
        return float((counts[0] * np.log(chances[0])).sum() - (parameters**2).sum() / 18)

    best = np.append(theta[0], log_nu[0])
    for direction in np.eye(5):
        assert objective(best + 1e-3 * direction) < objective(best)
        assert objective(best - 1e-3 * direction) < objective(best)


# ---- laws


@settings(max_examples=12, deadline=None)
@given(studies(), st.randoms(use_true_random=False), st.data())
def test_neither_order_nor_sides_matter(given_answers: list[Answer], random: object, data: st.DataObject) -> None:
    shuffled = [
        one.mirrored() if data.draw(st.booleans()) else one for one in data.draw(st.permutations(given_answers))
    ]
    _assert_equal(preferences(given_answers, ENTRIES), preferences(shuffled, ENTRIES))


@settings(max_examples=12, deadline=None)
@given(studies())
def test_exchanging_two_entries_exchanges_their_strengths(given_answers: list[Answer]) -> None:
    other = {"a": "b", "b": "a", "c": "c"}
    renamed = [dataclasses.replace(one, left=other[one.left], right=other[one.right]) for one in given_answers]
    before, after = _numbers(preferences(given_answers, ENTRIES)), _numbers(preferences(renamed, ENTRIES))
    for entry, values in before.items():
        assert values == pytest.approx(after[other[entry]], abs=1e-4, nan_ok=True)


@settings(max_examples=12, deadline=None)
@given(studies())
def test_turning_every_answer_round_turns_every_strength_round(given_answers: list[Answer]) -> None:
    turned = [dataclasses.replace(one, choice=one.mirrored().choice) for one in given_answers]
    before, after = _numbers(preferences(given_answers, ENTRIES)), _numbers(preferences(turned, ENTRIES))
    for entry, (value, lo, hi, chance, _) in before.items():
        assert [value, lo, hi] == pytest.approx(
            [-after[entry][0], -after[entry][2], -after[entry][1]], abs=1e-3, nan_ok=True
        )
        assert chance == pytest.approx(1 - after[entry][3], abs=1e-4)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=5), st.floats(-2, 2), st.floats(-5, 5))
def test_a_constant_added_to_every_strength_cancels(theta: list[float], log_nu: float, constant: float) -> None:
    strengths, nu = np.array([theta]), np.array([log_nu])
    assert probabilities(strengths + constant, nu) == pytest.approx(probabilities(strengths, nu), abs=1e-9)
    assert probabilities(strengths, nu).sum(axis=-1) == pytest.approx(1)


# ---- what cannot be told


def test_entries_that_were_never_compared_are_named() -> None:
    with pytest.raises(HarnessError, match="not even through a third: a, b; c, d"):
        preferences([answer("a", "b", "left"), answer("c", "d", "same")], ("a", "b", "c", "d"))
    with pytest.raises(HarnessError, match="nobody has compared"):
        preferences([], ENTRIES)
    with pytest.raises(HarnessError, match="'x', which is no entry"):
        preferences([answer("a", "x", "left")], ENTRIES)
    assert groups_apart(np.eye(2, dtype=bool)) == [[0], [1]]


def test_an_entry_that_never_lost_is_finite_by_the_prior_and_says_so() -> None:
    given_answers = [answer("a", other, "left", n, picture=n) for n, other in enumerate("bcbcbc")]
    given_answers += [answer("b", "c", "left", 9), answer("c", "b", "left", 10)]
    found = preferences(given_answers, ENTRIES)
    assert [(one.entry, one.unbounded) for one in found.strengths] == [("a", True), ("b", False), ("c", False)]
    assert 1 < found.strengths[0].strength.value < 5
    beats = np.array([[0, 1], [0, 0]], dtype=bool)
    assert unbounded(beats) == [0, 1]
    assert unbounded(beats | beats.T) == []


def test_answers_that_all_agree_leave_an_error() -> None:
    """Resamples of four equal answers are equal: by them alone the first would be better beyond any doubt."""
    made = [answer("a", "b", "left", n, picture=n) for n in range(4)]
    found = preferences(made, ("a", "b"))
    first = found.strengths[0]
    assert first.strength.hi - first.strength.lo > 2
    assert found.pairs[0].p > 0.05
    assert (first.rank_lo, first.rank_hi) == (1, 2)
    assert found.pairs[0].chance.lo < found.pairs[0].chance.value < 1


def test_the_models_own_error_by_hand() -> None:
    """Of 60 decided and no tied answers, 40 to 20, the log-odds have the error √(1/40 + 1/20), with hardly a prior."""
    counts = np.array([[[40.0, 20.0, 0.0]]])
    theta, log_nu = fit(counts, 2)
    (error,) = model_errors(lambda strengths, _: strengths[:, :1] - strengths[:, 1:], theta, log_nu, counts)
    assert error == pytest.approx(math.sqrt(1 / 40 + 1 / 20), rel=0.05)


def test_few_pictures_tell_no_interval_and_few_raters_only_of_themselves() -> None:
    made = [answer("a", "b", CHOICES[n % 3], n, "r0", n % 3) for n in range(12)]
    found = preferences(made, ("a", "b"))
    assert math.isnan(found.strengths[0].strength.lo)
    assert math.isnan(found.pairs[0].p)
    assert not found.by_rater
    assert (found.strengths[0].rank_lo, found.strengths[0].rank_hi) == (1, 2)


def test_catch_trials_and_repeats_do_not_count() -> None:
    made = [answer("a", "b", "left", n, picture=n) for n in range(5)]
    extra = [dataclasses.replace(made[0], trial="c", better="right", choice="right")]
    extra += [dataclasses.replace(made[0].mirrored(), trial="r", repeats="t0")]
    _assert_equal(preferences(made, ("a", "b")), preferences(made + extra, ("a", "b")))


# ---- simulation


def test_strengths_are_recovered() -> None:
    truth, nu = (0.8, 0.1, -0.9), 0.6
    found = preferences(simulated(np.random.default_rng(1), 12, 60, truth, nu), ENTRIES)
    assert [one.entry for one in found.strengths] == ["a", "b", "c"]
    assert [one.strength.value for one in found.strengths] == pytest.approx(truth, abs=0.12)
    assert found.nu == pytest.approx(nu, rel=0.1)
    assert [(one.rank_lo, one.rank_hi) for one in found.strengths] == [(1, 1), (2, 2), (3, 3)]
    assert [one.group for one in found.strengths] == ["a", "b", "c"]
    assert found.by_rater


def test_intervals_cover_where_pictures_move_strengths() -> None:
    """Alike entries, but a picture favours one or the other: what ignores pictures holds too few truths."""
    rng = np.random.default_rng(5)
    held = {"by picture": 0, "by answer": 0}
    runs = 40
    for _ in range(runs):
        made = simulated(rng, 5, 15, (0.0, 0.0), 0.5, spread=2.0)
        naive = [dataclasses.replace(one, rater="r", cluster=one.trial) for one in made]
        for name, given_answers in (("by picture", made), ("by answer", naive)):
            interval = preferences(given_answers, ("a", "b")).strengths[0].strength
            held[name] += interval.lo <= 0 <= interval.hi
    assert held["by picture"] >= 0.9 * runs
    assert held["by answer"] < 0.85 * runs


def test_the_error_of_a_mean_is_that_of_two_way_clusters() -> None:
    """Balanced answers y = rater + picture + noise: Var(mean) = σ_r²/R + σ_p²/C + σ_e²/RC, noise counted once."""
    rng = np.random.default_rng(2)
    raters, pictures = (
        [f"r{n:02}" for n in range(20) for _ in range(30)],
        [f"p{n:02}" for _ in range(20) for n in range(30)],
    )
    errors = []
    for _ in range(12):
        values = np.repeat(rng.normal(0, 1, 20), 30) + np.tile(rng.normal(0, 1, 30), 20) + rng.normal(0, 4, 600)
        resamples = two_way(raters, pictures, resamples=400)
        errors.append(resamples.error(resamples.sums(values[:, None], pictures, raters)[:, 0] / 600))
    assert np.mean(errors) == pytest.approx(math.sqrt(1 / 20 + 1 / 30 + 16 / 600), rel=0.1)


def test_without_raters_enough_only_pictures_are_resampled() -> None:
    pictures = [f"p{n % 4}" for n in range(20)]
    alone, five = two_way(["r0"] * 20, pictures, resamples=50), two_way("abcde" * 4, pictures, resamples=50)
    assert (alone.by_rater, five.by_rater) == (False, True)
    assert len(alone.sums(np.ones((20, 1)), pictures, ["r0"] * 20)) == 50
    sums = five.sums(np.ones((20, 1)), pictures, list("abcde" * 4))
    assert sums[:, 0].tolist() == [20.0] * 150  # every rater met every picture once
    assert five.interval(0.9, sums[:, 0] / 20, 20, share=True).hi == 0.9


# ---- metrics


def test_a_metrics_agreement_by_hand() -> None:
    made = [answer("a", "b", "left", n, picture=n) for n in range(6)] + [answer("a", "b", "same", 9, picture=9)]
    psnr = {("a", f"s{n}"): 20.0 for n in range(5)} | {("b", f"s{n}"): 19.0 + n / 2 for n in range(5)}
    found = metric_agreements(made, {"psnr": psnr, "lpips": psnr}, {"psnr": True, "lpips": False}, resamples_of(made))
    # b scores 19, 19.5, 20 (a tie), 20.5, 21; sample 5 has no score; the seventh answer is "same".
    assert [(one.share.value, one.share.n, one.ties, one.undefined) for one in found] == [(0.5, 5, 1, 1)] * 2
    good = {key: value if key[0] == "a" else 0.0 for key, value in psnr.items()}
    shares = metric_agreements(made, {"m": good, "w": good}, {"m": True, "w": False}, resamples_of(made))
    assert [one.share.value for one in shares] == [1.0, 0.0]
