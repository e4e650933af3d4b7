from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.board import Board, Row, TaskView
from harness.report.front_svg import front_plot
from harness.report.fronts import COSTS, Point, front, front_sheet
from harness.report.opened import Opened
from harness.report.views.pareto import pareto
from harness.stats.model import Interval
from harness.store import RunFolder

nan = math.nan


@pytest.fixture(scope="module")
def real(larger: RunFolder) -> TaskView:
    return Opened(larger.path).views["photos-thick"]


@pytest.fixture(scope="module")
def make(real: TaskView, fake: Any) -> Any:
    """`make([("a", kind, seconds, quality), …])`: a view of these entries, higher is better unless said."""

    def one(number: int, name: str, kind: str, took: float | None, quality: float | None) -> Row:
        row: Row = replace(
            real.rows[0],
            entry={**fake.entry(name, name, kind), "parameters_m": 2.0 if kind else None},
            colour=number % 20,
            seconds=None if took is None else Interval(took, took * 0.9, took * 1.1, 16, 8),
            peak_mb=None if took is None else took * 100,
            scores={"psnr@hole": None if quality is None else Interval(quality, quality - 1, quality + 1, 16, 8)},
        )
        return row

    def go(entries: list[tuple[str, str, float | None, float | None]], *, up: bool = True) -> TaskView:
        rows = tuple(one(number, *entry) for number, entry in enumerate(entries))
        info = {**real.info, "psnr@hole": {**real.info["psnr@hole"], "higher_is_better": up}}
        task = {**real.task, "metrics_info": info}
        return replace(
            real, task=task, boards=(Board("", "", rows),), summary=replace(real.summary, higher_is_better=up)
        )

    return go


def places(view: TaskView, cost: str = "seconds") -> dict[str, str]:
    return {point.row.title: point.place for point in front(view, cost).points}


def test_the_front_by_hand(make: Any) -> None:
    view = make([("cheap", "", 1, 10), ("mid", "official", 2, 20), ("slow", "", 3, 15), ("best", "", 4, 30)])
    assert places(view) == {"cheap": "front", "mid": "front", "slow": "dominated", "best": "front"}
    (slow,) = front(view, "seconds").of("dominated")
    assert slow.by is not None
    assert slow.by.title == "mid"


def test_where_lower_is_better_the_front_falls(make: Any) -> None:
    entries = [("cheap", "", 1, 30), ("mid", "", 2, 20), ("slow", "", 3, 25)]
    assert places(make(entries, up=False)) == {"cheap": "front", "mid": "front", "slow": "dominated"}
    assert places(make(entries)) == {"cheap": "front", "mid": "dominated", "slow": "dominated"}


def test_equals_do_not_beat_each_other_but_a_tie_in_one_is_no_excuse(make: Any) -> None:
    view = make([("a", "", 1, 10), ("twin", "", 1, 10), ("dearer", "", 2, 10), ("worse", "", 1, 9)])
    assert places(view) == {"a": "front", "twin": "front", "dearer": "dominated", "worse": "dominated"}


def test_minis_and_unstated_weights_stand_apart_and_beat_nobody(make: Any) -> None:
    view = make([("floor", "", 2, 10), ("tiny", "mini", 0.1, 90), ("theirs", "unstated", 0.1, 95)])
    assert places(view) == {"floor": "front", "tiny": "apart", "theirs": "apart"}


def test_what_is_not_ranked_stands_apart_and_beats_nobody(make: Any) -> None:
    view = make([("floor", "", 2, 10), ("oracle", "", 1, 90)])
    rows = list(view.boards[0].rows)
    rows[1] = replace(rows[1], standing=replace(rows[1].standing, ranked=False, why_unranked="an oracle"))
    view = replace(view, boards=(replace(view.boards[0], rows=tuple(rows)),))
    assert places(view) == {"floor": "front", "oracle": "apart"}
    assert "not ranked: an oracle" in pareto(view, "seconds")


def test_random_weights_have_a_cost_and_no_quality(make: Any) -> None:
    view = make([("floor", "", 2, 10), ("net", "random", 0.6, None), ("elsewhere", "official", None, 50)])
    found = front(view, "seconds")
    assert {p.row.title: p.quality is None for p in found.points} == {"floor": False, "net": True}
    assert [row.title for row in found.without] == ["elsewhere"]
    page = pareto(view, "seconds")
    assert "net, official size: 600 ms, quality unknown here" in page
    assert "Without this cost: elsewhere" in page


@st.composite
def entries(draw: st.DrawFn) -> list[tuple[str, str, float, float]]:
    few = st.integers(1, 6)  # few values, so that there are ties
    kinds = st.sampled_from(["", "official", "mini"])
    rows = draw(st.lists(st.tuples(kinds, few, few), min_size=1, max_size=9))
    return [(f"m{i}", kind, float(took), float(quality)) for i, (kind, took, quality) in enumerate(rows)]


@given(entries(), st.booleans())
def test_laws_of_the_front(make: Any, listed: list[tuple[str, str, float, float]], up: bool) -> None:
    found = front(make(listed, up=up), "seconds")

    def as_good(a: Point, b: Point) -> bool:
        assert a.quality
        assert b.quality
        better = a.quality.value >= b.quality.value if up else a.quality.value <= b.quality.value
        return better and a.cost <= b.cost

    best, beaten = found.of("front"), found.of("dominated")
    assert bool(best) == any(kind != "mini" for _, kind, _, _ in listed)
    for a, b in itertools.permutations(best, 2):
        assert not as_good(a, b) or as_good(b, a)
    for point in beaten:
        assert any(as_good(other, point) and not as_good(point, other) for other in best)
        assert point.by in [other.row for other in best]


def test_what_learned_nothing_has_no_parameters_and_a_place_of_its_own(make: Any) -> None:
    view = make([("floor", "", 1, 10), ("net", "official", 5, 20)])
    assert {p.row.title: p.cost for p in front(view, "parameters").points} == {"floor": 0.0, "net": 2.0}
    svg = ElementTree.fromstring(front_plot(front(view, "parameters"), view, "parameters"))
    ticks = {t.text: float(t.get("x") or 0) for t in svg.iter("text") if t.get("text-anchor") == "middle"}
    assert ticks["none"] == min(ticks.values())
    circles = sorted(float(c.get("cx") or 0) for c in svg.iter("circle"))
    assert circles[0] == ticks["none"]
    assert ticks["none"] < circles[1]


def test_the_stair_goes_right_and_up_through_every_point_of_the_front(make: Any) -> None:
    view = make([("a", "", 1, 10), ("b", "", 2, 20), ("c", "", 4, 30), ("d", "", 3, 12)])
    svg = ElementTree.fromstring(front_plot(front(view, "seconds"), view, "seconds"))
    (stair,) = (node for node in svg.iter("polyline") if node.get("class") == "stair")
    corners = [tuple(map(float, spot.split(","))) for spot in (stair.get("points") or "").split()]
    for (ax, ay), (bx, by) in itertools.pairwise(corners):
        assert (ax == bx and ay > by) or (ay == by and ax < bx)
    at = {str(g.findtext("title")).split(":")[0]: g for g in svg if g.tag == "g" and g.find("circle") is not None}
    for name, group in at.items():
        circle = group.find("circle")
        assert circle is not None
        spot = (float(circle.get("cx") or 0), float(circle.get("cy") or 0))
        assert (spot in corners) == (name != "d")
        assert ("faded" in str(group.get("class"))) == (name == "d")


def test_whiskers_go_both_ways(make: Any) -> None:
    view = make([("a", "", 1, 10), ("b", "", 10, 20)])
    svg = front_plot(front(view, "seconds"), view, "seconds")
    rules = [dict(re.findall(r'(x1|x2|y1|y2)="([\d.]+)"', tag)) for tag in re.findall(r'<line class="rule"[^>]*>', svg)]
    assert sum(r["x1"] == r["x2"] and r["y1"] != r["y2"] for r in rules) == 2
    assert sum(r["y1"] == r["y2"] and r["x1"] != r["x2"] for r in rules) == 2


@pytest.mark.parametrize("count", [2, 6, 12])
def test_official_sizes_lie_on_lanes_of_their_own_below_the_axis(make: Any, count: int) -> None:
    nets = [(f"a long method name {i}", "random", 0.02 * 3**i, None) for i in range(count)]
    view = make([("floor", "", 0.01, 10), *nets])
    svg = ElementTree.fromstring(front_plot(front(view, "seconds"), view, "seconds"))
    lanes = [g for g in svg.iter("g") if str(g.get("class")).startswith("lane")]
    assert len(lanes) == count
    boxes = []
    for lane in lanes:
        text = lane.find("text")
        assert text is not None
        width, x = len(str(text.text)) * 6.3 * 1.3, float(text.get("x") or 0)
        left = x - width if text.get("text-anchor") == "end" else x
        assert left >= 0
        assert left + width <= 540
        boxes.append(float(text.get("y") or 0))
    assert all(b - a >= 15 for a, b in itertools.pairwise(boxes))
    height = float(str(svg.get("viewBox")).split()[3])
    assert max(boxes) < height
    assert sum(node.get("class") == "somewhere" for node in svg.iter("line")) == count


def test_a_mini_has_a_marker_and_a_legend_of_its_own(make: Any) -> None:
    view = make([("floor", "", 2, 10), ("tiny", "mini", 0.1, 90)])
    svg = ElementTree.fromstring(front_plot(front(view, "seconds"), view, "seconds"))
    assert len(list(svg.iter("polygon"))) == 1
    assert len(list(svg.iter("circle"))) == 1
    assert "mini: seconds of a small checkpoint" in pareto(view, "seconds")
    assert "mini: parameters of a small checkpoint" in pareto(view, "parameters")


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ([("net", "random", 1, None)], "Only official sizes with random weights were run"),
        ([("theirs", "unstated", None, 10)], "Nothing was timed on this task."),
    ],
)
def test_what_cannot_be_drawn_is_told(make: Any, listed: list[Any], said: str) -> None:
    page = pareto(make(listed), "seconds")
    assert said in page
    assert 'class="plot"' not in page


def test_no_parameters_anywhere_is_no_drawing(make: Any) -> None:
    assert "No entry of this task has learned anything" in pareto(
        make([("a", "", 1, 10), ("b", "", 2, 20)]), "parameters"
    )


@pytest.mark.parametrize("cost", COSTS)
def test_a_real_run_is_drawn(real: TaskView, cost: str) -> None:
    page = pareto(real, cost, machine="a machine")
    assert 'class="plot"' in page
    assert ("a machine" in page) == (cost != "parameters")
    assert places(real, cost)["CoordFill · mini"] == "apart"


def test_the_sheet_has_a_row_a_point(make: Any) -> None:
    view = make([("floor", "", 2, 10), ("net", "random", 1, None), ("slow", "", 3, 9)])
    rows = {row["entry"]: row for row in front_sheet(front(view, "seconds"), view, "seconds").records()}
    assert (rows["floor"]["value"], rows["floor"]["quality"], rows["floor"]["place"]) == (2, 10, "front")
    assert (rows["net"]["quality"], rows["net"]["place"]) == (None, "unknown")
    assert rows["slow"]["dominated_by"] == "floor"


def test_names_are_escaped(make: Any) -> None:
    evil = "<script>alert(1)</script>"
    page = pareto(make([(evil, "", 1, 10), (f"{evil}2", "random", 1, None), ("b", "", 3, 1)]), "seconds", machine=evil)
    assert "<script" not in page
    assert "&lt;script" in page
