from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.stats import paired
from harness.stats.paired import (
    detectable_difference,
    equivalence_test,
    holm,
    noninferiority_test,
    smallest_p,
    superiority_test,
    swap_test,
)

FEW = np.repeat(np.arange(6), 2)
MANY = np.repeat(np.arange(30), 6)
differences = arrays(np.float64, (12, 2), elements=st.floats(-100, 100).map(lambda x: round(x, 3)))


def by_hand(values: np.ndarray, labels: np.ndarray) -> float:
    totals = [values[labels == label].sum() for label in np.unique(labels)]
    seen = [
        abs(sum(s * t for s, t in zip(signs, totals, strict=True))) for signs in itertools.product((1, -1), repeat=6)
    ]
    return float(np.mean([value >= abs(sum(totals)) - 1e-9 for value in seen]))


@settings(deadline=None)
@given(differences)
def test_few_clusters_are_exact(values: np.ndarray) -> None:
    assert swap_test(values, FEW).tolist() == pytest.approx([by_hand(column, FEW) for column in values.T])


@settings(deadline=None)
@given(differences, st.permutations(range(12)), st.permutations(range(6)))
def test_neither_row_order_nor_cluster_names_nor_direction_matter(
    values: np.ndarray, order: list[int], names: list[int]
) -> None:
    p = swap_test(values, FEW)
    assert ((p > 0) & (p <= 1)).all()
    assert swap_test(values[order], FEW[order]).tolist() == p.tolist()
    assert swap_test(values, np.array(names)[FEW]).tolist() == p.tolist()
    assert swap_test(-values, FEW).tolist() == p.tolist()
    assert swap_test(3 * values, FEW).tolist() == p.tolist()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_many_clusters_are_antisymmetric_too(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.1, 1, (180, 3))
    assert swap_test(values, MANY, permutations=500).tolist() == swap_test(-values, MANY, permutations=500).tolist()


def test_drawn_swaps_agree_with_listed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).normal(0.5, 1, (12, 4))
    exact = swap_test(values, np.arange(12))
    monkeypatch.setattr(paired, "EXACT_CLUSTERS", 3)
    assert swap_test(values, np.arange(12)) == pytest.approx(exact, abs=0.015)


def test_p_is_never_zero() -> None:
    assert swap_test(np.full((180, 1), 9.0), MANY, permutations=999)[0] == pytest.approx(1 / 1000)
    assert swap_test(np.ones((1, 1)), ["a"])[0] == 1.0
    assert swap_test(np.zeros((180, 1)), MANY)[0] == 1.0
    assert 0 < equivalence_test(np.zeros((180, 1)), MANY, margin=0.5)[0] < 1e-6


@pytest.mark.parametrize("clusters", [1, 3, 14, 15])
def test_the_smallest_p_is_reached_and_not_passed(clusters: int) -> None:
    ones = np.ones((clusters, 1))
    assert swap_test(ones, np.arange(clusters))[0] == pytest.approx(smallest_p(clusters), rel=2)
    assert swap_test(ones, np.arange(clusters))[0] >= smallest_p(clusters)
    one_sided = swap_test(ones, np.arange(clusters), alternative="greater")[0]
    assert one_sided >= smallest_p(clusters, "greater")
    assert clusters > 14 or one_sided == smallest_p(clusters, "greater")


def test_one_side_sees_its_direction_only() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.5, (30, 1))
    assert swap_test(values, np.arange(30), alternative="greater")[0] < 0.001
    assert swap_test(-values, np.arange(30), alternative="greater")[0] > 0.99


def test_six_masks_do_not_count_six_times() -> None:
    photograph = np.random.default_rng(1).normal(0.3, 1, (30, 1))
    once = swap_test(photograph, np.arange(30))[0]
    assert swap_test(np.repeat(photograph, 6, axis=0), MANY)[0] == pytest.approx(once)
    assert swap_test(np.repeat(photograph, 6, axis=0), np.arange(180))[0] < once / 3


def test_margins_move_the_null() -> None:
    values = np.random.default_rng(3).normal(1.2, 0.3, (30, 1))
    assert superiority_test(values, np.arange(30), margin=1.0)[0] < 0.01
    assert superiority_test(values, np.arange(30), margin=1.3)[0] > 0.5
    assert noninferiority_test(values - 1.5, np.arange(30), margin=0.5)[0] < 0.01
    assert noninferiority_test(values - 1.9, np.arange(30), margin=0.5)[0] > 0.5


def test_equivalence_needs_a_small_difference_surely_known() -> None:
    noise = np.random.default_rng(4).normal(0, 1, (30, 1))
    noise -= noise.mean()
    labels = np.arange(30)
    assert equivalence_test(0.1 * noise, labels, margin=0.5)[0] < 0.001
    assert equivalence_test(3.0 * noise, labels, margin=0.5)[0] > 0.05
    assert equivalence_test(0.1 * noise + 0.6, labels, margin=0.5)[0] > 0.9
    assert equivalence_test(np.full((30, 1), 0.6), labels, margin=0.5)[0] == 1.0
    assert equivalence_test(noise[:2], ["a", "a"], margin=0.5)[0] == 1.0


def test_equivalence_is_the_larger_of_two_t_tests() -> None:
    values = np.random.default_rng(5).normal(0.1, 0.4, (20, 1))
    from scipy.stats import ttest_1samp

    low = ttest_1samp(values[:, 0], -0.3, alternative="greater").pvalue
    high = ttest_1samp(values[:, 0], 0.3, alternative="less").pvalue
    assert equivalence_test(values, np.arange(20), margin=0.3)[0] == pytest.approx(max(low, high))


def test_holm_by_hand() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).tolist() == []


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=20))
def test_holm_keeps_order_and_never_lowers(p_values: list[float]) -> None:
    p = np.array(p_values)
    adjusted = holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(1, p * len(p))).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
    order = np.random.default_rng(0).permutation(len(p))
    assert holm(p[order]) == pytest.approx(adjusted[order])


def test_detectable_difference_is_that_of_the_textbook() -> None:
    # 30 pairs, power 0.8, two-sided 0.05: effect size 0.5292 (G*Power).
    assert detectable_difference(1 / 30**0.5, 30) == pytest.approx(0.5292, abs=2e-4)
    assert detectable_difference(2.0, 30) == 2 * detectable_difference(1.0, 30)
    assert detectable_difference(1.0, 30, power=0.9) > detectable_difference(1.0, 30)
    assert detectable_difference(1.0, 5) > detectable_difference(1.0, 30)
