"""Statistics on data whose truth is known. `tools/simulate_statistics.py` runs the same at length."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from harness.stats.paired import equivalence_test, noninferiority_test, superiority_test

RUNS = 1500
"""Standard error of a share near 0.95 or 0.05: 0.0056."""


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261122)


@pytest.mark.parametrize("shape", ["normal", "exponential", "heavy tails (t, 3)"])
@pytest.mark.parametrize("photographs", [15, 30])
def test_intervals_of_means_cover(simulate: ModuleType, rng: np.random.Generator, shape: str, photographs: int) -> None:
    assert 0.92 <= simulate.mean_coverage(rng, RUNS, shape, photographs) <= 0.98


def test_intervals_cover_with_unequal_numbers_of_masks(simulate: ModuleType, rng: np.random.Generator) -> None:
    assert 0.92 <= simulate.mean_coverage(rng, RUNS, "normal", 30, equal=False) <= 0.98


def test_intervals_cover_with_few_photographs(simulate: ModuleType, rng: np.random.Generator) -> None:
    assert 0.92 <= simulate.mean_coverage(rng, RUNS, "normal", 5) <= 0.98


def test_intervals_that_ignore_clusters_fail_the_same_test(simulate: ModuleType, rng: np.random.Generator) -> None:
    scores, _, truth = simulate.draw(rng, RUNS)
    assert simulate.coverage(simulate.naive_intervals(scores), truth) < 0.7


def test_percentile_bootstrap_fails_on_skewed_scores(simulate: ModuleType, rng: np.random.Generator) -> None:
    scores, labels, truth = simulate.draw(rng, RUNS, "exponential", 15)
    assert simulate.coverage(simulate.percentile_intervals(scores, labels, rng), truth) < 0.92


@pytest.mark.parametrize("photographs", [8, 30])
def test_swap_test_keeps_its_level(simulate: ModuleType, rng: np.random.Generator, photographs: int) -> None:
    assert simulate.false_positives(rng, RUNS, photographs) <= 0.06


def test_swap_test_of_single_masks_fails_the_same_test(simulate: ModuleType, rng: np.random.Generator) -> None:
    assert simulate.naive_false_positives(rng, RUNS) > 0.3


def test_holm_keeps_the_level_of_the_family(simulate: ModuleType, rng: np.random.Generator) -> None:
    assert simulate.family_errors(rng, 300) <= 0.08  # 0.05 and two standard errors


def test_rank_intervals_hold_all_true_ranks(simulate: ModuleType, rng: np.random.Generator) -> None:
    assert simulate.rank_coverage(rng, 60, np.zeros(6)) >= 0.9
    assert simulate.rank_coverage(rng, 60, np.array([2.0, 1.5, 1.0, 0.5, 0.0])) >= 0.9


@pytest.mark.parametrize(
    ("test", "truth", "alpha"),
    [(equivalence_test, 1.0, 0.05), (noninferiority_test, -1.0, 0.025), (superiority_test, 1.0, 0.025)],
)
def test_margin_tests_keep_their_level_at_the_margin(
    simulate: ModuleType, rng: np.random.Generator, test: Callable[..., object], truth: float, alpha: float
) -> None:
    assert simulate.shifted_rate(rng, RUNS, truth, test, alpha) <= alpha + 0.012


@pytest.mark.parametrize(("test", "truth"), [(noninferiority_test, 1.0), (superiority_test, 3.0)])
def test_margin_tests_find_what_is_there(
    simulate: ModuleType, rng: np.random.Generator, test: Callable[..., object], truth: float
) -> None:
    assert simulate.shifted_rate(rng, 300, truth, test, 0.025) >= 0.95


def test_power_at_the_detectable_difference(simulate: ModuleType, rng: np.random.Generator) -> None:
    assert 0.76 <= simulate.power_at_detectable(rng, RUNS) <= 0.84


def test_jackknife_covers_a_nonlinear_statistic(simulate: ModuleType, rng: np.random.Generator) -> None:
    assert 0.92 <= simulate.jackknife_coverage(rng, 400) <= 0.98
