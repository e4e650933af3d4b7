"""P-IDS and U-IDS on features whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from harness.errors import HarnessError, RefusedSet
from harness.metrics.ids import DiscriminativeScore

PAIRED, UNPAIRED = DiscriminativeScore("efl0", "paired"), DiscriminativeScore("efl0", "unpaired")


def _features(n: int, dimension: int, seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dimension)), rng.normal(size=(n, dimension)), [f"photo{i}" for i in range(n)]


@pytest.mark.parametrize("metric", [PAIRED, UNPAIRED])
def test_equal_distributions_are_told_apart_by_nobody(metric: DiscriminativeScore) -> None:
    """n far above the dimension: half of the truths look less real than an output, and half of all rows are wrong."""
    value, low, high = metric.reduce(*_features(4000, 4, 0))
    assert value == pytest.approx(0.5, abs=0.03)
    assert low < value < high
    assert low < 0.5 < high + 0.02


def test_what_fits_too_well_looks_worse_than_it_is() -> None:
    """The bias that the summary warns of: the same distributions, rows barely above the dimension."""
    few, many = (UNPAIRED.reduce(*_features(n, 40, 1))[0] for n in (60, 2000))
    assert few < 0.25 < many < 0.5


def test_outputs_far_from_the_truths_score_zero() -> None:
    outputs, truths, clusters = _features(300, 4, 2)
    assert UNPAIRED.reduce(outputs + 20, truths, clusters)[0] == 0
    assert PAIRED.reduce(outputs + 20, truths, clusters)[0] == 0


def test_copies_are_no_wins_and_cannot_be_told() -> None:
    _, truths, clusters = _features(300, 4, 3)
    assert PAIRED.reduce(truths, truths, clusters)[0] == 0
    assert UNPAIRED.reduce(truths, truths, clusters)[0] == 0.5


def test_scores_fall_as_outputs_move_away() -> None:
    outputs, truths, clusters = _features(800, 4, 4)
    for metric in (PAIRED, UNPAIRED):
        values = [metric.reduce(outputs + shift, truths, clusters)[0] for shift in (0.0, 0.5, 1.5)]
        assert values[0] > values[1] > values[2]


def test_they_are_the_scripts_own_numbers() -> None:
    """The definition, from the library's own `score` and a strict comparison, as MAT's script asks for it."""
    outputs, truths, clusters = _features(200, 6, 5)
    outputs = outputs + 0.3
    svm = LinearSVC(dual=False).fit(np.concatenate([truths, outputs]), [1] * 200 + [0] * 200)
    accuracy = svm.score(np.concatenate([truths, outputs]), [1] * 200 + [0] * 200)
    assert UNPAIRED.reduce(outputs, truths, clusters)[0] == pytest.approx(1 - accuracy, abs=1e-12)
    wins = svm.decision_function(outputs) > svm.decision_function(truths)
    assert PAIRED.reduce(outputs, truths, clusters)[0] == wins.mean()


@pytest.mark.parametrize("metric", [PAIRED, UNPAIRED])
@pytest.mark.parametrize("n", [2, 30, 40])
def test_no_more_rows_than_dimensions_is_refused_with_the_reason(metric: DiscriminativeScore, n: int) -> None:
    reason = f"refused: n = {n} ≤ dimension 40, the classes are separable whatever the method"
    with pytest.raises(RefusedSet, match=reason):
        metric.reduce(*_features(n, 40, 6))


def test_the_refusal_is_needed() -> None:
    """What it refuses: with n = dimension even equal distributions are separated without an error."""
    outputs, truths, _ = _features(40, 40, 7)
    rows = np.concatenate([truths, outputs])
    assert LinearSVC(dual=False, C=1e4).fit(rows, [1] * 40 + [0] * 40).score(rows, [1] * 40 + [0] * 40) == 1


@pytest.mark.parametrize("metric", [PAIRED, UNPAIRED])
def test_order_and_names_of_clusters_do_not_matter(metric: DiscriminativeScore) -> None:
    outputs, truths, clusters = _features(120, 4, 8)
    order = np.random.default_rng(9).permutation(120)
    moved = metric.reduce(outputs[order], truths[order], [f"other{clusters[i]}" for i in order])
    assert moved[0] == pytest.approx(metric.reduce(outputs, truths, clusters)[0], abs=0.01)


def test_the_interval_counts_clusters_not_rows() -> None:
    """Six rows that are one photograph are one: the interval of repeated rows is as wide as that of one each."""
    outputs, truths, clusters = _features(60, 3, 10)
    once = UNPAIRED.reduce(outputs, truths, clusters)
    often = UNPAIRED.reduce(np.repeat(outputs, 6, 0), np.repeat(truths, 6, 0), list(np.repeat(clusters, 6)))
    assert often[2] - often[1] > 0.7 * (once[2] - once[1])


def test_an_unknown_score_is_one_line() -> None:
    with pytest.raises(HarnessError, match="paired or unpaired, not 'both'"):
        DiscriminativeScore("efl0", "both")
