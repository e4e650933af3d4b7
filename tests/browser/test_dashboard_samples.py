"""The samples page in a real browser: slider, synced zoom, layers, the link, a phone, folders made to do harm."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.report.pictures import data_uri, png_bytes
from harness.store.artifacts import Artifacts
from harness.store.keys import pixels_hash, slug
from harness.store.lines import ShardWriter, read_jsonl
from harness.store.shards import parquet_path, read_parquet, write_parquet

pytestmark = pytest.mark.browser

TASK = "photos-thick"
PLACES = "[...root.querySelectorAll('.v-sheet')].map(e => e.style.transform)"
SECRET = "root:x:0:0:secret"
PAYLOADS = (
    "/etc/passwd", "../../secret.png", "../secret.png", "file:///etc/passwd", "ab" * 32 + "\0.png", "..%2fsecret.png",
    "<img src=x onerror=window.owned=1>", "http://203.0.113.7/beacon.png",
)  # fmt: skip


@pytest.fixture(scope="module")
def runs(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("runs")
    fake.build(folder / "demo-1", count=8, size=96)
    _evil(fake, folder / "evil")
    return folder


def _evil(fake: ModuleType, path: Path) -> None:
    """A run whose rows name files outside it, and which links out of itself, under the very name of what lies there."""
    fake.build(path, count=10, size=32, fills=fake.FILLS[:2])
    outside = np.full((32, 32, 3), 7, np.uint8)
    linked, text = pixels_hash(outside), hashlib.sha256(b"text").hexdigest()
    Artifacts(path.parent).put(linked, outside)
    (path / "artifacts" / f"{linked}.png").symlink_to(path.parent / f"{linked}.png")
    (path / "artifacts" / f"{text}.png").write_text(SECRET)
    names = [*PAYLOADS, linked, text]
    shard = parquet_path(path / "records" / slug("mean") / TASK)
    write_parquet(shard, read_parquet(shard).assign(output_hash=names))
    rows = read_jsonl(path / "samples.jsonl")
    (path / "samples.jsonl").unlink()
    samples = ShardWriter(path / "samples")
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        samples.append({**row, "truth": name, "mask": name, "title": name, "ratio": number / 100})
    samples.close()


@pytest.fixture(scope="module")
def address(runs: Path, dashboard: Callable[..., str]) -> str:
    return f"{dashboard(runs)}/samples"


def open_viewer(visit: Callable[..., Any], url: str, *more: Any) -> Any:
    seen = visit(url, *more)
    seen.page.locator(".viewer .v-said").wait_for()
    return seen


def inside(seen: Any, expression: str) -> Any:
    """`expression` with the viewer as `root`."""
    return seen.page.locator(".viewer").evaluate(f"root => {expression}")


def complaints(seen: Any) -> list[str]:
    """What went wrong, but for Streamlit, which looks for its own address below the page's and finds it above."""
    return [line for line in seen.complaints if "404 (Not Found)" not in line]


def test_panes_zoom_and_pan_together_and_show_the_kept_pixels(address: str, visit: Callable[..., Any]) -> None:
    seen = open_viewer(visit, f"{address}?source=run+demo-1&entries=Mean+fill&entries=Telea")
    frames = seen.page.locator(".v-frame")
    frames.nth(2).wait_for()
    assert frames.count() == 3
    seen.page.get_by_role("button", name="Zoom 4:1").click()
    assert len(set(inside(seen, PLACES))) == 1
    assert "zoom 4:1" in seen.page.locator(".v-said").inner_text()
    before = inside(seen, PLACES)[0]
    box = frames.nth(1).bounding_box()
    seen.page.mouse.move(box["x"] + 100, box["y"] + 100)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 60, box["y"] + 70, steps=3)
    seen.page.mouse.up()
    panned = inside(seen, PLACES)
    assert len(set(panned)) == 1
    assert panned[0] != before
    seen.page.mouse.wheel(0, 120)
    assert "zoom 3:1" in seen.page.locator(".v-said").inner_text()
    assert "pixelated" in inside(seen, "getComputedStyle(root.querySelector('.v-base')).imageRendering")
    frames.nth(0).press("1")
    assert "zoom 1:1" in seen.page.locator(".v-said").inner_text()
    assert inside(seen, "root.querySelector('.v-base').getBoundingClientRect().width") == 96
    frames.nth(0).press("0")
    assert "zoom fit" in seen.page.locator(".v-said").inner_text()
    frames.nth(0).dblclick()
    assert "fit" not in seen.page.locator(".v-said").inner_text()
    assert complaints(seen) == []
    assert seen.outside == []


def test_a_slider_is_dragged_and_goes_by_keys(address: str, visit: Callable[..., Any]) -> None:
    seen = open_viewer(visit, f"{address}?source=run+demo-1&entries=Mean+fill&entries=Telea")
    seen.page.get_by_role("button", name="Slider").click()
    line = seen.page.get_by_role("slider")
    assert (line.get_attribute("aria-valuenow"), line.get_attribute("aria-label")) == (
        "50",
        "Line between Mean fill and truth",
    )
    seen.page.locator(".v-frame").scroll_into_view_if_needed()
    box = seen.page.locator(".v-frame").bounding_box()
    held = line.bounding_box()
    seen.page.mouse.move(held["x"] + held["width"] / 2, held["y"] + held["height"] / 2)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 40, steps=4)
    seen.page.mouse.up()
    assert line.get_attribute("aria-valuenow") == "25"
    cut = inside(seen, "getComputedStyle(root.querySelector('.v-left')).clipPath")
    assert float(cut.split()[1].removesuffix("px)").removesuffix("px").removesuffix("%")) > 0
    line.press("ArrowRight")
    line.press("ArrowRight")
    assert line.get_attribute("aria-valuenow") == "29"
    line.press("End")
    assert line.get_attribute("aria-valuenow") == "100"
    seen.page.get_by_label("Right picture").select_option(label="Telea")
    assert seen.page.get_by_role("slider").get_attribute("aria-label") == "Line between Mean fill and Telea"
    seen.page.wait_for_url("**right%3Dentry**")
    again = open_viewer(visit, seen.page.url)
    assert again.page.get_by_role("slider").get_attribute("aria-label") == "Line between Mean fill and Telea"


def test_layers_are_switched_and_stand_in_the_link(address: str, visit: Callable[..., Any]) -> None:
    seen = open_viewer(visit, f"{address}?source=run+demo-1&order=entries+differ+most+%28psnr%40hole%29")
    for name in ("Error map", "Hole outline", "Input"):
        button = seen.page.get_by_role("button", name=name)
        assert button.get_attribute("aria-pressed") == "false"
        button.click()
        assert seen.page.get_by_role("button", name=name).get_attribute("aria-pressed") == "true"
    assert seen.page.get_by_role("button", name="Artifact map").count() == 0, "no method of this run gave one"
    seen.page.locator(".v-pane[data-source=input] .v-hole").wait_for()
    seen.page.locator(".v-error").first.wait_for()
    seen.page.locator(".v-outline").first.wait_for()
    assert "amplified 4×" in seen.page.locator(".v-said").inner_text()
    assert seen.page.locator(".v-scores").first.inner_text().startswith("psnr@hole")
    seen.page.wait_for_url("**error.outline.input**")
    seen.settle()
    seen.keep("samples-layers")


def test_a_click_on_a_thumbnail_shows_that_sample_and_stands_in_the_link(
    address: str, visit: Callable[..., Any]
) -> None:
    seen = open_viewer(visit, f"{address}?source=run+demo-1")
    seen.page.locator(".thumbs button").nth(3).click()
    wanted = seen.page.locator(".thumbs button").nth(3).get_attribute("title")
    seen.page.locator(".thumbs button[aria-pressed=true]", has_text=wanted.partition("@")[0][-1]).wait_for()
    seen.settle()
    assert "sample=photo" in seen.page.url
    again = open_viewer(visit, seen.page.url)
    assert again.page.locator(".thumbs button[aria-pressed=true]").get_attribute("title") == wanted


def test_on_a_phone_in_the_dark_nothing_scrolls_sideways(address: str, visit: Callable[..., Any]) -> None:
    seen = open_viewer(visit, f"{address}?source=run+demo-1", 390, "dark")
    seen.page.locator(".viewer.dark").wait_for()
    assert seen.ask("document.documentElement.scrollWidth") <= 390
    seen.page.get_by_role("button", name="Slider").click()
    seen.keep("samples-phone-dark")


def test_nothing_outside_a_run_reaches_the_page_whatever_its_rows_name(address: str, visit: Callable[..., Any]) -> None:
    entries = "entries=Mean+fill&entries=Telea"
    seen = open_viewer(visit, f"{address}?source=run+evil&{entries}")
    assert seen.page.locator(".thumbs img").count() == 0, "every truth is refused"
    told = {0: "no hash", 6: "no hash", 8: "leads out of the run's folder", 9: "is no PNG"}
    for number, why in told.items():
        seen.page.locator(".thumbs button").nth(number).click()
        seen.page.locator(f".thumbs button[aria-pressed=true]:nth-child({number + 1})").wait_for()
        seen.settle()
        refused = seen.page.locator(".v-none").inner_text()
        assert refused.startswith("picture refused: ")
        assert why in refused
        assert "harness verify" in refused
        assert inside(seen, "[...root.querySelectorAll('img')].every(i => i.src.startsWith('data:image/png;base64,'))")
        seen.page.locator(".v-pane[data-source='entry:telea'] .v-base").wait_for()
        assert "root:x:" not in inside(seen, "root.innerHTML")
    assert seen.ask("window.owned") is None
    assert seen.outside == []
    seen.keep("samples-refused")


def test_the_viewer_stands_alone_shows_maps_takes_fingers_and_sets_text_as_text(browser: Any) -> None:
    """As the static site has it: a script and a style sheet in a plain page."""
    templates = files("harness.report").joinpath("templates")
    style, script, theme = (templates.joinpath(n).read_text() for n in ("viewer.css", "viewer.js", "theme.css"))
    evil = "<img src=x onerror='window.owned=1'>"
    grey, red = np.full((64, 64, 3), 90, np.uint8), np.full((64, 64, 4), 200, np.uint8)
    pane = {
        "entry": evil, "title": evil, "colour": evil, "kind": evil, "floor": False, "note": "", "command": "",
        "picture": data_uri(png_bytes(grey)), "error": "", "maps": {evil: data_uri(png_bytes(red))},
        "scores": [[evil, evil]],
    }  # fmt: skip
    lost = {**pane, "picture": "", "maps": {}, "note": evil, "command": evil, "entry": "lost"}
    data = {
        "sample": evil, "facts": [evil], "size": [64, 64], "focus": [32, 32], "window": evil, "gain": 4,
        "truth": pane["picture"], "hole": "", "outline": "", "panes": [pane, lost],
    }  # fmt: skip
    context = browser.new_context(viewport={"width": 800, "height": 700}, has_touch=True)
    try:
        page = context.new_page()
        page.set_content(f"<style>{theme}{style}</style><div class=theme id=here></div><script>{script}</script>")
        page.evaluate("data => { window.told = []; mountViewer(here, data, (name, value) => told.push(value)) }", data)
        assert page.locator(".v-name b").nth(1).inner_text() == evil
        assert page.locator(".v-none").inner_text().count(evil) == 2
        assert not page.locator(".v-map").is_visible()
        page.get_by_role("button", name="Artifact map").click()
        page.locator(".v-map").wait_for()
        wide = "document.querySelector('.v-base').getBoundingClientRect().width"
        before, box = page.evaluate(wide), page.locator(".v-frame").first.bounding_box()
        fingers = context.new_cdp_session(page)
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for kind, apart in (("touchStart", 30), ("touchMove", 45), ("touchMove", 60), ("touchEnd", None)):
            points = (
                [{"x": middle[0] + side * apart, "y": middle[1], "id": side + 1} for side in (-1, 1)] if apart else []
            )
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        assert page.evaluate(wide) == pytest.approx(2 * before, rel=0.02)
        page.wait_for_function("told.some(look => look.includes('map'))")
        page.evaluate("data => mountViewer(here, data)", {**data, "facts": ["another sample"]})
        page.locator(".v-map").wait_for()
        assert "another sample" in page.locator(".v-said").inner_text()
        assert page.evaluate("window.owned") is None
    finally:
        context.close()
