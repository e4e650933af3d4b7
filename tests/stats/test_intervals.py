from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stats.intervals import jackknife_interval, mean_intervals, median_interval
from harness.stats.model import Interval

LABELS = np.repeat(np.arange(12), 3)


def scores(seed: int, columns: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.exponential(size=(12, columns))[LABELS] + rng.normal(size=(36, columns))


def bounds(intervals: list[Interval]) -> np.ndarray:
    return np.array([(of.value, of.lo, of.hi) for of in intervals])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(-1e3, 1e3))
def test_means_shift_with_the_scores(seed: int, shift: float) -> None:
    moved = bounds(mean_intervals(scores(seed) + shift, LABELS, resamples=500))
    assert moved == pytest.approx(bounds(mean_intervals(scores(seed), LABELS, resamples=500)) + shift, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100))
def test_means_scale_and_mirror_with_the_scores(seed: int, scale: float) -> None:
    plain = bounds(mean_intervals(scores(seed), LABELS, resamples=500))
    scaled = bounds(mean_intervals(scores(seed) * scale, LABELS, resamples=500))
    mirrored = bounds(mean_intervals(-scores(seed), LABELS, resamples=500))
    assert scaled == pytest.approx(plain * scale)
    assert mirrored == pytest.approx(-plain[:, [0, 2, 1]])


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(12)), st.integers(0, 10**6))
def test_names_of_clusters_do_not_matter(names: list[int], seed: int) -> None:
    renamed = np.array(names)[LABELS]
    plain = mean_intervals(scores(seed), LABELS, resamples=300)
    assert mean_intervals(scores(seed), renamed, resamples=300) == plain


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(36)), st.integers(0, 10**6))
def test_order_of_rows_matters_only_to_the_draw(order: list[int], seed: int) -> None:
    plain = bounds(mean_intervals(scores(seed), LABELS))
    shuffled = bounds(mean_intervals(scores(seed)[order], LABELS[order]))
    width = plain[:, 2] - plain[:, 1]
    assert np.abs(shuffled[:, 0] - plain[:, 0]).max() < 1e-12
    assert (np.abs(shuffled[:, 1:] - plain[:, 1:]) < 0.12 * width[:, None]).all()


def test_columns_do_not_influence_each_other() -> None:
    together = mean_intervals(scores(1, columns=3), LABELS)
    alone = mean_intervals(scores(1, columns=3)[:, [1]], LABELS)
    assert bounds([together[1]]) == pytest.approx(bounds(alone))


def test_same_seed_same_interval_other_seed_nearly() -> None:
    assert mean_intervals(scores(1), LABELS) == mean_intervals(scores(1), LABELS)
    other = mean_intervals(scores(1), LABELS, seed=5)
    assert other != mean_intervals(scores(1), LABELS)
    assert bounds(other) == pytest.approx(bounds(mean_intervals(scores(1), LABELS)), abs=0.15)


def test_more_masks_of_the_same_photographs_tell_hardly_more() -> None:
    rng = np.random.default_rng(0)
    photograph = rng.normal(0, 2, (20, 1))
    width = {}
    for masks in (1, 30):
        labels = np.repeat(np.arange(20), masks)
        [of] = mean_intervals(photograph[labels] + rng.normal(0, 0.1, (20 * masks, 1)), labels)
        width[masks] = of.hi - of.lo
    assert width[30] == pytest.approx(width[1], rel=0.1)


def test_one_cluster_has_no_interval_and_a_constant_has_none_to_show() -> None:
    [alone] = mean_intervals(np.array([[1.0], [3.0]]), ["a", "a"])
    assert (alone.value, alone.n, alone.clusters) == (2.0, 2, 1)
    assert math.isnan(alone.lo)
    assert math.isnan(alone.hi)
    [constant] = mean_intervals(np.full((36, 1), 30.1), LABELS)
    assert (constant.lo, constant.value, constant.hi) == pytest.approx((30.1, 30.1, 30.1))


def test_fewer_than_four_clusters_give_no_interval() -> None:
    """An SSIM of two pictures had the interval [-0.59, 1.49]."""
    for clusters, told in ((2, False), (3, False), (4, True)):
        rows = clusters > LABELS
        [of] = mean_intervals(scores(3)[rows][:, [0]], LABELS[rows])
        assert of.clusters == clusters
        assert math.isfinite(of.value)
        assert math.isfinite(of.lo) == math.isfinite(of.hi) == told


def test_resamples_without_spread_do_not_make_an_interval_infinite() -> None:
    values = np.zeros((36, 1))
    values[0] = 5.0  # eleven of twelve photographs are alike: a third of all resamples have no spread at all
    [of] = mean_intervals(values, LABELS)
    assert math.isfinite(of.lo)
    assert of.lo < of.value < of.hi < 1.0


def test_twelve_methods_on_500_samples_take_less_than_half_a_second() -> None:
    values = np.random.default_rng(0).normal(size=(500, 12))

    def seconds() -> float:
        begin = time.thread_time()
        mean_intervals(values, np.arange(500), resamples=10_000)
        return time.thread_time() - begin

    assert min(seconds() for _ in range(3)) < 0.5


def test_below_ten_clusters_it_is_students_interval() -> None:
    values = scores(3)[:, [0]]
    for clusters, student in ((9, True), (12, False)):
        rows = clusters > LABELS
        [of] = mean_intervals(values[rows], LABELS[rows])
        symmetric = of.hi - of.value == pytest.approx(of.value - of.lo)
        assert symmetric is student


def test_jackknife_of_a_mean_is_students_interval() -> None:
    values = scores(3)[:, 0]
    of = jackknife_interval(lambda chosen: float(values[chosen].mean()), LABELS)
    means = values.reshape(12, 3).mean(axis=1)
    reach = 2.200985 * means.std(ddof=1) / 12**0.5  # t at 0.975, 11 degrees
    assert (of.value, of.lo, of.hi) == pytest.approx((means.mean(), means.mean() - reach, means.mean() + reach))
    assert (of.n, of.clusters) == (36, 12)


def test_jackknife_leaves_out_whole_clusters() -> None:
    seen: list[list[int]] = []
    labels = ["a", "b", "a", "c"]
    jackknife_interval(lambda chosen: seen.append(chosen.tolist()) or 0.0, labels)
    assert seen == [[0, 1, 2, 3], [1, 3], [0, 2, 3], [0, 1, 2]]


def test_jackknife_of_one_cluster_knows_no_spread() -> None:
    assert math.isnan(jackknife_interval(lambda chosen: 1.0, ["a", "a"]).lo)


def test_median_with_interval() -> None:
    values = np.random.default_rng(0).lognormal(size=300)
    of = median_interval(values, np.arange(300))
    assert of.value == np.median(values)
    assert of.lo < of.value < of.hi
    assert of.lo < 1.0 < of.hi  # the median of a lognormal
    assert math.isnan(median_interval(values, np.zeros(300)).lo)
    assert median_interval(np.full(30, 2.0), np.arange(30)) == Interval(2.0, 2.0, 2.0, 30, 30)
