from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.ranks import Place, group_letters, places


def relation(size: int, *pairs: tuple[int, int]) -> np.ndarray:
    beats = np.zeros((size, size), dtype=bool)
    for winner, loser in pairs:
        beats[winner, loser] = True
    return beats


@st.composite
def separable(draw: st.DrawFn) -> np.ndarray:
    size = draw(st.integers(1, 7))
    upper = np.array(draw(st.lists(st.booleans(), min_size=size * size, max_size=size * size))).reshape(size, size)
    return np.triu(upper, 1) | np.triu(upper, 1).T


@given(separable())
def test_a_shared_letter_means_not_separable(apart: np.ndarray) -> None:
    letters = group_letters(apart, range(len(apart)))
    for i in range(len(apart)):
        assert letters[i]
        for j in range(i):
            assert bool(set(letters[i]) & set(letters[j])) == (not apart[i, j])


@given(separable())
def test_no_group_lies_inside_another(apart: np.ndarray) -> None:
    letters = group_letters(apart, range(len(apart)))
    members = [{k for k, text in enumerate(letters) if letter in text} for letter in sorted(set("".join(letters)))]
    assert not any(a <= b for i, a in enumerate(members) for j, b in enumerate(members) if i != j)


def test_letters_start_with_the_best() -> None:
    beats = relation(4, (2, 0), (2, 1), (2, 3), (0, 1))
    assert group_letters(beats | beats.T, [2, 0, 3, 1]) == ["b", "c", "a", "bc"]


def test_many_groups_have_letters() -> None:
    apart = ~np.eye(28, dtype=bool)
    letters = group_letters(apart, range(28))
    assert letters[:2] + letters[25:] == ["a", "b", "z", "(27)", "(28)"]


def test_places_count_who_is_surely_better_and_worse() -> None:
    found = places(np.array([30.0, 28.0, 27.9, 20.0]), relation(4, (0, 1), (0, 2), (0, 3), (1, 3)))
    assert found == [Place(1, 1, 1, "a"), Place(2, 2, 3, "b"), Place(3, 2, 4, "bc"), Place(4, 3, 4, "c")]


def test_equal_means_share_a_rank() -> None:
    assert [place.rank for place in places(np.array([1.0, 2.0, 1.0, 0.0]), relation(4))] == [2, 1, 2, 4]


def test_nobody_to_rank() -> None:
    assert places(np.array([]), relation(0)) == []


@given(separable())
def test_an_interval_of_ranks_holds_the_rank(apart: np.ndarray) -> None:
    goodness = np.arange(len(apart), 0, -1.0)
    found = places(goodness, np.triu(apart))
    assert all(place.low <= place.rank <= place.high for place in found)
    assert [place.rank for place in found] == pytest.approx(range(1, len(apart) + 1))
