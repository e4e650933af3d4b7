"""A blind study answered in a real browser: by keyboard, across a reload, to its results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from harness.report.opened import Opened
from harness.studies import Study, Turn, create_study, order_for, read_answers

pytestmark = pytest.mark.browser

KEYS = {"left": ("ArrowLeft", "a"), "right": ("ArrowRight", "b"), "same": ("ArrowUp", "s")}


class Started(NamedTuple):
    address: str
    study: Study


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home-of-studies")


@pytest.fixture(scope="module")
def started(
    fake: ModuleType, dashboard: Callable[..., str], home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Started:
    runs = tmp_path_factory.mktemp("runs")
    fake.build(runs / "demo-1", count=8, size=160)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_HOME", str(home))
        entries, numbers = ("mean", "telea", "navier-stokes"), {"per_pair": 3, "repeats": 1, "catches": 2}
        study = create_study(Opened(runs / "demo-1"), "fills", "photos-thick", entries, **numbers)
    return Started(dashboard(runs, HARNESS_HOME=str(home)), study)


@pytest.fixture(autouse=True)
def _home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(home))


def _meant(turn: Turn, number: int) -> str:
    """An attentive rater's answer: the truth in catch trials, else one after the other."""
    if turn.trial.kind == "catch":
        return "left" if turn.left == "truth" else "right"
    return ("left", "right", "same")[number % 3]


def _wait(seen: Any, number: int, total: int) -> None:
    seen.page.locator(".blind:not(.wait) .count", has_text=f"{number} of {total}").wait_for()


def test_ten_trials_by_keyboard_with_a_reload_and_then_results(started: Started, visit: Callable[..., Any]) -> None:
    study, total = started.study, len(started.study.trials)
    assert total == 12
    seen = visit(f"{started.address}/blind?study=fills")
    seen.page.get_by_label("Your pseudonym", exact=True).fill("heron-7")
    seen.page.get_by_label("Your pseudonym", exact=True).press("Enter")
    turns = order_for(study.trials, study.seed, "heron-7")
    for number in range(10):
        _wait(seen, number + 1, total)
        if number == 0:
            seen.keep("blind")
            assert [name for name in ("telea", "Telea", "navier", "Mean fill") if name in seen.page.content()] == []
            seen.page.keyboard.press("+")
            seen.page.keyboard.press("+")
            assert seen.page.locator(".blind .zoom").inner_text() == "3:1"
            _pan(seen)
        if number == 5:
            seen.go(seen.page.url)
            _wait(seen, 6, total)
        seen.page.keyboard.press(KEYS[_meant(turns[number], number)][number % 2])
    _wait(seen, 11, total)
    rows = read_answers(study)
    assert [row["trial"] for row in rows] == [turn.trial.id for turn in turns[:10]]
    assert [(row["left"], row["right"]) for row in rows] == [(turn.left, turn.right) for turn in turns[:10]]
    assert [row["answer"] for row in rows] == [_meant(turn, n) for n, turn in enumerate(turns[:10])]
    assert (rows[0]["zoom"], rows[0]["panned"]) == (3, True)
    assert (rows[1]["zoom"], rows[1]["panned"]) == (1, False)
    assert all(0 < row["seconds"] < 600 for row in rows)
    seen.page.locator(f".blind [data-answer={_meant(turns[10], 10)}]").click()
    _wait(seen, 12, total)
    seen.page.locator(f".blind [data-answer={_meant(turns[11], 11)}]").click()
    seen.page.get_by_text("you have answered all 12 trials").wait_for()
    seen.page.get_by_role("button", name="See the results").click()
    seen.page.get_by_text("Do metrics agree with people?").wait_for()
    seen.page.locator(".whisker").nth(2 + len(study.metrics)).wait_for()
    assert seen.page.locator(".whisker").count() == 3 + len(study.metrics)
    seen.keep("blind-results")
    assert seen.outside == []
    # Opened at a page's own address, Streamlit looks for its server below it first.
    assert [line for line in seen.complaints if "404 (Not Found)" not in line] == []


def _pan(seen: Any) -> None:
    """Drag the left picture; both move."""
    before = seen.page.locator(".blind [data-side=right] img").get_attribute("style")
    box = seen.page.locator(".blind [data-side=left] .pane").bounding_box()
    seen.page.mouse.move(box["x"] + 80, box["y"] + 80)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 50, box["y"] + 95, steps=3)
    seen.page.mouse.up()
    styles = [seen.page.locator(f".blind [data-side={s}] img").get_attribute("style") for s in ("left", "right")]
    assert styles[0] == styles[1] != before


def test_typing_and_held_keys_answer_nothing(started: Started, visit: Callable[..., Any]) -> None:
    seen = visit(f"{started.address}/blind?study=fills&rater=otter")
    total = len(started.study.trials)
    _wait(seen, 1, total)
    seen.page.get_by_label("Your pseudonym", exact=True).focus()
    seen.page.keyboard.press("a")
    for more in ("repeat", "ctrlKey"):
        event = f"new KeyboardEvent('keydown', {{key: 'b', {more}: true, bubbles: true, composed: true}})"
        seen.ask(f"document.body.dispatchEvent({event})")
    seen.page.wait_for_timeout(300)
    assert [row for row in read_answers(started.study) if row["rater"] == "otter"] == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_pictures_stand_at_one_to_one_side_by_side(
    started: Started, visit: Callable[..., Any], width: int, scheme: str
) -> None:
    seen = visit(f"{started.address}/blind?study=fills&rater=lynx", width, scheme)
    _wait(seen, 1, len(started.study.trials))
    boxes = [seen.page.locator(f".blind [data-side={side}] img").bounding_box() for side in ("left", "right")]
    panes = [seen.page.locator(f".blind [data-side={side}] .pane").bounding_box() for side in ("left", "right")]
    assert [(box["width"], box["height"]) for box in boxes] == [(160, 160)] * 2  # one pixel is one pixel
    assert panes[0]["y"] == panes[1]["y"]
    assert panes[0]["x"] + panes[0]["width"] <= panes[1]["x"]
    assert json.loads(seen.ask("JSON.stringify(document.documentElement.scrollWidth)")) <= width
    seen.keep(f"blind-{width}-{scheme}")
