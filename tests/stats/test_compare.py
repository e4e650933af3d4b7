"""Laws of a comparison: exchanging A and B, order, names; what a gate cries wolf about and what it finds."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stats.compare import Pairing, Party, contests
from harness.stats.contests import GATE_SIGNIFICANCE, Comparison, Contest
from harness.stats.intervals import mean_intervals
from harness.stats.model import Interval
from harness.stats.paired import noninferiority_test, swap_test
from harness.stats.pairs import Difference, detectable_of, judge, margin_of, paired_differences

INFO = {
    "psnr@hole": {"higher_is_better": True, "unit": "dB", "digits": 2, "kind": "sample"},
    "l1@hole": {"higher_is_better": False, "unit": "", "digits": 4, "kind": "sample"},
    "hf_ratio@hole": {"higher_is_better": None, "unit": "", "digits": 2, "kind": "sample", "mean": "geometric"},
    "mine": {"higher_is_better": True, "unit": "", "digits": 2, "kind": "sample"},
}
Scores = dict[str, float]


def party(
    rows: pd.DataFrame, name: str = "telea", samples: Sequence[str] | None = None, kind: str = ""
) -> Party:  # fmt: skip
    entry = {"reference": name, "title": name, "weights": {"kind": kind} if kind else None}
    return Party("run", entry, rows, list(rows["sample"].unique()) if samples is None else samples)


def rows(values: np.ndarray, clusters: Sequence[str], metric: str = "psnr@hole", **more: Any) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "task": "photos", "sample": [f"s{k:03}" for k in range(len(values))], "cluster": clusters, "repeat": 0,
            "status": "ok", "ratio": 0.2, "seconds": 0.1, "peak_mb": 10.0, f"score:{metric}": values,
        }
    )  # fmt: skip
    return frame.assign(**more)


def pairing(a: pd.DataFrame, b: pd.DataFrame, primary: str = "psnr@hole", **more: Any) -> Pairing:
    task = {"id": "photos", "title": "Photographs", "primary": primary, "metrics_info": INFO}
    return Pairing(task, party(a, "a"), party(b, "b"), **more)


def one(a: pd.DataFrame, b: pd.DataFrame, primary: str = "psnr@hole", **more: Any) -> Contest:
    costs = {key: more.pop(key) for key in ("metrics", "costs") if key in more}
    [contest] = contests([pairing(a, b, primary, **costs)], **more)
    return contest


def names(clusters: int, each: int) -> list[str]:
    return [f"photo{k // each}" for k in range(clusters * each)]


seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int, shift: float = 0.0, clusters: int = 7, each: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    a = rng.normal(25, 3, clusters * each)
    b = a + shift + rng.normal(0, 0.5, clusters * each)
    return rows(a, names(clusters, each)), rows(b, names(clusters, each), seconds=0.2)


MIRRORED = {"better": "worse", "worse": "better", "equivalent": "equivalent", "not separable": "not separable"}


@settings(deadline=None, max_examples=15)
@given(seeds, st.sampled_from([-1.0, 0.0, 0.3, 1.0]))
def test_exchanging_the_two_turns_every_sign(seed: int, shift: float) -> None:
    a, b = drawn(seed, shift)
    there, back = one(a, b, worst=99), one(b, a, worst=99)
    diff, mirror = there.primary.diff, back.primary.diff
    assert (diff.value, diff.lo, diff.hi) == pytest.approx((-mirror.value, -mirror.hi, -mirror.lo))
    assert (there.primary.a, there.primary.b) == (back.primary.b, back.primary.a)
    assert (there.wins, there.ties, there.losses) == (back.losses, back.ties, back.wins)
    assert (there.p, there.p_holm, there.detectable) == pytest.approx((back.p, back.p_holm, back.detectable))
    assert there.verdict == MIRRORED[back.verdict]
    assert len(there.worst) + len(back.worst) == 14
    [seconds, _], [other, _] = there.costs, back.costs
    assert (seconds.diff.value, seconds.diff.lo) == pytest.approx((1 / other.diff.value, 1 / other.diff.hi))


@settings(deadline=None, max_examples=15)
@given(seeds, st.permutations(range(14)), st.permutations(range(14)), st.permutations(range(7)))
def test_neither_order_nor_names_of_clusters_matter(
    seed: int, first: list[int], second: list[int], order: list[int]
) -> None:
    a, b = drawn(seed, 0.3)
    plain = one(a, b)
    assert one(a.iloc[first], b.iloc[second]) == plain
    renamed = {f"photo{k}": f"z{name}" for k, name in enumerate(order)}
    assert one(a.assign(cluster=a["cluster"].map(renamed)), b.assign(cluster=b["cluster"].map(renamed))) == plain


@pytest.mark.parametrize("metric", ["psnr@hole", "mine"])
@pytest.mark.parametrize("clusters", [1, 3, 12])
def test_an_entry_is_equivalent_to_itself(metric: str, clusters: int) -> None:
    values = np.random.default_rng(clusters).normal(25, 3, clusters * 2)
    a = rows(values, names(clusters, 2), metric)
    contest = one(a, a.copy(), metric)
    assert contest.verdict == "equivalent"
    assert (contest.primary.diff.value, contest.p, contest.p_holm) == (0.0, 1.0, 1.0)
    assert (contest.wins, contest.ties, contest.losses) == (0, clusters, 0)
    assert contest.worst == ()


def test_lower_is_better_where_the_metric_says_so() -> None:
    a = rows(np.linspace(0.1, 0.2, 12), names(12, 1), "l1@hole")
    b = a.assign(**{"score:l1@hole": a["score:l1@hole"] - 0.03})
    contest = one(a, b, "l1@hole")
    assert (contest.verdict, contest.wins, contest.losses) == ("better", 12, 0)
    assert contest.primary.diff.value == pytest.approx(-0.03)
    assert contest.primary.better_by == pytest.approx(0.03)
    assert one(b, a, "l1@hole").verdict == "worse"


@settings(deadline=None, max_examples=8)
@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=1, max_size=4), seeds)
def test_a_larger_family_makes_nothing_easier(shifts: list[float], seed: int) -> None:
    pairings = [pairing(*drawn(seed + k, shift)) for k, shift in enumerate(shifts)]
    together = contests(pairings)
    alone = [contests([pairing])[0] for pairing in pairings]
    for large, small in zip(together, alone, strict=True):
        assert large.p == small.p
        assert large.p_holm >= small.p_holm
        assert large.detectable is None or small.detectable is not None
        if large.detectable is not None and small.detectable is not None:
            assert large.detectable >= small.detectable
    order = np.argsort([one.p for one in together], kind="stable")
    adjusted = [together[k].p_holm for k in order]
    assert adjusted == sorted(adjusted)


def test_only_samples_that_both_have_are_compared_and_the_others_counted() -> None:
    a, b = drawn(1, -1.0)
    b = b.iloc[:9].assign(status=["failed"] + ["ok"] * 8)
    [contest] = contests([dataclasses.replace(pairing(a, b), b=party(b, "b", samples=list(a["sample"])))])
    assert (contest.primary.diff.n, contest.n_total) == (8, 14)
    assert (contest.a.ok, contest.a.total, contest.b.ok, contest.b.failed, contest.b.total) == (14, 14, 8, 1, 14)
    assert (contest.a.lost, contest.b.lost) == (0, 6)
    kept = slice(1, 9)
    expected = (b["score:psnr@hole"].to_numpy()[kept] - a["score:psnr@hole"].to_numpy()[kept]).mean()
    assert contest.primary.diff.value == pytest.approx(expected)


def test_samples_that_were_never_asked_for_are_not_lost() -> None:
    a, b = drawn(1)
    contest = one(a, b.iloc[:6])
    assert (contest.primary.diff.n, contest.n_total, contest.b.total, contest.b.lost) == (6, 14, 6, 0)


@pytest.mark.parametrize("has", ["a", "b", "nobody"])
def test_without_a_sample_in_common_nothing_is_claimed(has: str) -> None:
    a, b = drawn(1, 5.0)
    none = a.iloc[:0]
    sides = {"a": (a, none), "b": (none, b), "nobody": (none, none)}[has]
    asked = list(a["sample"])
    pair = Pairing(pairing(a, b).task, party(sides[0], "a", asked), party(sides[1], "b", asked))
    contest, other = contests([pair, pairing(a, b)])
    assert (contest.primary.diff.n, contest.verdict, contest.p_holm) == (0, "not separable", 1.0)
    assert math.isnan(contest.primary.diff.value)
    assert contest.b.lost == (14 if has == "a" else 0)
    assert other.p == other.p_holm, "it is no member of the family"
    json.dumps(Comparison("a", "b", None, (contest, other), ()).to_dict(), allow_nan=False)


def test_undefined_scores_are_left_out() -> None:
    a, b = drawn(1)
    a.loc[3, "score:psnr@hole"] = np.nan
    contest = one(a, b)
    assert (contest.primary.diff.n, contest.a.ok, contest.a.undefined, contest.b.lost) == (13, 14, 1, 0)
    assert Comparison("a", "b", None, (contest,), ()).passed, "A has no score there either"


@pytest.mark.parametrize("margin", [None, 0.5])
@pytest.mark.parametrize("undefined", [1, 12])
def test_a_score_that_only_a_has_is_lost(undefined: int, margin: float | None) -> None:
    a, b = drawn(1, 5.0)
    b.loc[: undefined - 1, "score:psnr@hole"] = np.nan
    contest = one(a, b, margin=margin)
    assert (contest.b.ok, contest.b.undefined, contest.b.lost, contest.a.lost) == (14, undefined, undefined, 0)
    comparison = Comparison("a", "b", margin, (contest,), ())
    assert "lost samples" in [failure.why for failure in comparison.failures()]
    assert not comparison.passed
    back = one(b, a)
    assert (back.a.lost, back.b.lost) == (undefined, 0)


def test_failed_and_undefined_samples_are_both_lost_and_counted_once() -> None:
    a, b = drawn(1)
    b.loc[:1, "status"] = "failed"
    b.loc[:3, "score:psnr@hole"] = np.nan
    a.loc[0, "score:psnr@hole"] = np.nan  # a result without a score, where B has not even a result
    contest = one(a, b)
    assert (contest.b.ok, contest.b.failed, contest.b.undefined, contest.b.lost) == (12, 2, 2, 4)


@pytest.mark.parametrize("margin", [None, 0.5])
def test_where_nothing_is_in_common_the_gate_stays_shut(margin: float | None) -> None:
    a, b = drawn(1)
    undefined = b.assign(**{"score:psnr@hole": np.nan})
    apart = b.assign(sample=[f"t{k}" for k in range(14)])
    for other, whys in ((undefined, ["nothing in common", "lost samples"]), (apart, ["nothing in common"])):
        comparison = Comparison("a", "b", margin, (one(a, b, margin=5.0), one(a, other, margin=margin)), ())
        assert [failure.why for failure in comparison.failures()] == whys
        assert comparison.to_dict()["gate"] == "failed"


def test_a_ratio_is_compared_as_a_ratio() -> None:
    a, b = drawn(1)
    a, b = a.assign(**{"score:hf_ratio@hole": 0.5}), b.assign(**{"score:hf_ratio@hole": 0.4})
    [effect] = one(a, b, metrics=["hf_ratio@hole"]).others
    assert effect.ratio
    assert (effect.a, effect.b, effect.diff.value) == pytest.approx((0.5, 0.4, 0.8))
    assert (effect.diff.lo, effect.diff.hi) == pytest.approx((0.8, 0.8))


def test_costs_are_ratios_and_can_be_left_out() -> None:
    a, b = drawn(1)
    seconds, memory = one(a, b).costs
    assert (seconds.metric, seconds.diff.value, seconds.ratio) == ("seconds", pytest.approx(2.0), True)
    assert (memory.metric, memory.diff.value) == ("peak_mb", pytest.approx(1.0))
    assert one(a, b, costs=False).costs == ()


def test_the_worst_samples_are_those_of_the_largest_loss() -> None:
    a, b = drawn(3)
    loss = (b["score:psnr@hole"] - a["score:psnr@hole"]).to_numpy()
    found = one(a, b, worst=4).worst
    assert [one.sample for one in found] == [f"s{k:03}" for k in np.argsort(loss)[:4]]
    assert [one.b - one.a for one in found] == pytest.approx(np.sort(loss)[:4])
    assert one(a, b, worst=0).worst == ()


def test_a_margin_decides_equivalence_and_non_inferiority() -> None:
    a, b = drawn(5, -0.3, clusters=12)
    agreed, narrow, wide = one(a, b), one(a, b, margin=0.05), one(a, b, margin=3.0)
    assert (agreed.margin, agreed.p_noninferior) == (margin_of("psnr@hole"), None)
    assert narrow.verdict != "equivalent"
    gains = (b["score:psnr@hole"] - a["score:psnr@hole"]).to_numpy()[:, None]
    for contest in (narrow, wide):
        [p] = noninferiority_test(gains, a["cluster"], margin=contest.margin)
        assert contest.p_noninferior == p
    assert narrow.p_noninferior > GATE_SIGNIFICANCE >= wide.p_noninferior


@pytest.mark.parametrize("shift", [0.0, 0.06])
def test_the_limit_for_many_clusters_is_what_resampling_gives(shift: float) -> None:
    a, b = drawn(3, shift, clusters=500, each=3)
    exact, limit = (one(a, b, metrics=["psnr@hole"], limit=limit) for limit in (False, True))
    width = exact.primary.diff.hi - exact.primary.diff.lo
    for effect, other in zip((exact.primary, *exact.costs), (limit.primary, *limit.costs), strict=True):
        assert (other.diff.lo, other.diff.hi) == pytest.approx((effect.diff.lo, effect.diff.hi), abs=0.03 * width)
    assert limit.p == pytest.approx(exact.p, abs=4 * math.sqrt(exact.p * (1 - exact.p) / 20_000) + 2e-3)
    assert (limit.wins, limit.losses, limit.verdict) == (exact.wins, exact.losses, exact.verdict)


def test_few_clusters_are_never_taken_to_the_limit_of_the_swap_test() -> None:
    a, b = drawn(3, 0.5, clusters=7)
    assert one(a, b, limit=True).p == one(a, b).p


def contest(verdict: str, p_noninferior: float | None = None, lost: int = 0) -> Contest:
    base = one(*drawn(1))
    side = dataclasses.replace(base.b, lost=lost)
    return dataclasses.replace(base, verdict=verdict, p_noninferior=p_noninferior, b=side)


def bounded(lo: float, hi: float, up: bool = True, p: float = 0.01) -> Contest:
    """A contest with a margin of 0.5 whose interval is as given, and the p of its swap test."""
    base = contest("not separable", p)
    diff = dataclasses.replace(base.primary.diff, lo=lo, hi=hi)
    return dataclasses.replace(base, primary=dataclasses.replace(base.primary, diff=diff, higher_is_better=up))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (contest("better"), []),
        (contest("equivalent"), []),
        (contest("not separable"), []),
        (contest("worse"), ["worse"]),
        (contest("worse", 0.9), ["worse"]),
        (bounded(-0.4, 0.9, p=0.03), ["not shown to be non-inferior"]),
        (bounded(-0.4, 0.9, p=0.02), []),
        (bounded(-0.6, 0.1), ["not shown to be non-inferior"]),
        (bounded(-0.5, 0.1), ["not shown to be non-inferior"]),
        (bounded(-0.9, 0.4, up=False), []),
        (bounded(-0.1, 0.6, up=False), ["not shown to be non-inferior"]),
        (bounded(math.nan, math.nan), ["not shown to be non-inferior"]),
        (contest("better", lost=2), ["lost samples"]),
        (contest("worse", lost=2), ["worse", "lost samples"]),
    ],
)
def test_what_the_gate_objects_to(found: Contest, why: list[str]) -> None:
    comparison = Comparison("a", "b", None, (contest("better"), found), ())
    assert [failure.why for failure in comparison.failures()] == why
    assert comparison.passed == (not why)
    assert comparison.to_dict()["gate"] == ("passed" if not why else "failed")


def test_repeats_are_averaged_before_they_are_compared() -> None:
    a, b = drawn(1)
    twice = pd.concat([b, b.assign(repeat=1, **{"score:psnr@hole": b["score:psnr@hole"] + 2})])
    assert one(a, twice).primary.diff.value == pytest.approx(one(a, b).primary.diff.value + 1)


def test_a_sample_with_a_repeat_without_a_score_has_none() -> None:
    a, b = drawn(1)
    again = b.assign(repeat=1)
    again.loc[:2, "score:psnr@hole"] = np.nan
    contest = one(a, pd.concat([b, again]))
    assert (contest.primary.diff.n, contest.b.undefined, contest.b.lost) == (11, 3, 3)


# ---- simulations


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261123)


RUNS = 400
"""Standard error of a share near 0.05: 0.011; near 0.8: 0.02."""


def verdicts(rng: np.random.Generator, simulate: ModuleType, shift: float, tasks: int = 1) -> list[list[str]]:
    """Verdicts on B of simulated comparisons over `tasks` tasks; B's true gain on the first one is `shift`."""
    found: list[list[Difference]] = []
    for task in range(tasks):
        differences, labels, _ = simulate.draw(rng, RUNS)
        found.append(paired_differences(differences + (shift if task == 0 else 0.0), labels, margin=0.5))
    return [[j.verdict for j in judge(family, [True] * tasks)] for family in zip(*found, strict=True)]


@pytest.mark.parametrize("tasks", [1, 3])
def test_the_gate_rarely_cries_wolf(simulate: ModuleType, rng: np.random.Generator, tasks: int) -> None:
    alarms = np.mean(["worse" in family for family in verdicts(rng, simulate, 0.0, tasks)])
    assert alarms <= 0.05  # half of Holm's 5 % are "better"


def test_the_gate_finds_the_difference_it_says_it_could_see(simulate: ModuleType, rng: np.random.Generator) -> None:
    differences, labels, _ = simulate.draw(rng, RUNS)
    stated = np.median([detectable_of(differences[:, [k]], labels, family=1) for k in range(RUNS)])
    found = np.mean([family == ["worse"] for family in verdicts(rng, simulate, -float(stated))])
    assert 0.74 <= found <= 0.88


def passes(differences: np.ndarray, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """[runs]: whether the gate opens with the margin, and whether the swap test alone would open it."""
    clusters = np.arange(len(differences))
    p = noninferiority_test(differences, clusters, margin=margin)
    base = dataclasses.replace(contest("not separable"), margin=margin)
    opened = []
    for of, one in zip(mean_intervals(differences, clusters), p, strict=True):
        found = dataclasses.replace(base, p_noninferior=float(one), primary=dataclasses.replace(base.primary, diff=of))
        opened.append(Comparison("a", "b", margin, (found,), ()).passed)
        assert of.lo > -margin or not opened[-1], "it never contradicts the interval shown"
    return np.array(opened), p <= GATE_SIGNIFICANCE


@pytest.mark.parametrize(
    ("shape", "most", "swap_alone"), [("normal", 0.037, 0.0), ("exponential", 0.06, 0.06), ("lognormal", 0.1, 0.1)]
)
def test_how_often_the_gate_passes_what_is_worse_by_the_margin(
    rng: np.random.Generator, simulate: ModuleType, shape: str, most: float, swap_alone: float
) -> None:
    effect, mean = simulate.SHAPES[shape]
    losses = effect(rng, (20, 1000)) - mean  # rare large losses, small gains elsewhere
    gate, alone = passes(-losses - 0.5, margin=0.5)
    assert gate.mean() <= most
    assert alone.mean() > swap_alone


def test_the_gate_cannot_see_failures_that_did_not_occur(rng: np.random.Generator) -> None:
    fails = rng.random((20, 1000)) < 0.05
    gate, _ = passes(rng.normal(0, 0.2, fails.shape) - 10.0 * fails, margin=0.5)  # worse by the margin on average
    unseen = ~fails.any(axis=0)
    assert gate[unseen].mean() > 0.99
    assert not gate[~unseen].any()


def test_a_gate_without_holm_fails_the_same_test(simulate: ModuleType, rng: np.random.Generator) -> None:
    differences, labels, _ = simulate.draw(rng, 1500)
    p = swap_test(differences, labels, permutations=1999).reshape(-1, 10)
    assert np.mean((p <= 0.05).any(axis=1)) > 0.3
    of = Interval(-1.0, -2.0, 0.0, 180, 30)
    corrected = [judge([Difference(of, one, 1.0) for one in family], [True] * 10) for family in p]
    assert np.mean([any(j.verdict == "worse" for j in family) for family in corrected]) <= 0.09
