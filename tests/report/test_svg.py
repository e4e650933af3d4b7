from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.svg import Axis, Mark, Series, band_plot, scatter_plot, tag, whisker

finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(finite, st.floats(1e-3, 1e6), finite, finite)
def test_an_axis_keeps_order_and_its_ticks_lie_inside(low: float, span: float, a: float, b: float) -> None:
    axis = Axis(low, low + span, 0, 100)
    assert axis.at(min(a, b)) <= axis.at(max(a, b))
    assert axis.at(low) == 0
    assert 1 <= len(axis.ticks()) <= 8
    assert all(low <= tick <= low + span * (1 + 1e-9) for tick in axis.ticks())


@given(st.floats(1e-5, 10), st.floats(1.5, 1e6))
def test_a_log_axis_has_round_ticks_inside(low: float, factor: float) -> None:
    axis = Axis(low, low * factor, 0, 100, log=True)
    assert all(low <= tick <= low * factor for tick in axis.ticks())
    assert all(re.fullmatch(r"[13](\.0+)?e[+-]\d+", f"{tick:e}") for tick in axis.ticks())


def series(name: str, number: int, points: list[tuple[float, float]]) -> Series:
    marks = tuple(Mark(x, y, y - 1, y + 1, f"{name}: {y}") for x, y in points)
    return Series(name, number, hollow=number % 2 == 0, marks=marks)


def texts(svg: str, kind: str) -> list[ElementTree.Element]:
    return [node for node in ElementTree.fromstring(svg).iter("text") if node.get("class") == kind]


@pytest.mark.parametrize("count", [1, 2, 8, 20])
def test_labels_of_a_scatter_never_lie_on_each_other(count: int) -> None:
    drawn = scatter_plot([series(f"method {i}", i, [(0.1 + 0.01 * i, 20 + 0.1 * i)]) for i in range(count)], "s", "dB")
    labels = [(float(t.get("x") or 0), float(t.get("y") or 0)) for t in texts(drawn, "label")]
    assert labels
    for i, (x, y) in enumerate(labels):
        assert not any(abs(y - v) < 10 and abs(x - u) < 50 for u, v in labels[:i])
    assert len(list(ElementTree.fromstring(drawn).iter("circle"))) == count, "a point may lose its label, never itself"


@pytest.mark.parametrize("count", [1, 8, 20])
def test_every_line_is_named_at_its_end_in_order(count: int) -> None:
    lines = [series(f"m{i}", i, [(0, 20.0 + i), (1, 18.0 + i)]) for i in range(count)]
    drawn = band_plot(lines, ["0-10", "10-20"], "hole", "dB")
    heights = {t.text: float(t.get("y") or 0) for t in texts(drawn, "label")}
    assert len(heights) == count
    ordered = [heights[f"m{i}"] for i in range(count)]
    assert ordered == sorted(ordered, reverse=True)
    assert len(set(ordered)) == count


def test_names_are_escaped() -> None:
    evil = '"><script>alert(1)</script>'
    assert "<script" not in scatter_plot([series(evil, 0, [(1, 1)])], evil, evil)
    assert "<script" not in band_plot([series(evil, 0, [(0, 1), (1, 2)])], [evil, "b"], evil, evil)
    assert "<script" not in whisker(Mark(0, 1, 0, 2, evil), Axis(0, 2, 0, 100), 0, hollow=False)
    assert tag("text", "a & b", data_x='"') == '<text data-x="&#34;">a &amp; b</text>'
