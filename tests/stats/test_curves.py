from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.curves import Curve, curve_by_round, round_facts

nan = math.nan
number = st.floats(-1e6, 1e6)
maybe = st.one_of(number, st.just(nan))


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    x = sorted(draw(st.sets(number, min_size=1, max_size=6)))
    y, lo, hi = (tuple(draw(st.lists(maybe, min_size=len(x), max_size=len(x)))) for _ in range(3))
    return Curve(tuple(x), y, lo, hi, draw(st.text()), draw(st.text()), draw(st.booleans()))


@given(curves())
def test_a_curve_comes_back_from_its_text(curve: Curve) -> None:
    text = curve.to_text()
    json.loads(text, parse_constant=pytest.fail)  # NaN is no JSON
    again = Curve.from_text(text)
    assert again.x == curve.x
    for name in ("y", "lo", "hi"):
        np.testing.assert_array_equal(getattr(again, name), getattr(curve, name))
    assert (again.x_label, again.y_label, again.step) == (curve.x_label, curve.y_label, curve.step)


def test_a_band_and_the_step_may_be_absent() -> None:
    curve = Curve.from_text('{"x": [0, 1], "y": [2, null], "x_label": "a", "y_label": "b"}')
    assert curve.y[0] == 2
    assert all(map(math.isnan, (curve.y[1], *curve.lo, *curve.hi)))
    assert curve.step is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"x": [0]}',
        '{"x": [], "y": [], "x_label": "", "y_label": ""}',
        '{"x": [0, 1], "y": [0], "x_label": "", "y_label": ""}',
        '{"x": [1, 0], "y": [0, 0], "x_label": "", "y_label": ""}',
        '{"x": [0, 0], "y": [0, 0], "x_label": "", "y_label": ""}',
        '{"x": [null], "y": [0], "x_label": "", "y_label": ""}',
        '{"x": ["0"], "y": [0], "x_label": "", "y_label": ""}',
        '{"x": 3, "y": 3, "x_label": "", "y_label": ""}',
        '{"x": [0], "y": [true], "x_label": "", "y_label": ""}',
        '{"x": [0], "y": [1e999], "x_label": "", "y_label": ""}',
        '{"x": [0], "y": [0], "lo": {}, "x_label": "", "y_label": ""}',
    ],
)
def test_what_is_no_curve_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"curve|Expecting"):
        Curve.from_text(text)


def rows(cells: list[tuple[str, str, int, str, object]]) -> pd.DataFrame:
    return pd.DataFrame(cells, columns=["sample", "cluster", "repeat", "status", "fact:par_by_round"])


def test_means_by_round_carry_on_what_stopped_and_average_repeats_first() -> None:
    told = rows(
        [
            ("a", "1", 0, "ok", "[1.0, 0.5, 0.25]"),
            ("b", "1", 0, "ok", "[0.8]"),
            ("c", "2", 0, "ok", "[0.4, 0.2]"),
            ("c", "2", 1, "ok", "[0.6, 0.4, 0.0]"),
            ("d", "3", 0, "failed", "[9, 9, 9, 9]"),
            ("e", "3", 0, "ok", None),
        ]
    )
    curve, unread = curve_by_round(told, "fact:par_by_round")
    assert unread == 0
    assert curve
    assert curve.x == (0, 1, 2)
    assert curve.y == pytest.approx(((1.0 + 0.8 + 0.5) / 3, (0.5 + 0.8 + 0.3) / 3, (0.25 + 0.8 + 0.1) / 3))
    assert all(map(math.isnan, curve.lo)), "two clusters tell no spread"


def test_the_interval_is_of_clusters() -> None:
    """Four photographs of three equal masks each: Student's t with three degrees over four photographs, not twelve."""
    values = [0.2, 0.4, 0.6, 1.0]
    told = rows([(f"{c}/{k}", str(c), 0, "ok", json.dumps([v])) for c, v in enumerate(values) for k in range(3)])
    curve, _ = curve_by_round(told, "fact:par_by_round")
    assert curve
    half = 3.182446 * np.std(values, ddof=1) / 2
    assert (curve.lo[0], curve.hi[0]) == pytest.approx((0.55 - half, 0.55 + half), abs=1e-5)


@pytest.mark.parametrize("bad", ["no list", "[]", '["a"]', "[null]", "3", "[1e999]", 7.0])
def test_a_fact_that_is_no_list_of_numbers_is_counted(bad: object) -> None:
    told = rows([("a", "1", 0, "ok", bad), ("b", "1", 0, "ok", "[1]")])
    curve, unread = curve_by_round(told, "fact:par_by_round")
    assert curve
    assert (curve.y, unread) == ((1.0,), 1)
    assert curve_by_round(told[:1], "fact:par_by_round") == (None, 1)


def test_which_facts_are_told_by_round() -> None:
    names = ["sample", "fact:rounds", "fact:par_by_round", "score:par_by_round", "fact:by_rounds"]
    assert round_facts(names) == ["fact:par_by_round"]
