from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from harness.errors import HarnessError, RefusedSet
from harness.metrics.clusters import codes, halves, jackknife
from harness.metrics.set_distances import (
    MIN_SOURCES,
    FrechetDistance,
    KernelDistance,
    frechet_distance,
    frechet_eigh,
    frechet_gram,
)

METRICS = [FrechetDistance("efl0"), KernelDistance("efl0")]


def _frechet_sqrtm(x: np.ndarray, y: np.ndarray) -> float:
    sigma_x, sigma_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = linalg.sqrtm(sigma_x @ sigma_y).real
    return float(np.square(x.mean(0) - y.mean(0)).sum() + np.trace(sigma_x + sigma_y - 2 * root))


def _photos(
    n: int, per: int, dimension: int, rng: np.random.Generator, own: float = 3.0
) -> tuple[np.ndarray, list[str]]:
    """Features whose rows of one cluster resemble each other: ``own`` x as much variance between as within."""
    centres = own * rng.normal(size=(n, dimension))
    rows = np.repeat(centres, per, 0) + rng.normal(size=(n * per, dimension))
    return rows, [f"photo{i}" for i in range(n) for _ in range(per)]


@settings(max_examples=20, deadline=None)
@given(st.integers(8, 30), st.integers(8, 30), st.integers(2, 7), st.integers(0, 99))
def test_three_forms_of_the_frechet_distance_agree(n: int, m: int, dimension: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, dimension)), 1.5 * rng.normal(size=(m, dimension)) + 0.3
    assert frechet_gram(x, y) == pytest.approx(_frechet_sqrtm(x, y), rel=1e-6, abs=1e-6)
    assert frechet_eigh(x, y) == pytest.approx(_frechet_sqrtm(x, y), rel=1e-6, abs=1e-6)


def test_gram_form_holds_with_fewer_rows_than_dimensions() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 60)), rng.normal(size=(25, 60)) * 2
    assert frechet_gram(x, y) == pytest.approx(frechet_eigh(x, y), rel=1e-6)
    assert frechet_distance(x, y) == frechet_gram(x, y)


def test_gaussians_of_known_parameters() -> None:
    rng, n, dimension = np.random.default_rng(1), 40_000, 6
    x, y = rng.normal(size=(n, dimension)), 2 * rng.normal(size=(n, dimension)) + 1
    assert frechet_distance(x, y) == pytest.approx(dimension * 1.0 + dimension * (2 - 1) ** 2, rel=0.01)


def test_frechet_bias_falls_as_one_over_n() -> None:
    rng, dimension = np.random.default_rng(2), 20
    at = {n: frechet_distance(rng.normal(size=(n, dimension)), rng.normal(size=(n, dimension))) for n in (500, 5000)}
    assert at[500] / at[5000] == pytest.approx(10, rel=0.25)


@pytest.mark.parametrize("metric", METRICS)
def test_truths_against_themselves_are_within_the_real_band(metric: FrechetDistance | KernelDistance) -> None:
    for seed in range(5):
        rows, clusters = _photos(24, 3, 16, np.random.default_rng(seed))
        low, high = metric.real_band(rows, clusters)
        value, _, _ = metric.reduce(rows, rows, clusters)
        assert low < value < high


@pytest.mark.parametrize("metric", METRICS)
def test_sharing_the_photograph_earns_nothing(metric: FrechetDistance | KernelDistance) -> None:
    """A copy of each truth and another row of the same photograph both look like real against real, no better."""
    for seed in range(10):
        rows, clusters = _photos(24, 4, 16, np.random.default_rng(seed))
        first, again, keep = rows[::2], rows[1::2], clusters[::2]
        low, high = metric.real_band(first, keep)
        for outputs in (first, again):
            value, _, _ = metric.reduce(outputs, first, keep)
            assert low < value < high


@pytest.mark.parametrize("metric", METRICS)
def test_symmetric(metric: FrechetDistance | KernelDistance) -> None:
    rng = np.random.default_rng(3)
    truths, clusters = _photos(12, 2, 8, rng)
    outputs = truths + rng.normal(size=truths.shape)
    assert metric.reduce(outputs, truths, clusters) == pytest.approx(metric.reduce(truths, outputs, clusters))


@pytest.mark.parametrize("metric", METRICS)
def test_order_of_rows_does_not_matter_within_a_cluster(metric: FrechetDistance | KernelDistance) -> None:
    rng = np.random.default_rng(4)
    truths, clusters = _photos(12, 3, 8, rng)
    outputs = truths + rng.normal(size=truths.shape)
    order = np.arange(36).reshape(12, 3)[:, [2, 0, 1]].ravel()
    moved = metric.reduce(outputs[order], truths[order], clusters)
    assert moved == pytest.approx(metric.reduce(outputs, truths, clusters))


@pytest.mark.parametrize("metric", METRICS)
def test_a_shifted_distribution_leaves_the_band(metric: FrechetDistance | KernelDistance) -> None:
    rng = np.random.default_rng(5)
    truths, clusters = _photos(40, 2, 8, rng)
    _, high = metric.real_band(truths, clusters)
    small, _, _ = metric.reduce(truths + 3, truths, clusters)
    large, low, _ = metric.reduce(truths + 8, truths, clusters)
    assert high < small < large
    assert low > high


def test_kernel_distance_of_truths_with_themselves_is_zero() -> None:
    rows, clusters = _photos(10, 2, 8, np.random.default_rng(6))
    value, low, high = KernelDistance("efl0").reduce(rows, rows, clusters)
    assert value == pytest.approx(0, abs=1e-9)
    assert low == pytest.approx(0, abs=1e-9)
    assert high == pytest.approx(0, abs=1e-9)


def test_kernel_distance_is_unbiased_over_independent_sources() -> None:
    values = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truths, clusters = _photos(20, 2, 6, rng, own=1.0)
        outputs, _ = _photos(20, 2, 6, rng, own=1.0)
        values.append(KernelDistance("efl0").reduce(outputs, truths, clusters)[0])
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))


def test_kernel_distance_by_hand() -> None:
    """One row a cluster: the textbook estimator, less the diagonal of the cross term."""
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(9, 3)), rng.normal(size=(9, 3))

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray((a @ b.T / 3 + 1) ** 3)

    off = ~np.eye(9, dtype=bool)
    expected = kernel(x, x)[off].mean() + kernel(y, y)[off].mean() - 2 * kernel(x, y)[off].mean()
    assert KernelDistance("efl0").reduce(x, y, list("abcdefghi"))[0] == pytest.approx(expected)


@pytest.mark.parametrize("metric", METRICS)
def test_too_few_sources_are_refused_with_a_reason(metric: FrechetDistance | KernelDistance) -> None:
    rows, clusters = _photos(MIN_SOURCES - 1, 5, 4, np.random.default_rng(8))
    with pytest.raises(RefusedSet, match="refused: 7 sources"):
        metric.reduce(rows, rows, clusters)
    assert np.isnan(metric.real_band(rows, clusters)).all()


@pytest.mark.parametrize("metric", METRICS)
def test_unpaired_rows_are_refused(metric: FrechetDistance | KernelDistance) -> None:
    with pytest.raises(HarnessError, match="one output, truth and cluster"):
        metric.reduce(np.zeros((4, 2)), np.zeros((5, 2)), list("abcd"))


def test_halves_share_no_cluster_and_leave_none_out() -> None:
    rows = codes(["a", "b", "a", "c", "d", "e", "e"])
    for a, b in halves(rows, 6):
        assert not set(rows[a]) & set(rows[b])
        assert (a ^ b).all()


def test_jackknife_of_a_mean_is_the_t_interval() -> None:
    rng = np.random.default_rng(9)
    values = rng.normal(size=30)
    low, high = jackknife(lambda keep: float(values[keep].mean()), np.arange(30), 64)
    error = values.std(ddof=1) / np.sqrt(30)
    assert (high - low) / 2 == pytest.approx(2.0452 * error, rel=1e-3)
    assert (high + low) / 2 == pytest.approx(values.mean())


def test_jackknife_covers_the_truth_with_many_rows_a_cluster() -> None:
    covered = 0
    for seed in range(200):
        rows, clusters = _photos(25, 4, 1, np.random.default_rng(seed))
        low, high = jackknife(lambda keep, rows=rows: float(rows[keep].mean()), codes(clusters), 64)
        covered += low <= 0 <= high
    assert 0.90 <= covered / 200 <= 0.99


def test_grouped_jackknife_agrees_with_the_full_one() -> None:
    values = np.random.default_rng(10).normal(size=640)

    def mean(keep: np.ndarray) -> float:
        return float(values[keep].mean())

    full, grouped = (jackknife(mean, np.arange(640), blocks) for blocks in (640, 64))
    assert grouped[1] - grouped[0] == pytest.approx(full[1] - full[0], rel=0.3)
