from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import clusters
from harness.stats.clusters import cluster_codes, cluster_sums, resampled_weights


@given(st.lists(st.sampled_from("abcde"), min_size=1))
def test_codes_depend_on_the_partition_only(labels: list[str]) -> None:
    renamed = [{"a": "z", "b": "y", "c": "x", "d": "w", "e": "v"}[label] for label in labels]
    assert cluster_codes(labels).tolist() == cluster_codes(renamed).tolist()
    assert [labels.index(label) for label in labels] == [
        cluster_codes(labels).tolist().index(code) for code in cluster_codes(labels)
    ]


def test_estimates_are_the_mean_of_samples_and_its_clustered_error() -> None:
    values = np.array([[1.0], [2.0], [6.0], [7.0], [9.0]])
    means, errors = cluster_sums(values, ["a", "a", "b", "b", "c"]).estimates()
    assert means[0] == 5.0
    # Totals of deviations: a -7, b +3, c +4; 3/2 · (49 + 9 + 16) / 25.
    assert errors[0] == pytest.approx((1.5 * 74 / 25) ** 0.5)


def test_errors_of_single_samples_are_those_of_the_textbook() -> None:
    values = np.random.default_rng(0).normal(size=(40, 2))
    _, errors = cluster_sums(values, range(40)).estimates()
    assert errors == pytest.approx(values.std(axis=0, ddof=1) / 40**0.5)


def test_a_large_mean_does_not_swallow_a_small_spread() -> None:
    values = np.array([[0.0], [1.0], [2.0], [3.0]])
    labels = ["a", "b", "c", "d"]
    far = cluster_sums(values + 1e7, labels).estimates()[1]
    assert far == pytest.approx(cluster_sums(values, labels).estimates()[1], rel=1e-6)


def test_weights_draw_every_cluster_once_on_average() -> None:
    weights = np.concatenate(list(resampled_weights(7, 3000, seed=1)))
    assert weights.shape == (3000, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.08)


def test_weights_are_the_same_in_whatever_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(resampled_weights(5, 1001, seed=3)))
    monkeypatch.setattr(clusters, "CHUNK_ELEMENTS", 37)
    pieces = list(resampled_weights(5, 1001, seed=3))
    assert len(pieces) > 100
    assert (np.concatenate(pieces) == whole).all()


def test_resampling_counts_whole_clusters() -> None:
    values = np.array([[1.0], [2.0], [6.0]])
    sums = cluster_sums(values, ["a", "a", "b"])
    means, _ = sums.resampled(np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
    assert means[:, 0].tolist() == pytest.approx([1.5, 6.0, 3.0])


@pytest.mark.parametrize("values", [np.zeros((0, 1)), np.zeros((2, 1)), np.full((3, 1), np.nan), np.zeros(3)])
def test_what_does_not_describe_samples_is_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"samples|finite"):
        cluster_sums(values, ["a", "b", "c"])
