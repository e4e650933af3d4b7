"""The published definitions, against those who published them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric

from harness.errors import HarnessError, RefusedSet
from harness.metrics.published import PublishedFrechet, PublishedKernel


def _features(n: int, dimension: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    truths = rng.normal(size=(n, dimension)).astype(np.float32)
    outputs = truths + 0.3 * rng.normal(size=(n, dimension)).astype(np.float32) + 0.1
    return outputs, truths, [f"photo{i}" for i in range(n)]


@pytest.mark.parametrize(("n", "dimension"), [(20, 64), (200, 64), (90, 64)])
def test_fid_is_torch_fidelitys(n: int, dimension: int) -> None:
    """With fewer rows than dimensions (the Gram form) and with more (eigenvalues)."""
    outputs, truths, clusters = _features(n, dimension)
    statistics = [fid_features_to_statistics(torch.from_numpy(x)) for x in (outputs, truths)]
    expected = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    value, low, high = PublishedFrechet("inception_tf").reduce(outputs, truths, clusters)
    assert value == pytest.approx(expected, rel=1e-4)
    assert low < value < high


def test_nvidias_covariances_are_divided_by_n() -> None:
    outputs, truths, clusters = _features(30, 8)
    mean = np.square(outputs.mean(0) - truths.mean(0)).sum()
    sigma = [np.cov(x, rowvar=False, ddof=0) for x in (outputs.astype(float), truths.astype(float))]
    roots = np.sqrt(np.linalg.eigvals(sigma[0] @ sigma[1]).astype(complex)).real.sum()
    expected = mean + np.trace(sigma[0]) + np.trace(sigma[1]) - 2 * roots
    value = PublishedFrechet("inception_nvidia", divisor="n").reduce(outputs, truths, clusters)[0]
    assert value == pytest.approx(expected, rel=1e-5)
    assert value < PublishedFrechet("inception_tf").reduce(outputs, truths, clusters)[0]


def test_fid_of_truths_with_themselves_is_zero_and_that_is_why_it_is_only_shown() -> None:
    """A copy is at distance 0 although other real pictures are not: same-source pairs are left in."""
    _, truths, clusters = _features(40, 16)
    assert PublishedFrechet("inception_tf").reduce(truths, truths, clusters)[0] == pytest.approx(0, abs=1e-5)


def test_n_times_fid_is_constant_so_other_n_must_not_be_compared() -> None:
    values = {}
    for n in (300, 600, 1200):
        rng = np.random.default_rng(n)
        x, y = rng.normal(size=(n, 24)), rng.normal(size=(n, 24))
        values[n] = PublishedFrechet("inception_tf").reduce(x, y, [str(i) for i in range(n)])[0]
    assert 300 * values[300] == pytest.approx(1200 * values[1200], rel=0.25)
    assert values[300] > 1.5 * values[600] > 2.25 * values[1200]


@pytest.mark.parametrize("size", [20, 50])
def test_kid_is_torch_fidelitys_with_its_seed(size: int) -> None:
    outputs, truths, clusters = _features(60, 32)
    of = (torch.from_numpy(outputs), torch.from_numpy(truths))
    kernel = {"kid_kernel": "poly", "kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None}
    drawn = {"kid_subsets": 100, "kid_subset_size": size, "rng_seed": 2020, "kid_kernel_poly_coef0": 1.0}
    expected = kid_features_to_metric(*of, **kernel, **drawn, verbose=False)[KEY_METRIC_KID_MEAN]
    value, low, high = PublishedKernel("inception_tf", size=size).reduce(outputs, truths, clusters)
    assert value == pytest.approx(expected, rel=1e-6, abs=1e-7)
    assert np.isnan([low, high]).all()


def test_kid_of_few_pictures_is_refused_or_shrunk() -> None:
    outputs, truths, clusters = _features(30, 8)
    with pytest.raises(RefusedSet, match="refused: n = 30 < 1000, the size of a subset"):
        PublishedKernel("inception_tf").reduce(outputs, truths, clusters)
    whole = PublishedKernel("inception_clean", shrink=True).reduce(outputs, truths, clusters)[0]
    assert whole == pytest.approx(PublishedKernel("inception_tf", size=30).reduce(outputs, truths, clusters)[0])
    with pytest.raises(RefusedSet, match="n = 1 < 2"):
        PublishedKernel("inception_clean", shrink=True).reduce(outputs[:1], truths[:1], clusters[:1])


@pytest.mark.parametrize("clusters", [["same"] * 5, ["a", "a", "b", "b", "b"]], ids=["one", "two"])
def test_too_few_sources_for_an_interval_are_refused(clusters: list[str]) -> None:
    outputs, truths, _ = _features(5, 3)
    with pytest.raises(RefusedSet, match="an interval needs three"):
        PublishedFrechet("inception_tf").reduce(outputs, truths, clusters)


def test_order_and_cluster_names_do_not_matter() -> None:
    outputs, truths, clusters = _features(24, 40)
    order = np.random.default_rng(1).permutation(24)
    moved = PublishedFrechet("inception_tf").reduce(outputs[order], truths[order], [f"x{clusters[i]}" for i in order])
    assert moved == pytest.approx(PublishedFrechet("inception_tf").reduce(outputs, truths, clusters), rel=1e-6)


def test_no_band_is_claimed_where_n_would_be_halved() -> None:
    _, truths, clusters = _features(24, 4)
    for metric in (PublishedFrechet("inception_tf"), PublishedKernel("inception_tf")):
        assert np.isnan(metric.real_band(truths, clusters)).all()


def test_an_unknown_divisor_is_one_line() -> None:
    with pytest.raises(HarnessError, match="n or n-1"):
        PublishedFrechet("inception_tf", divisor="2n")
