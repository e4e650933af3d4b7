from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from harness.report import words
from harness.stats.model import Cell, Interval, PairTest, Standing, TaskSummary

INFO = {"unit": "dB", "digits": 1}
TITLES = {name: name.upper() for name in "abc"}


def standing(name: str, rank: int) -> Standing:
    return Standing(name, rank, rank, rank, "a", True, "", "")


def task(values: dict[str, float], verdicts: dict[tuple[str, str], str], *, up: bool = True) -> TaskSummary:
    cells = tuple(
        Cell(k, "t", "psnr@hole", "", 9, 0, 0, Interval(v, v - 1, v + 1, 9, 3), None) for k, v in values.items()
    )
    pairs: tuple[Any, ...] = tuple(
        PairTest("t", "psnr@hole", a, b, 1.0, 0.5, 1.5, 0.01, 0.02, verdict, 9, 3)  # type: ignore[arg-type]
        for (a, b), verdict in verdicts.items()
    )
    return TaskSummary("t", "Task", "psnr@hole", up, 9, 9, 3, 0.5, (), cells, pairs, ())


def say(summary: TaskSummary, names: str) -> str:
    return words.headline(summary, [standing(n, i + 1) for i, n in enumerate(names)], TITLES, INFO)


def test_a_separable_leader_is_best() -> None:
    told = say(task({"a": 30, "b": 28}, {("a", "b"): "better"}), "ab")
    assert told == "A is best: 30.0 dB PSNR in the hole, separably ahead of B by 2.0 dB."


def test_the_verdict_counts_whichever_way_round_it_was_tested() -> None:
    assert say(task({"a": 30, "b": 28}, {("b", "a"): "worse"}), "ab").startswith("A is best")


def test_no_lead_is_said_and_why() -> None:
    told = say(task({"a": 30, "b": 29, "c": 28}, {("a", "b"): "not separable", ("a", "c"): "equivalent"}), "abc")
    assert "no separable lead" in told
    assert "cannot tell it from B" in told
    assert "equivalent to C" in told


def test_lower_is_better_is_called_lowest() -> None:
    assert "has the lowest" in say(task({"a": 1, "b": 2}, {("a", "b"): "not separable"}, up=False), "ab")


def test_one_or_no_entry_claims_nothing() -> None:
    assert "no other ranked entry" in say(task({"a": 30}, {}), "a")
    assert "No ranked entry" in say(task({"a": math.nan}, {}), "a")
    assert "No ranked entry" in say(task({}, {}), "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00812, "8.1 ms"),
        (0.35, "350 ms"),
        (0.9999, "1 s"),
        (1.24, "1.2 s"),
        (75.4, "75 s"),
        (204, "3.4 min"),
        (None, "–"),
    ],
)
def test_seconds_read_as_a_person_says_them(value: float | None, text: str) -> None:
    assert words.seconds(value) == text


def test_undefined_numbers_are_dashes() -> None:
    assert [words.number(v, 2) for v in (None, math.nan, math.inf, 1.005, -2)] == ["–", "–", "–", "1.00", "−2.00"]
    assert words.interval(Interval(2.0, math.nan, math.nan, 4, 1), 1) == "2.0 [too few]"
    assert words.interval(Interval(math.nan, 1, 2, 0, 0), 1) == "–"
    assert words.interval(None, 1) == "–"


def test_a_rank_shows_its_interval_or_nothing() -> None:
    wide = dataclasses.replace(standing("a", 2), rank_lo=1, rank_hi=4)
    assert words.rank_range(wide) == "1–4"
    assert words.rank_range(standing("a", 2)) == "2"
    assert words.rank_range(Standing("a", None, None, None, "", False, "oracle", "")) == "–"


def test_a_leader_below_floor_is_not_crowned() -> None:
    def told(values: dict[str, float], verdict: str, mark: str) -> str:
        ranked = [dataclasses.replace(standing(n, i + 1), below_floor=mark) for i, n in enumerate(values)]
        return words.headline(task(values, {("a", "b"): verdict}), ranked, TITLES, INFO)

    below = "*below floor*: −1 dB vs mean"
    both = {"a": 30.0, "b": 28.0}
    assert told(both, "better", below).endswith("separably ahead of B by 2.0 dB, but is below floor.")
    assert "30.0 dB, but is below floor and has no separable lead: " in told(both, "not separable", below)
    assert "in the hole, but is below floor; there is no other" in told({"a": 30.0}, "better", below)
    for mark in ("", "*floor not judged*: 3 clusters are too few"):
        assert "below floor" not in told(both, "better", mark)


def test_what_a_run_can_tell_apart() -> None:
    seen = task({"a": 30, "b": 28}, {("a", "b"): "better"})
    assert words.resolution(seen, INFO) == "a typical pair must differ by 0.5 dB in psnr@hole to be told apart"
    blind = dataclasses.replace(seen, detectable=None)
    assert words.resolution(blind, INFO) == "3 clusters cannot separate any pair of 2 entries"
    assert words.resolution(dataclasses.replace(blind, pairs=()), INFO) == ""


def test_lists_read_as_prose() -> None:
    told = [words.listed(list("abcdef")[:n]) for n in range(7)]
    assert told == ["", "a", "a and b", "a, b and c", "a, b, c and d", "a, b, c, d and 1 more", "a, b, c, d and 2 more"]


def test_one_reason_on_many_tasks_is_one_line() -> None:
    skips = [{"what": "lpips", "task": t, "reason": "no file: pip install lpips"} for t in ("one", "two")]
    assert words.skipped_lines({"skipped": [*skips, {"what": "gdp", "task": "", "reason": "needs a GPU"}]}) == [
        "lpips on one and two: no file: pip install lpips",
        "gdp: needs a GPU",
    ]


def test_a_wrapper_is_set_against_what_it_wraps_whichever_was_tested_first() -> None:
    inner = {"reference": "a", "title": "A", "identity": {"method": "a", "inner": None}}
    outer = {"reference": "w:a", "title": "W:A", "identity": {"method": "w", "inner": inner["identity"]}}
    older = {"reference": "b", "title": "B"}
    values = {"a": 20.0, "w:a": 21.0, "b": 19.0}
    for first, second, verdict, said in (
        ("w:a", "a", "better", "+1.0 [+0.5, +1.5] dB PSNR in the hole, better"),
        ("a", "w:a", "better", "−1.0 [−1.5, −0.5] dB PSNR in the hole, worse"),
    ):
        of = task(values, {(first, second): verdict, ("a", "b"): "better"})
        assert words.wrapped_lines(of, [inner, outer, older], INFO) == [f"W:A against A, which it wraps: {said}"]
    assert words.wrapped_lines(task(values, {("a", "b"): "better"}), [inner, outer, older], INFO) == []
    assert words.wrapped_lines(of, [outer, older], INFO) == []
