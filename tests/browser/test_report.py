"""The report in a real browser, without a network: what a newcomer opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.report import write_report
from harness.stats.summary import summarise

EVIL = "\"><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = fake.build(tmp_path_factory.mktemp("browser") / "run", count=6, size=64)
    run.manifest["entries"][1]["title"] = EVIL
    write_report(run, summarise(run.records(), run.manifest), run.report_path)
    path: Path = run.report_path
    return path


class Opened:
    """The page at one width, with everything that it asked for or complained about."""

    def __init__(self, browser: Any, report: Path, width: int, scheme: str = "light") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(report.as_uri())

    def ask(self, script: str) -> Any:
        return self.page.evaluate(script)


@pytest.fixture(scope="module")
def wide(browser: Any, report: Path) -> Iterator[Opened]:
    opened = Opened(browser, report, 1280)
    yield opened
    opened.context.close()


def test_it_opens_quietly_and_asks_for_nothing(wide: Opened, report: Path) -> None:
    assert wide.complaints == []
    assert [url for url in wide.requests if not url.startswith("data:")] == [report.as_uri()]


def test_hostile_names_run_nothing(wide: Opened) -> None:
    assert wide.ask("document.title") == "Demo · harness report"
    assert wide.page.get_by_text(EVIL).count() > 0
    assert wide.ask("document.querySelectorAll('script').length") == 1


def test_every_part_is_there_and_every_picture_decodes(wide: Opened) -> None:
    counted = "selector => document.querySelectorAll(selector).length"
    wanted = {"section.task": 1, ".board.cards tbody tr": 4, "svg.plot": 2, ".pairs tbody tr": 4, ".strip": 6}
    assert {selector: wide.page.evaluate(counted, selector) for selector in wanted} == wanted
    widths = wide.ask("[...document.querySelectorAll('img[src]')].map(image => image.naturalWidth)")
    assert len(widths) > 60
    assert set(widths) == {64}


def test_an_output_is_drawn_over_its_truth(wide: Opened) -> None:
    """The truth comes from a style rule: a mistake there would leave every picture with a hole in it."""
    images = wide.ask("[...document.querySelectorAll('.strip button')].map(b => getComputedStyle(b).backgroundImage)")
    assert images
    assert all(image.startswith('url("data:image/png') for image in images)


def test_strips_sort_and_errors_hide(wide: Opened) -> None:
    ratios = "[...document.querySelectorAll('.strip')].map(strip => Number(strip.dataset.ratio))"
    rising = wide.ask(ratios)
    assert rising == sorted(rising)
    wide.page.select_option("select[data-sort]", label="largest hole first")
    assert wide.ask(ratios) == rising[::-1]
    wide.page.select_option("select[data-sort]", label="worst for Navier–Stokes")
    column = wide.ask("document.querySelector('select[data-sort]').value.split(':')[1]")
    scores = wide.ask(f"[...document.querySelectorAll('.strip')].map(s => s.dataset.scores.split(' ')[{column}])")
    assert scores[-1] == "-", "a failed sample has no score and goes last"
    assert [float(s) for s in scores[:-1]] == sorted(float(s) for s in scores[:-1])
    assert wide.page.locator(".strip .error").first.is_visible()
    wide.page.locator("label", has_text="Outputs").click()
    assert not wide.page.locator(".strip .error").first.is_visible()
    wide.page.locator("label", has_text="Both").click()


def test_the_viewer_slides_between_output_and_truth(wide: Opened) -> None:
    wide.page.locator(".strip button.look").first.click()
    first = wide.page.locator("[data-part=name]").inner_text()
    wide.page.locator("[data-part=slider]").fill("30")
    assert wide.ask("getComputedStyle(document.querySelector('.under')).clipPath") == "inset(0px 0px 0px 30%)"
    wide.page.locator("[data-part=next]").click()
    assert wide.page.locator("[data-part=name]").inner_text() != first
    assert wide.page.locator("[data-part=file]").inner_text().startswith("artifacts/")
    wide.page.locator("[data-part=close]").click()
    assert wide.ask("document.querySelector('#viewer').open") is False


def test_a_phone_never_scrolls_sideways(browser: Any, report: Path) -> None:
    opened = Opened(browser, report, 390)
    assert opened.ask("document.documentElement.scrollWidth") == 390
    opened.context.close()


def test_dark_is_dark(browser: Any, report: Path) -> None:
    opened = Opened(browser, report, 1280, scheme="dark")
    red = opened.ask("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
    ink = opened.ask("Number(getComputedStyle(document.body).color.match(/\\d+/)[0])")
    assert red < 40 < 200 < ink
    opened.context.close()
