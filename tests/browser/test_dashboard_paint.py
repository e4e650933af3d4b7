"""The mask painter in a real browser: marks that are kept, a method run on one's own picture, a limit that ends it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.annotations import open_annotations

pytestmark = pytest.mark.browser

SLEEPER = """
import time
from harness import MethodSpec, hookimpl

class Sleeper:
    def __init__(self, setup):
        time.sleep(600)

@hookimpl
def harness_register_methods(register):
    register(MethodSpec("sleeper", ("inpaint",), "sleeper:Sleeper", "1", "sleeps", "MIT"))
"""
SIDE = 48


class Canvas:
    """The painter of a page, in the picture's own coordinates."""

    def __init__(self, seen: Any, side: int = SIDE) -> None:
        self.seen, self.page, self.side = seen, seen.page, side
        self.page.wait_for_selector(".painter[data-ready]")
        self.settle()

    def settle(self) -> None:
        self.seen.settle()
        self.page.wait_for_timeout(400)  # a draft is kept after 300 ms

    @property
    def status(self) -> str:
        return str(self.page.locator(".p-status").inner_text())

    @property
    def scale(self) -> float:
        found = re.search(r"shown (\d+):(\d+)", self.status)
        assert found
        return int(found[1]) / int(found[2])

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel's corner lies on the screen, while the picture is fitted."""
        stage = self.page.locator(".p-stage canvas")
        stage.scroll_into_view_if_needed()
        box, scale = stage.bounding_box(), self.scale
        return (
            box["x"] + (box["width"] - self.side * scale) / 2 + x * scale,
            box["y"] + (box["height"] - self.side * scale) / 2 + y * scale,
        )

    def drag(self, tool: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.get_by_role("button", name=f"{tool} (", exact=False).click()
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=5)
        self.page.mouse.up()
        self.page.wait_for_timeout(400)

    def act(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_timeout(500)
        self.settle()


def rectangle(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    made = np.zeros((SIDE, SIDE), bool)
    made[y0:y1, x0:x1] = True
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("annotators")


@pytest.fixture(scope="module")
def address(
    fake: ModuleType, dashboard: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, home: Path
) -> str:
    runs = tmp_path_factory.mktemp("runs")
    fake.build(runs / "demo-1", count=6, size=SIDE)
    return dashboard(runs, "--allow-run", "--timeout=110", HARNESS_HOME=str(home))


def begin(seen: Any, who: str) -> None:
    """Begin the set under a pseudonym."""
    seen.page.get_by_role("button", name="Begin").click()
    name = seen.page.get_by_label("You (a pseudonym)")
    name.wait_for()
    seen.settle()  # no person types before the page has drawn: Streamlit would take the name out of the address again
    name.fill(who)
    seen.page.keyboard.press("Enter")


def test_marks_survive_a_reload_and_go_through_both_rounds(
    address: str, home: Path, visit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(home))
    seen = visit(f"{address}/annotate?set=begin+a+new+set&source=run+demo-1")
    seen.page.get_by_label("Name of the set").fill("pilot")
    begin(seen, "ann")
    canvas = Canvas(seen)
    save, none = (seen.page.get_by_role("button", name=name) for name in ("Save (Ctrl+Enter)", "No artifact"))
    assert (save.is_enabled(), none.is_enabled()) == (False, True)
    canvas.drag("Rectangle", (10, 12), (30, 20))
    assert (save.is_enabled(), none.is_enabled()) == (True, False)
    seen.page.reload()  # not saved yet: the browser keeps it
    canvas = Canvas(seen)
    assert canvas.status.endswith("6.94 % marked")
    seen.keep("annotate")
    canvas.act("Save (Ctrl+Enter)")
    assert canvas.status.endswith("0.00 % marked")
    stored = open_annotations("pilot")
    (mark,) = stored.marks()
    assert (mark.fill, mark.annotator, mark.round) == (stored.fills[0], "ann", "mark")
    np.testing.assert_array_equal(stored.mask(mark), rectangle(10, 12, 30, 20))

    seen.go(seen.page.url)
    seen.page.get_by_text("1 of ").wait_for()
    seen.page.get_by_label("Round").click()
    seen.page.get_by_role("option", name="2a").click()
    canvas = Canvas(seen)
    canvas.drag("Eraser", (0, 0), (47, 47))  # what was marked stays in this round
    canvas.drag("Rectangle", (0, 0), (4, 4))
    canvas.act("Save: nothing more is missing")
    np.testing.assert_array_equal(stored.mask(stored.marks()[-1]), rectangle(10, 12, 30, 20) | rectangle(0, 0, 4, 4))
    seen.page.get_by_label("Round").click()
    seen.page.get_by_role("option", name="2b").click()
    canvas = Canvas(seen)
    canvas.drag("Rectangle", (0, 0), (20, 48))  # cuts in this round
    canvas.drag("Brush", (2, 40), (40, 40))  # adds nothing
    seen.keep("annotate-over")
    canvas.act("Save: what is left is right")
    np.testing.assert_array_equal(stored.mask(stored.marks()[-1]), rectangle(20, 12, 30, 20))
    assert [text for text in seen.complaints if "404" not in text] == []
    assert seen.outside == []


def test_keys_fingers_and_undo(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/annotate?set=begin+a+new+set&source=run+demo-1")
    seen.page.get_by_label("Name of the set").fill("keys")
    begin(seen, "kim")
    canvas, press = Canvas(seen), seen.page.keyboard.press
    seen.page.locator(".p-stage canvas").focus()
    press(" ")
    first = canvas.status
    assert not first.endswith("0.00 % marked")
    for key in ("ArrowRight", "ArrowRight", "]", " "):
        press(key)
    assert canvas.status != first
    press("Control+z")
    assert canvas.status == first
    press("Control+z")
    assert canvas.status.endswith("0.00 % marked")
    press("Control+y")
    assert canvas.status == first
    press("e")
    press("ArrowLeft")
    press(" ")
    assert canvas.status != first
    press("r")  # Streamlit would run again
    press("1")
    assert "shown 1:1" in canvas.status
    press("0")

    touch, fitted = seen.context.new_cdp_session(seen.page), canvas.scale
    (ax, ay), (bx, by) = canvas.at(20, 20), canvas.at(28, 28)
    before = canvas.status

    def fingers(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    fingers("touchStart", (ax, ay))
    fingers("touchStart", (ax, ay), (bx, by))
    fingers("touchMove", (ax - 40, ay - 40), (bx + 40, by + 40))
    fingers("touchEnd")
    assert f"shown {fitted:g}:1" not in canvas.status  # two fingers zoom, and the first one's stroke is undone
    assert canvas.status.rpartition("·")[2] == before.rpartition("·")[2]


def test_a_method_fills_a_picture_of_ones_own(
    address: str, visit: Callable[..., Any], fake: ModuleType, tmp_path: Path
) -> None:
    pixels = fake.photographs(1, SIDE)[0]
    Image.fromarray(pixels).save(tmp_path / "my cat.png")
    seen = visit(f"{address}/try-it?picture=a+picture+of+yours&method=telea")
    seen.page.locator("input[type=file]").set_input_files(tmp_path / "my cat.png")
    canvas = Canvas(seen)
    canvas.drag("Rectangle", (10, 12), (30, 20))
    canvas.act("Fill the hole")
    seen.page.wait_for_selector(".viewer .v-pane", timeout=120_000)
    seen.settle()
    seen.page.get_by_text("harness inpaint telea my-cat.png --mask my-cat-mask.png").wait_for()
    with seen.page.expect_download() as caught:
        seen.page.get_by_role("button", name="Result as PNG").click()
    filled = np.asarray(Image.open(io.BytesIO(Path(caught.value.path()).read_bytes())))
    hole = rectangle(10, 12, 30, 20)
    np.testing.assert_array_equal(filled[~hole], pixels[~hole])
    assert (filled[hole] != pixels[hole]).any()
    seen.keep("try-it")
    assert [text for text in seen.complaints if "404" not in text] == []
    assert seen.outside == []


def test_a_method_that_takes_too_long_is_ended(
    dashboard: Callable[..., str], visit: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    (tmp_path / "runs").mkdir()
    plugin = str(tmp_path / "sleeper.py")
    address = dashboard(tmp_path / "runs", "--allow-run", "--timeout=2", HARNESS_PLUGIN_FILES=plugin)
    seen = visit(f"{address}/try-it?method=sleeper&photo=chelsea", width=390, scheme="dark")
    canvas = Canvas(seen)
    seen.page.locator(".p-stage canvas").focus()
    seen.page.keyboard.press(" ")
    canvas.act("Fill the hole")
    seen.page.get_by_text("sleeper took longer than 2 s, and was ended").wait_for()
    assert seen.page.get_by_role("button", name="Fill the hole").is_enabled()
    assert seen.ask("document.documentElement.scrollWidth") <= 390
    seen.keep("try-it-ended-390-dark")
