"""Catch trials, repeats, sides, and agreement among raters."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.answers import Answer, Choice
from harness.stats.preferences import resamples_of
from harness.stats.raters import ceiling, krippendorff_alpha, rater_qualities, relied_on


def catch(rater: str, number: int, choice: Choice) -> Answer:
    return Answer(rater, f"c{number}", "s", "p", "truth", "damaged", choice, better="left", seconds=2.0)


def shown(rater: str, trial: str, left: str, right: str, choice: Choice, repeats: str = "") -> Answer:
    return Answer(rater, trial, "s0", "p0", left, right, choice, repeats, seconds=4.0)


def test_a_rater_who_fails_catch_trials_is_shown_and_does_not_count() -> None:
    answers = [catch("careful", n, "left") for n in range(4)] + [catch("careless", n, "same") for n in range(4)]
    answers += [catch("slips once", n, "right" if n == 0 else "left") for n in range(4)] + [catch("new", 0, "right")]
    found = {one.rater: one for one in rater_qualities(answers)}
    assert found["careless"].excluded == "passed 0 of 4 catch trials, fewer than 75 %"
    assert [name for name, one in found.items() if one.excluded] == ["careless"]
    assert {one.rater for one in relied_on(answers, rater_qualities(answers))} == {"careful", "slips once", "new"}


def test_repeats_and_sides_are_counted() -> None:
    answers = [
        shown("r", "t1", "a", "b", "left"), shown("r", "t2", "b", "a", "right", repeats="t1"),  # a both times
        shown("r", "t3", "a", "c", "left"), shown("r", "t4", "c", "a", "left", repeats="t3"),  # always left
        shown("r", "t5", "b", "c", "same"), catch("r", 0, "right"),
    ]  # fmt: skip
    (found,) = rater_qualities(answers)
    assert (found.repeats, found.consistent) == (2, 1)
    assert (found.lefts, found.rights, found.sames) == (3, 1, 1)
    assert (found.catches, found.passed, found.answers, found.seconds) == (1, 0, 6, 4.0)


def test_the_ceiling_is_told_by_decided_pairs() -> None:
    answers = [
        shown("r1", "t1", "a", "b", "left"), shown("r2", "t1", "b", "a", "right"), shown("r3", "t1", "a", "b", "right"),
        shown("r4", "t1", "a", "b", "same"), shown("r1", "t2", "b", "a", "right", repeats="t1"),
    ]  # fmt: skip
    found = ceiling(answers, resamples_of(answers))
    assert (found.own.value, found.own.n) == (1.0, 1)
    assert (found.others.value, found.others.n) == (pytest.approx(1 / 3), 3)  # r1-r2 alike; r3 with neither


def test_krippendorffs_alpha_by_hand() -> None:
    # Hayes & Krippendorff: of units {a, a}, {a, b}: n = 4, n_a = 3, n_b = 1; observed 2 / 1 = 2 of 4 values,
    # expected (16 - 10) / 3 = 2: alpha = 1 - 2 / 2 = 0.
    assert krippendorff_alpha([["a", "a"], ["a", "b"]]) == pytest.approx(0)
    assert krippendorff_alpha([["a", "a"], ["b", "b"], ["c"]]) == 1
    assert krippendorff_alpha([["a", "b"], ["b", "a"]]) < 0
    assert math.isnan(krippendorff_alpha([["a"], ["b"]]))


@given(st.lists(st.lists(st.sampled_from(["+", "-", ""]), min_size=2, max_size=4), min_size=1, max_size=8))
def test_alpha_is_one_minus_a_ratio_of_disagreements(units: list[list[str]]) -> None:
    values = [value for unit in units for value in unit]
    observed = sum(2 * sum(a != b for a, b in combinations(unit, 2)) / (len(unit) - 1) for unit in units) / len(values)
    expected = 2 * sum(a != b for a, b in combinations(values, 2)) / (len(values) * (len(values) - 1))
    wanted = 1 - observed / expected if expected else 1.0
    assert krippendorff_alpha(units) == pytest.approx(wanted)


@given(st.lists(st.sampled_from(["left", "right", "same"]), min_size=2, max_size=6), st.sampled_from(["ab", "yx"]))
def test_which_entry_is_called_the_first_does_not_change_alpha(choices: list[Choice], names: str) -> None:
    one = [shown(f"r{n}", "t", "a", "b", choice) for n, choice in enumerate(choices)]
    other = [shown(f"r{n}", "t", names[0], names[1], choice) for n, choice in enumerate(choices)]
    assert ceiling(one, resamples_of(one)).alpha == pytest.approx(ceiling(other, resamples_of(other)).alpha)
