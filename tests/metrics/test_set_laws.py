"""Laws of the set metrics, each in simulations whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.set_distances import FrechetDistance, KernelDistance
from harness.metrics.set_specs import embedder_specs, set_metric_specs

FRECHET, KERNEL = FrechetDistance("efl0"), KernelDistance("efl0")
METRICS = [pytest.param(FRECHET, id="frechet"), pytest.param(KERNEL, id="kernel")]
SIMULATIONS = 200
DIMENSION = 3
SHIFT = 0.8


def _sources(
    k: int, per: int, rng: np.random.Generator, shift: float = 0.0
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Outputs and truths of k photographs with `per` masks each: outputs share their photograph, moved by `shift`."""
    centres = np.repeat(rng.normal(size=(k, DIMENSION)), per, 0)
    truths = centres + 0.3 * rng.normal(size=centres.shape)
    outputs = centres + 0.3 * rng.normal(size=centres.shape) + shift
    return outputs, truths, [f"photo{i // per}" for i in range(k * per)]


def _expected_kernel(shift: float) -> float:
    """MMD² of the two populations, from one large independent sample each."""
    rng = np.random.default_rng(99)
    x, y = (
        np.sqrt(1.09) * rng.normal(size=(4000, DIMENSION)) + shift,
        np.sqrt(1.09) * rng.normal(size=(4000, DIMENSION)),
    )

    def mean(a: np.ndarray, b: np.ndarray, pairs: np.ndarray | bool = True) -> float:
        return float(((a @ b.T / DIMENSION + 1) ** 3).mean(where=pairs))

    off = ~np.eye(4000, dtype=bool)
    return mean(x, x, off) + mean(y, y, off) - 2 * mean(x, y)


def _coverage(metric: FrechetDistance | KernelDistance, k: int) -> tuple[float, np.ndarray]:
    found = []
    for seed in range(SIMULATIONS):
        found.append(metric.reduce(*_sources(k, 2, np.random.default_rng(seed), SHIFT)))
    values, low, high = np.array(found).T
    centre = _expected_kernel(SHIFT) if metric is KERNEL else values.mean()
    return float(((low <= centre) & (centre <= high)).mean()), values


def test_intervals_of_the_kernel_distance_cover_the_populations_value() -> None:
    covered, values = _coverage(KERNEL, 24)
    assert values.mean() == pytest.approx(_expected_kernel(SHIFT), abs=4 * values.std() / np.sqrt(SIMULATIONS))
    assert 0.88 <= covered <= 0.99


def test_intervals_of_the_frechet_distance_cover_its_expectation_at_that_n() -> None:
    """Not the population's value: the estimate is biased by n, and the interval says nothing of the bias."""
    covered, values = _coverage(FRECHET, 12)
    assert 0.88 <= covered <= 0.99
    assert values.mean() > DIMENSION * SHIFT**2 * 1.1


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(12, 30), per=st.integers(1, 3))
def test_identity_lies_in_the_real_against_real_band(
    metric: FrechetDistance | KernelDistance, seed: int, k: int, per: int
) -> None:
    """Outputs that are the truths look like real pictures of other photographs: no closer, no farther."""
    _, truths, clusters = _sources(k, per, np.random.default_rng(seed))
    low, high = metric.real_band(truths, clusters)
    assert low <= metric.reduce(truths, truths, clusters)[0] <= high


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_names_of_clusters_do_not_matter(metric: FrechetDistance | KernelDistance, seed: int) -> None:
    outputs, truths, clusters = _sources(10, 2, np.random.default_rng(seed), SHIFT)
    renamed = [f"{name[::-1]}/x" for name in clusters]
    assert metric.reduce(outputs, truths, renamed) == metric.reduce(outputs, truths, clusters)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_does_not_matter_to_the_kernel_distance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outputs, truths, clusters = _sources(10, 2, rng, SHIFT)
    order = rng.permutation(20)
    moved = KERNEL.reduce(outputs[order], truths[order], [clusters[i] for i in order])
    assert moved == pytest.approx(KERNEL.reduce(outputs, truths, clusters), rel=1e-9, abs=1e-12)


def test_order_of_clusters_moves_the_frechet_distance_less_than_its_interval() -> None:
    """Its eight halvings are drawn by order of appearance; runs sort by sample, so theirs are always the same."""
    rng = np.random.default_rng(5)
    outputs, truths, clusters = _sources(30, 2, rng, SHIFT)
    value, low, high = FRECHET.reduce(outputs, truths, clusters)
    for _ in range(5):
        order = rng.permutation(60)
        moved = FRECHET.reduce(outputs[order], truths[order], [clusters[i] for i in order])[0]
        assert abs(moved - value) < (high - low) / 4


def test_frechet_of_equal_distributions_is_bias_alone_and_falls_as_one_over_n() -> None:
    means = {}
    for k in (20, 80):
        reals = [_sources(k, 1, np.random.default_rng(seed))[1] for seed in range(20)]
        means[k] = np.mean([FRECHET.reduce(x, x, [str(i) for i in range(k)])[0] for x in reals])
    assert means[20] > 0
    assert means[20] / means[80] == pytest.approx(4, rel=0.35)


@pytest.mark.parametrize("k", [8, 16, 64])
def test_kernel_distance_is_unbiased_at_every_n(k: int) -> None:
    values = []
    for seed in range(60):
        rng = np.random.default_rng(1000 * k + seed)
        truths, outputs = (_sources(k, 1, rng)[1] for _ in range(2))
        values.append(KERNEL.reduce(outputs, truths, [str(i) for i in range(k)])[0])
    assert abs(np.mean(values)) < 3.5 * np.std(values, ddof=1) / np.sqrt(60)


def test_no_two_metrics_share_a_name_and_no_extractor_is_named_twice() -> None:
    names = [spec.name for spec in set_metric_specs()]
    assert len(set(names)) == len(names)
    fids = [spec for spec in set_metric_specs() if spec.name.startswith("fid_")]
    assert {spec.name for spec in fids} == {"fid_tf", "fid_pt", "fid_clean", "fid_nvidia", "fid_torchvision"}
    assert len({spec.extractor for spec in fids}) == len(fids) == len({(e.summary) for e in embedder_specs()}) - 2


def test_what_papers_publish_says_that_it_is_diagnostic_and_biased() -> None:
    for spec in set_metric_specs():
        if spec.name.startswith(("fid_", "p_ids_", "u_ids_")):
            assert spec.diagnostic
            assert "diagnostic" in spec.summary
            assert "biased by n" in spec.summary
