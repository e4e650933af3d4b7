"""Agreement with people's choices: by hand, and laws that any metric meets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stats.choices import CHOICES, ChoiceAgreement, choice_agreement

ROWS = st.lists(
    st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.sampled_from(CHOICES), st.sampled_from("abcdefg")),
    min_size=1, max_size=30,
)  # fmt: skip
SWAPPED = {"better": "worse", "same": "same", "worse": "better"}


def of(rows: list[tuple[int, int, str, str]], *, higher_is_better: bool = True) -> ChoiceAgreement:
    first, second, choices, pictures = zip(*rows, strict=True)
    return choice_agreement(np.array(first, float), np.array(second, float), choices, pictures,
                            higher_is_better=higher_is_better)  # fmt: skip


def test_by_hand() -> None:
    rows = [(0, 1, "better", "a"), (1, 0, "better", "b"), (0, 0, "worse", "c"), (2, 0, "worse", "d"),
            (0, 0, "same", "a"), (0, 1, "same", "b")]  # fmt: skip
    found = of(rows)
    assert found.agreement is not None
    assert found.agreement.value == pytest.approx((1 + 0 + 0.5 + 1) / 4)
    assert 0 == found.agreement.lo < found.agreement.value < found.agreement.hi == 1, "of four pictures, cut"
    assert (found.decided, found.same, found.ties, found.undefined) == (4, 2, 1, 0)
    # |differences| 1, 1, 0, 2 against 0, 1: pairs won 1, 1, 0, 1 and 0.5, 0.5, 0, 1; tied with 0: 0.5
    assert found.told == pytest.approx((1.5 + 1.5 + 0.5 + 2) / 8)


@settings(max_examples=30)
@given(ROWS)
def test_swapping_the_pictures_or_the_metric_s_sign_changes_nothing_twice(
    rows: list[tuple[int, int, str, str]],
) -> None:
    found = of(rows)
    mirrored = of([(b, a, SWAPPED[choice], picture) for a, b, choice, picture in rows])
    lower = of([(-a, -b, choice, picture) for a, b, choice, picture in rows], higher_is_better=False)
    assert repr(mirrored) == repr(found)
    assert repr(lower) == repr(found)
    against = of(rows, higher_is_better=False)
    if found.agreement is not None and against.agreement is not None:
        assert against.agreement.value == pytest.approx(1 - found.agreement.value)


@settings(max_examples=30)
@given(ROWS)
def test_who_says_nothing_agrees_half_and_who_says_the_same_always(rows: list[tuple[int, int, str, str]]) -> None:
    constant = of([(1, 1, choice, picture) for _, _, choice, picture in rows])
    perfect = of([(0, CHOICES[::-1].index(choice) - 1, choice, picture) for _, _, choice, picture in rows])
    for found, value, told in ((constant, 0.5, 0.5), (perfect, 1.0, 1.0)):
        assert found.decided + found.same == len(rows)
        if found.agreement is not None:
            assert found.agreement.value == value
        if found.decided and found.same:
            assert found.told == told
    assert constant.ties == constant.decided


def test_what_is_undefined_is_counted_apart_and_nothing_decided_has_no_agreement() -> None:
    found = choice_agreement(
        np.array([math.nan, 0]), np.array([1.0, 1]), ["better", "same"], ["a", "b"], higher_is_better=True
    )
    assert (found.agreement, found.decided, found.same, found.undefined) == (None, 0, 1, 1)
    assert math.isnan(found.told)


def test_other_words_and_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="better, same or worse, not 'b'"):
        of([(0, 1, "b", "a")])
    with pytest.raises(ValueError, match="as many"):
        choice_agreement(np.zeros(2), np.zeros(1), ["same"], ["a"], higher_is_better=True)
