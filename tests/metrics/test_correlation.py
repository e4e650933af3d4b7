"""Metrics about assessors: scipy's numbers, laws, refusals, and replicates on which entries can be paired."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from harness.errors import RefusedSet
from harness.interfaces import Assessed
from harness.metrics import correlation
from harness.metrics.correlation import Krcc, LadderMonotone, LadderSrcc, Plcc, PlccLogistic, Srcc
from harness.stats.curves import Curve


def rated(scores: np.ndarray, opinions: np.ndarray, per_cluster: int = 2) -> Assessed:
    names = tuple(f"p{i:03d}" for i in range(len(scores)))
    clusters = tuple(f"c{i // per_cluster}" for i in range(len(scores)))
    return Assessed(names, clusters, scores, tuple({"mos": float(mos)} for mos in opinions))


def ladders(scores: np.ndarray) -> Assessed:
    """Scores [photographs, kinds, steps]."""
    places = list(np.ndindex(scores.shape))
    truths = tuple({"reference": f"r{p}", "kind": "blur" if k else "noise", "strength": s} for p, k, s in places)
    return Assessed(tuple(map(str, places)), tuple(f"r{p}" for p, _, _ in places), scores.ravel(), truths)


def test_spearman_is_scipys_also_with_ties() -> None:
    rng = np.random.default_rng(0)
    scores, opinions = rng.integers(0, 9, 60).astype(float), rng.integers(0, 9, 60).astype(float)
    (value,) = Srcc().reduce(rated(scores, opinions))
    assert value.value == pytest.approx(spearmanr(scores, opinions).statistic, abs=1e-12)
    assert value.lo < value.value < value.hi


@given(st.integers(0, 10_000))
def test_ranks_do_not_feel_a_monotone_change_and_turn_with_the_sign(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, opinions = rng.standard_normal(30), rng.standard_normal(30)
    for metric in (Srcc, Krcc):
        value = metric.correlation(scores, opinions)
        assert metric.correlation(np.exp(scores), opinions) == pytest.approx(value, abs=1e-12)
        assert metric.correlation(-scores, opinions) == pytest.approx(-value, abs=1e-12)
        assert -1 <= value <= 1


def test_the_logistic_straightens_a_saturated_scale() -> None:
    scores = np.linspace(-4, 4, 40)
    opinions = 1 / (1 + np.exp(-3 * scores))
    assert PlccLogistic.correlation(scores, opinions) > 0.999 > 0.95 > Plcc.correlation(scores, opinions)


def test_the_logistic_is_found_on_a_narrow_scale_that_is_nowhere_near_its_start() -> None:
    """GMSD's: scores of a few hundredths whose curve never turns: its best parameters lie at infinity."""
    scores = -np.geomspace(0.002, 0.25, 60)
    opinions = 1.3 + 3.5 * np.exp(scores / 0.07)
    assert PlccLogistic.correlation(scores, opinions) > 0.999 > 0.97 > Plcc.correlation(scores, opinions)


def test_refused_pictures_are_left_out_and_too_few_say_nothing() -> None:
    scores = np.arange(24.0)
    scores[[3, 7]] = np.nan
    (value,) = Srcc().reduce(rated(scores, np.arange(24.0)))
    assert value.value == pytest.approx(1)
    scores[9:] = np.nan
    with pytest.raises(RefusedSet, match="fewer than ten"):
        Srcc().reduce(rated(scores, np.arange(24.0)))
    with pytest.raises(RefusedSet, match="no opinion scores"):
        Srcc().reduce(ladders(np.zeros((2, 2, 4))))


def test_two_entries_meet_the_same_resamples() -> None:
    rng = np.random.default_rng(1)
    opinions = rng.standard_normal(60)
    close = opinions + 0.1 * rng.standard_normal(60)
    (one,), (other,) = (Srcc().reduce(rated(scores, opinions)) for scores in (close, close + 1e-9))
    assert one.replicates is not None
    assert other.replicates is not None
    assert np.allclose(one.replicates, other.replicates, atol=1e-3)


def test_a_ladder_that_falls_is_ordered_and_one_that_rises_is_not() -> None:
    falling = -np.arange(5.0)[None, None] + np.arange(8.0)[:, None, None] + np.zeros((8, 2, 5))
    whole, blur, noise = LadderSrcc().reduce(ladders(falling))
    assert (whole.subset, blur.subset, noise.subset) == ("", "kind:blur", "kind:noise")
    assert [of.value for of in (whole, blur, noise)] == pytest.approx([1, 1, 1])
    rising = falling.copy()
    rising[:, 1] *= -1
    whole, blur, noise = LadderMonotone().reduce(ladders(rising))
    assert [of.value for of in (whole, blur, noise)] == pytest.approx([0.5, 0, 1])
    assert whole.replicates is not None
    assert blur.replicates is None


def test_a_constant_or_refused_ladder_orders_nothing() -> None:
    scores = np.zeros((8, 2, 5))
    assert LadderSrcc().reduce(ladders(scores))[0].value == 0
    scores[:] = -np.arange(5.0)
    scores[:, 0, 1:4] = np.nan  # two steps are left
    assert LadderSrcc().reduce(ladders(scores))[0].value == pytest.approx(0.5)


@pytest.fixture(scope="module")
def many() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    opinions = rng.uniform(1, 5, 300)
    return np.round(np.tanh(opinions - 3) + 0.2 * rng.standard_normal(300), 2), opinions


def test_the_numbers_are_those_of_the_library_that_a_user_would_call(many: tuple[np.ndarray, np.ndarray]) -> None:
    """pyiqa's own functions, on the same scores (with ties); its logistic is another one, fitted from another start."""
    metrics = pytest.importorskip("pyiqa.metrics.correlation_coefficient")
    scores, opinions = many
    for ours, name in ((Srcc, "calculate_srcc"), (Krcc, "calculate_krcc"), (Plcc, "calculate_plcc")):
        theirs = getattr(metrics, name)(scores, opinions)
        assert ours.correlation(scores, opinions) == pytest.approx(theirs, abs=1e-12)
    fitted = metrics.calculate_plcc(scores, opinions, fit_scale="logistic_4params")
    assert PlccLogistic.correlation(scores, opinions) == pytest.approx(fitted, abs=1e-3)


def test_each_distortion_is_a_subset_and_one_that_says_nothing_is_no_number(
    many: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correlation, "RESAMPLES", 60)
    scores, opinions = (values[:60] for values in many)
    whole = rated(scores, opinions, per_cluster=6)
    kinds = ["blur" if i % 6 < 3 else "noise" if i < 55 else "rare" for i in range(60)]
    told = Assessed(
        whole.ids, whole.clusters, scores,
        tuple({**known, "kind": kind} for known, kind in zip(whole.truths, kinds, strict=True)),
    )  # fmt: skip
    all_, blur, noise, rare = Srcc().reduce(told)
    assert [one.subset for one in (all_, blur, noise, rare)] == ["", "kind:blur", "kind:noise", "kind:rare"]
    assert all_.value == Srcc().reduce(whole)[0].value
    mine = np.array(kinds) == "blur"
    assert blur.value == pytest.approx(spearmanr(scores[mine], opinions[mine]).statistic)
    assert blur.lo < blur.value < blur.hi
    assert blur.replicates is None
    assert np.isnan(rare.value)


def test_a_ladder_is_drawn_as_what_scores_lose_by_strength() -> None:
    rng = np.random.default_rng(0)
    steps = np.arange(4.0)
    scores = np.stack([-2 * steps + 0.1 * rng.standard_normal(4) + 50 * p for p in range(6) for _ in "ab"])
    told = ladders(scores.reshape(6, 2, 4))
    _, first, second = LadderSrcc().reduce(told)
    curve = Curve.from_text(first.curve or "")
    assert curve.x == (0, 1, 2, 3)
    assert curve.y[0] == 0  # whatever the photograph's own score
    assert np.array(curve.y) * np.std(told.scores) == pytest.approx(-2 * steps, abs=0.2)
    assert all(lo <= y <= hi for lo, y, hi in zip(curve.lo, curve.y, curve.hi, strict=True))
    assert second.curve != first.curve
    assert LadderMonotone().reduce(told)[1].curve is None


def test_bands_stay_in_range_where_nearly_every_ladder_is_in_order() -> None:
    scores = np.tile(-np.arange(4.0), (20, 2, 1))
    scores[3, 1] = [0, -1, -3, -2]
    for value in (*LadderSrcc().reduce(ladders(scores)), *LadderMonotone().reduce(ladders(scores))):
        assert 0.9 < value.lo <= value.value <= value.hi <= 1
