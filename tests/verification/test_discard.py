"""Error against discard: by hand, and what holds for any pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.verification.comparisons import Comparisons, ranked
from harness.verification.discard import (
    aoc,
    area,
    at,
    fixed_errors,
    re_estimated_errors,
    relative_area,
    theoretical_best,
)
from harness.verification.thresholds import enough_impostors, fnmr, nearest_to_fmr, starting_at, within_fmr

SIMILARITY = np.array([0.9, 0.2, 0.8, 0.3, 0.7])
QUALITY = np.array([5.0, 1.0, 4.0, 2.0, 3.0])


def _genuine(similarity: np.ndarray) -> Comparisons:
    """Each pair of a person of its own: images 2 k and 2 k + 1."""
    pairs = len(similarity)
    first = np.arange(0, 2 * pairs, 2)
    return Comparisons(first, first + 1, similarity, np.ones(pairs, bool), np.repeat(np.arange(pairs), 2))


def _mixed(seed: int, people: int = 12, levels: int = 0) -> tuple[Comparisons, np.ndarray]:
    """All pairs of three images a person; similarity of a genuine pair grows with its worse image."""
    rng = np.random.default_rng(seed)
    identity = np.repeat(np.arange(people), 3)
    scores = rng.uniform(size=len(identity))
    scores = np.round(scores * levels) if levels else scores
    first, second = np.triu_indices(len(identity), 1)
    genuine = identity[first] == identity[second]
    similarity = rng.normal(0, 0.2, len(first)) + genuine * np.minimum(scores[first], scores[second])
    return Comparisons(first, second, similarity, genuine, identity), scores


def test_the_case_that_can_be_done_by_hand() -> None:
    curve = fixed_errors(ranked(_genuine(SIMILARITY), np.repeat(QUALITY, 2)), 0.5)
    assert [at(curve, share) for share in (0, 0.1, 0.2, 0.3, 0.4, 1)] == pytest.approx([0.4, 0.4, 0.25, 0.25, 0, 0])
    assert area(curve, 0.4) == pytest.approx(0.130)
    assert aoc(curve) == pytest.approx(1 - 0.130 / 0.4)
    assert relative_area(curve, 0.4) == pytest.approx(0.130 / 0.4 / 0.4)


def test_the_worse_image_speaks_for_its_pair() -> None:
    one = Comparisons(*map(np.array, ([0], [1], [0.5], [True], [0, 0])))
    assert ranked(one, np.array([3.0, 2.0])).quality.tolist() == [2.0]


def test_images_that_leave_take_all_their_pairs() -> None:
    """Of three images the worst is a third of the images and two thirds of the pairs."""
    of = Comparisons(np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([0.1, 0.2, 0.9]), np.ones(3, bool), np.zeros(3))
    images = fixed_errors(ranked(of, np.array([1.0, 2.0, 3.0]), policy="images"), 0.5)
    assert images.discarded[:2].tolist() == [0, pytest.approx(1 / 3)]
    assert images.error[:2].tolist() == [pytest.approx(2 / 3), 0]
    assert np.isnan(images.error[2])  # one image is left, and no pair
    pairs = fixed_errors(ranked(of, np.array([1.0, 2.0, 3.0]), policy="pairs"), 0.5)
    assert pairs.discarded.tolist() == [0, pytest.approx(2 / 3), 1]


def test_refused_images_leave_first_or_do_not_count() -> None:
    scores = np.repeat(QUALITY, 2)
    scores[4] = np.nan  # an image of the third pair, which matches
    lowest = ranked(_genuine(SIMILARITY), scores)
    assert (lowest.refused, lowest.excluded, lowest.similarity[0]) == (1, 0, 0.8)
    excluded = ranked(_genuine(SIMILARITY), scores, refused="excluded")
    assert (excluded.refused, excluded.excluded, 0.8 in excluded.similarity) == (1, 1, False)
    assert at(fixed_errors(lowest, 0.5), 0.0) == pytest.approx(2 / 5)
    assert at(fixed_errors(excluded, 0.5), 0.0) == pytest.approx(2 / 4)


def test_all_refused_and_excluded_leaves_nothing() -> None:
    with pytest.raises(ValueError, match="no pair is left"):
        ranked(_genuine(SIMILARITY), np.full(10, np.nan), refused="excluded")


@pytest.mark.parametrize(
    ("impostors", "fmr", "enough"), [(3000, 1e-4, False), (3000, 1e-2, True), (1000, 1e-2, True), (999, 1e-2, False)]
)
def test_ten_false_matches_tell_a_rate(impostors: int, fmr: float, enough: bool) -> None:
    assert enough_impostors(impostors, fmr) is enough


@given(arrays(np.int8, st.integers(1, 60)), st.sampled_from([0.0, 1e-3, 0.01, 0.1, 1 / 3, 0.5, 1.0]))
def test_no_more_false_matches_than_allowed_and_no_lower_threshold_does_it(values: np.ndarray, fmr: float) -> None:
    impostors = values.astype(float)
    threshold = within_fmr(impostors, fmr)
    assert np.mean(impostors >= threshold) <= fmr + 1e-12
    lower = [s for s in impostors if s < threshold]
    assert all(np.mean(impostors >= s) > fmr for s in lower)


@given(st.integers(0, 50), st.sampled_from([0, 4]), st.sampled_from(["pairs", "genuine", "images"]))
def test_each_step_is_the_fnmr_of_what_is_left(seed: int, levels: int, policy: str) -> None:
    of, scores = _mixed(seed, levels=levels)
    order = ranked(of, scores, policy=policy)
    threshold = within_fmr(of.similarity[~of.genuine], 0.05)
    curve = fixed_errors(order, threshold)
    worse = np.minimum(scores[of.first], scores[of.second])
    for share in (0.0, 0.1, 0.25, 0.5):
        cut = order.population[int(share * len(order.population) + 1e-9)]
        expected = fnmr(of.similarity[of.genuine & (worse >= cut)], threshold)
        assert at(curve, share) == pytest.approx(expected, nan_ok=True)


def _at_five_percent(genuine: np.ndarray, impostors: np.ndarray) -> float:
    return within_fmr(impostors, 0.05)


@settings(max_examples=20)
@given(st.integers(0, 50), st.floats(-5, 5), st.floats(0.1, 10))
def test_only_the_order_of_scores_counts(seed: int, shift: float, scale: float) -> None:
    of, scores = _mixed(seed, levels=8)
    for moved in (scores * scale + shift, np.exp(scores / 8)):
        one, other = ranked(of, scores), ranked(of, moved)
        np.testing.assert_array_equal(fixed_errors(one, 0.3).error, fixed_errors(other, 0.3).error)
        np.testing.assert_array_equal(*(re_estimated_errors(each, _at_five_percent).error for each in (one, other)))


@given(st.integers(0, 50), st.permutations(range(30)))
def test_the_order_of_pairs_decides_nothing(seed: int, moved: list[int]) -> None:
    """Ties leave together: a sort that is not told how to break them can change no number."""
    rng = np.random.default_rng(seed)
    similarity, scores = rng.normal(size=30), np.repeat(rng.integers(0, 4, 30), 2).astype(float)
    of = _genuine(similarity)
    place = np.array(moved)
    other = Comparisons(of.first[place], of.second[place], similarity[place], of.genuine, of.identity)
    for share in (0.1, 0.5, 0.9):
        assert at(fixed_errors(ranked(of, scores), 0.0), share) == at(fixed_errors(ranked(other, scores), 0.0), share)


@given(st.integers(0, 100), st.floats(0.0, 0.9))
def test_nothing_is_better_than_the_theoretical_best(seed: int, limit: float) -> None:
    """Which divides by all pairs where a curve divides by what is left, so that it lies below an oracle too."""
    similarity = np.random.default_rng(seed).normal(size=40)
    threshold = starting_at(similarity, 0.2)
    oracle = fixed_errors(ranked(_genuine(similarity), np.repeat((similarity >= threshold) * 1.0, 2)), threshold)
    by_similarity = fixed_errors(ranked(_genuine(similarity), np.repeat(similarity, 2)), threshold)
    noise = fixed_errors(ranked(_genuine(similarity), np.random.default_rng(1).uniform(size=80)), threshold)
    for curve in (oracle, by_similarity, noise):
        assert area(curve, limit) >= theoretical_best(float(curve.error[0]), limit) - 1e-12
    assert area(by_similarity, limit) <= area(noise, limit) + 1e-12


def test_a_constant_score_discards_nothing_until_the_end() -> None:
    curve = fixed_errors(ranked(_genuine(SIMILARITY), np.full(10, 7.0)), 0.5)
    assert (curve.discarded.tolist(), curve.error.tolist()) == ([0, 1], [0.4, 0])
    assert relative_area(curve, 0.3) == pytest.approx(1)


def test_without_errors_there_is_no_relative_area() -> None:
    curve = fixed_errors(ranked(_genuine(SIMILARITY), np.repeat(QUALITY, 2)), 0.0)
    assert np.isnan(aoc(curve))
    assert np.isnan(relative_area(curve, 0.3))
    assert area(curve, 0.95) == 0


def test_a_nearest_threshold_may_exceed_the_rate_that_was_asked_for() -> None:
    """What CR-FIQA's rule does with few impostors, and ours does not."""
    impostors, genuine = np.array([0.1, 0.2, 0.3]), np.array([0.15, 0.25, 0.4])
    assert np.mean(impostors >= within_fmr(impostors, 0.25)) == 0
    assert np.mean(impostors >= nearest_to_fmr(genuine, impostors, 0.25)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("genuine", "identity", "words"),
    [([True], [0, 1], "one identity"), ([False], [0, 0], "one identity"), ([True, True], [0, 0], "same pairs")],
)
def test_pairs_that_contradict_themselves_are_refused(genuine: list[bool], identity: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Comparisons(np.array([0]), np.array([1]), np.array([0.5]), np.array(genuine), np.array(identity))
