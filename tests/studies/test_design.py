"""The plan of a study and the order in which one rater meets it: balanced, seeded, and no repeat too soon."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.studies.design import GAP, order_for, plan_trials
from harness.studies.model import TRUTH, Trial

Plan = tuple[Trial, ...]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    entries = [f"e{n}" for n in range(draw(st.integers(2, 5)))]
    samples = [f"s{n}" for n in range(draw(st.integers(1, 8)))]
    pools = {
        pair: draw(st.lists(st.sampled_from(samples), min_size=1, unique=True)) for pair in combinations(entries, 2)
    }
    numbers = {
        "per_pair": draw(st.integers(1, 6)),
        "repeats": draw(st.integers(0, 8)),
        "catches": draw(st.integers(0, 5)),
    }
    return plan_trials(pools, **numbers, seed=draw(st.integers(0, 2**31)))


@settings(max_examples=60, deadline=None)
@given(plans(), st.sampled_from(["heron-7", "otter", "x"]), st.integers(0, 99))
def test_every_rater_sees_every_trial_once_balanced_and_repeats_late(plan: Plan, rater: str, seed: int) -> None:
    turns = order_for(plan, seed, rater)
    assert sorted(turn.trial.id for turn in turns) == sorted(trial.id for trial in plan)
    place = {turn.trial.id: number for number, turn in enumerate(turns)}
    by_id = {turn.trial.id: turn for turn in turns}
    balance: Counter[str] = Counter()
    for turn in turns:
        assert {turn.left, turn.right} == {turn.trial.a, turn.trial.b}
        if turn.trial.kind == "repeat":
            original = by_id[turn.trial.of]
            assert (original.left, original.right) == (turn.right, turn.left)
            assert place[turn.trial.id] - place[turn.trial.of] > GAP
        elif turn.trial.kind == "compare":
            balance.update({turn.left: 1, turn.right: -1})
    assert all(abs(lefts) <= 1 for lefts in balance.values())
    truths = [turn.left == TRUTH for turn in turns if turn.trial.kind == "catch"]
    assert abs(2 * sum(truths) - len(truths)) <= 1


@settings(max_examples=60, deadline=None)
@given(plans())
def test_no_pair_meets_a_sample_twice_and_ids_say_nothing(plan: Plan) -> None:
    met = [(trial.sample, frozenset((trial.a, trial.b))) for trial in plan if trial.kind == "compare"]
    assert len(set(met)) == len(met)
    assert len({trial.id for trial in plan}) == len(plan)
    assert all(len(trial.id) == 12 and int(trial.id, 16) >= 0 for trial in plan)


def test_pairs_and_samples_are_balanced() -> None:
    samples = [f"s{n}" for n in range(10)]
    plan = plan_trials({pair: samples for pair in combinations("abcd", 2)}, per_pair=5, repeats=4, catches=3, seed=1)
    compared = [trial for trial in plan if trial.kind == "compare"]
    assert set(Counter((trial.a, trial.b) for trial in compared).values()) == {5}
    assert set(Counter(trial.sample for trial in compared).values()) == {3}
    assert Counter(trial.kind for trial in plan) == {"compare": 30, "repeat": 4, "catch": 3}


def test_a_rater_comes_back_to_the_same_order_and_another_gets_another() -> None:
    plan = plan_trials({("a", "b"): [f"s{n}" for n in range(9)]}, per_pair=9, repeats=2, catches=2, seed=4)
    assert order_for(plan, 0, "heron") == order_for(plan, 0, "heron")
    assert order_for(plan, 0, "heron") != order_for(plan, 0, "otter")
    assert plan == plan_trials({("a", "b"): [f"s{n}" for n in range(9)]}, per_pair=9, repeats=2, catches=2, seed=4)


def test_what_cannot_be_planned_is_refused() -> None:
    numbers = {"per_pair": 2, "repeats": 0, "catches": 0, "seed": 0}
    with pytest.raises(HarnessError, match="two entries"):
        plan_trials({}, **numbers)
    with pytest.raises(HarnessError, match="no sample has a kept picture of both a and b"):
        plan_trials({("a", "b"): []}, **numbers)
    with pytest.raises(HarnessError, match="one trial a pair"):
        plan_trials({("a", "b"): ["s"]}, per_pair=0, repeats=0, catches=0, seed=0)
    few = plan_trials({("a", "b"): ["s1", "s2"]}, per_pair=2, repeats=2, catches=1, seed=0)
    assert [trial for trial in few if trial.kind == "repeat"] == []  # nothing could stand between
