from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.report.views.resolution import seconds_by_size


@pytest.fixture(scope="session")
def made() -> Any:
    """The builder beside this file: tests are no packages, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("fake_timings", Path(__file__).with_name("fake_timings.py"))
    assert spec
    assert spec.loader
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules["fake_timings"] = module
    spec.loader.exec_module(module)
    return module


def drawing(page: str) -> ElementTree.Element:
    return ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + len("</svg>")])


def lines(svg: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """The group of each line, by the name at its end."""
    groups = [group for group in svg.iter("g") if "line" in (group.get("class") or "").split()]
    return {label.text or "": g for g in groups for label in g.iter("text") if label.get("class") == "label"}


def points(line: ElementTree.Element) -> list[tuple[float, float]]:
    (path,) = line.iter("polyline")
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in path.get("points", "").split())]


def test_a_power_law_is_a_straight_line(made: Any) -> None:
    rows = tuple(made.row("telea", side, side**2 * 1e-6) for side in (256, 512, 1024, 2048))
    (x0, y0), *rest = points(lines(drawing(seconds_by_size([made.timings((made.entry("telea"),), rows)])))["telea"])
    slopes = [(y - y0) / (x - x0) for x, y in rest]
    assert slopes[0] < 0, "more seconds stand higher"
    assert slopes == pytest.approx([slopes[0]] * 3, rel=0.01)


def test_a_slower_method_is_drawn_higher_at_every_size(made: Any) -> None:
    drawn = lines(drawing(seconds_by_size([made.timings()])))
    assert set(drawn) == {"telea", "coordfill@random", "coordfill@mini"}
    slow, fast = (points(drawn[name]) for name in ("coordfill@random", "coordfill@mini"))
    assert len(slow) == 3
    assert all(above[0] == below[0] and above[1] < below[1] for above, below in zip(slow, fast, strict=True))


def test_lines_that_end_early_are_named_there_and_apart(made: Any) -> None:
    names = ("a", "b", "c")
    rows = [made.row(name, side, 1.0 + 0.001 * number) for number, name in enumerate(names) for side in (256, 512)]
    rows += [made.refused(name, 1024, "too large") for name in names] + [made.row("d", 1024, 2.0)]
    page = seconds_by_size([made.timings(tuple(made.entry(name) for name in (*names, "d")), tuple(rows))])
    drawn = lines(drawing(page))
    texts = {name: next(t for t in line.iter("text")) for name, line in drawn.items()}
    assert all(float(texts[name].get("x") or 0) < float(texts["d"].get("x") or 0) for name in names)
    heights = sorted(float(texts[name].get("y") or 0) for name in names)
    assert min(below - above for above, below in pairwise(heights)) >= 13
    assert [any(part.get("class") == "leader" for part in drawn[name].iter("line")) for name in "ad"] == [False, True]


def test_a_whisker_is_the_interval(made: Any) -> None:
    drawn = lines(drawing(seconds_by_size([made.timings((made.entry("telea"),), (made.row("telea", 256, 1.0),))])))
    (rule,) = (line for line in drawn["telea"].iter("line") if line.get("class") == "rule")
    (dot,) = drawn["telea"].iter("circle")
    low, high, middle = (float(node.get(key) or 0) for node, key in ((rule, "y1"), (rule, "y2"), (dot, "cy")))
    assert high < middle < low
    assert (low - middle) / (middle - high) == pytest.approx(0.223 / 0.405, abs=0.02), "logarithms of 1/0.8 and 1.5"


def test_small_checkpoints_stand_apart_in_the_plot_and_in_a_table_of_their_own(made: Any) -> None:
    page = seconds_by_size([made.timings()])
    drawn = lines(drawing(page))
    assert [name for name, line in drawn.items() if "small-one" in line.get("class", "")] == ["coordfill@mini"]
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert [sorted(re.findall(r"<b>(.*?)</b>", table)) for table in tables] == [
        ["coordfill@random", "telea"],
        ["coordfill@mini"],
    ]
    assert "official size, random weights: timing only" in tables[0]


def test_the_machine_the_pictures_and_what_was_refused_are_told(made: Any) -> None:
    page = seconds_by_size([made.timings()])
    assert "Example CPU, 1 thread" in page
    assert "china, coffee" in page
    assert "telea at 1024 px: RuntimeError: can&#39;t allocate memory" in page
    assert "94 % of such measurements" in page
    assert "busy" not in page
    busy = replace(made.timings(), hardware=made.HARDWARE | {"load": 3.2})
    assert "busy with other work too (load 3.2)" in seconds_by_size([busy])


def test_every_machine_has_a_section_and_none_says_what_to_do(made: Any) -> None:
    other = replace(made.timings(), hardware=made.HARDWARE | {"accelerator": "Example GPU"})
    page = seconds_by_size([made.timings(), other])
    assert page.count("<svg") == 2 * 2  # seconds and memory
    assert "Example GPU" in page
    assert "harness bench" in seconds_by_size([])


def test_nothing_timed_is_a_table_without_a_plot(made: Any) -> None:
    page = seconds_by_size([made.timings((made.entry("telea"),), (made.refused("telea", 256, "no face in it"),))])
    assert "<svg" not in page
    assert "telea at 256 px: no face in it" in page


def test_too_few_calls_tell_no_interval(made: Any) -> None:
    row = made.row("telea", 256, 1.0)
    alone = replace(row, wall=replace(row.wall, lo=None, hi=None))
    page = seconds_by_size([replace(made.timings((made.entry("telea"),), (alone,)), coverage=None)])
    assert "such measurements" not in page
    assert "<small>None" not in page


def test_names_and_reasons_are_escaped(made: Any) -> None:
    evil = '"><script>alert(1)</script>'
    rows = (made.row(evil, 256, 1.0), made.refused(evil, 512, evil))
    assert "<script" not in seconds_by_size([made.timings((made.entry(evil),), rows)])


def test_memory_and_training_have_plots_of_their_own(made: Any) -> None:
    plain = seconds_by_size([made.timings()])
    assert [title for title in re.findall(r"<h3>([^<]*)</h3>", plain) if "step" in title] == []
    trained = tuple(made.trained("coordfill@mini", side, side / 100) for side in (256, 512))
    failed = made.untrained("coordfill@random", 256, "no")
    page = seconds_by_size([replace(made.timings(), training=(*trained, failed))])
    titles = re.findall(r"<figure class=\"wide\"><h3>([^<]*)</h3>", page)
    assert [title.partition(" ")[0] for title in titles] == ["Memory", "Seconds", "Memory"]
    steps = page[page.index(titles[1]) :]
    assert set(lines(drawing(steps))) == {"coordfill@mini"}
    assert len(points(lines(drawing(steps))["coordfill@mini"])) == 2
    assert "coordfill@random at 256 px: no" in page
