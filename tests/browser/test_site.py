"""The static site in a real browser: from a plain file server, and from files without a network."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.report.cards import method_cards, suite_cards
from harness.report.opened import Opened
from harness.report.site import PAGES, write_site
from harness.report.site_pages import Shown
from harness.specs import MethodSpec
from harness.store.files import write_json

EVIL = "\"'><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script></template></script>"
TASKS = (("photos-thick", "Photographs, thick"), ("photos-thin", "Photographs, thin"))
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

pytestmark = pytest.mark.browser


class Known:
    """A registry of two methods, one of them hostile."""

    def all(self, kind: str) -> Iterator[MethodSpec]:
        yield MethodSpec("telea", ("inpaint",), "nowhere:T", "1", "fast marching", "MIT")
        yield MethodSpec("evil", ("restore",), "nowhere:E", "1", EVIL, EVIL, tags=frozenset({EVIL}))

    get = metric = None


def about(boards: Any) -> Any:
    return method_cards(Known(), lambda needs: "", [], boards), suite_cards([], Known(), boards)


@pytest.fixture(scope="module")
def site(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = fake.build(tmp_path_factory.mktemp("site") / "demo-1", count=8, size=64, tasks=TASKS)
    run.manifest["entries"][1]["title"] = EVIL
    write_json(run.manifest_path, run.manifest)
    folder: Path = run.path.parent / "site"
    write_site([Shown("demo-1", "demo-1", Opened(run.path))], folder, about, version="1")
    return folder


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing of what it gives out."""

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


class Seen:
    """One page of the site, with everything that it asked for or complained about."""

    def __init__(self, browser: Any, root: str, page: str, width: int = 1280, scheme: str = "light") -> None:
        offline = root.startswith("file:")
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=offline
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda r: None if r.url.startswith((root, "data:")) else self.outside.append(r.url))
        self.page.goto(root + page)
        self.page.wait_for_load_state("networkidle")

    def ask(self, script: str) -> Any:
        return self.page.evaluate(script)

    def keep(self, name: str) -> None:
        """Keep a screenshot of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Seen]]:
    opened: list[Seen] = []

    def go(*arguments: Any) -> Seen:
        opened.append(Seen(browser, *arguments))
        return opened[-1]

    yield go
    for one in opened:
        one.context.close()


@pytest.fixture(params=["served", "file"])
def root(request: pytest.FixtureRequest, site: Path) -> str:
    """The site's address on a plain file server, and as files."""
    return str(request.getfixturevalue("served")) if request.param == "served" else f"{site.as_uri()}/"


def test_every_page_is_quiet_and_asks_for_nothing_outside(root: str, look: Callable[..., Seen]) -> None:
    for name, title in PAGES.items():
        seen = look(root, name)
        assert (seen.complaints, seen.outside) == ([], []), name
        assert seen.ask("document.title").startswith(title), "hostile names ran"
        assert seen.page.locator("nav [aria-current]").inner_text() == title
        broken = "[...document.images].filter(image => image.complete && !image.naturalWidth).length"
        assert seen.ask(broken) == 0
        if root.startswith("http"):
            seen.keep(f"site-{name.removesuffix('.html')}")


def test_filters_show_another_part_and_stand_in_the_address(root: str, look: Callable[..., Seen]) -> None:
    seen = look(root, "index.html")
    seen.page.get_by_label("Task").select_option(label="Photographs, thin")
    assert seen.page.locator("#part h2").inner_text() == "Photographs, thin"
    size = seen.page.get_by_label("Size of the hole")
    size.select_option(index=[option.is_enabled() for option in size.locator("option").all()].index(True, 1))
    assert "exploratory" in seen.page.locator("#part .headline").first.inner_text()
    seen.page.get_by_label("Other metrics").select_option(label="in the hole")
    heads = seen.page.locator("#part .metrics thead th:visible").all_inner_texts()
    assert [head.split()[0] for head in heads] == ["Entry", "l1"]
    again = look(root, seen.page.url.removeprefix(root))
    assert again.page.locator("#part").inner_html() == seen.page.locator("#part").inner_html()
    assert again.page.get_by_label("Other metrics").input_value() == "hole"
    assert seen.complaints == again.complaints == []


def test_samples_are_looked_at_by_links_keys_and_lists(root: str, look: Callable[..., Seen]) -> None:
    compare = look(root, "compare.html")
    link = compare.page.locator("#part a[href^='samples.html#']").first
    sample = link.inner_text()
    link.evaluate("link => link.closest('details').open = true")
    link.click()
    compare.page.wait_for_selector("#viewer .v-frame")
    assert "sample=" in compare.page.url
    assert compare.page.locator("[data-entries] input:checked").count() == 2
    told = compare.ask("JSON.parse(document.querySelector('#data').textContent)")
    shown = told[0]["samples"][int(compare.page.locator("[data-sample]").input_value())]
    assert shown["sample"] == sample
    compare.page.get_by_label("next sample").click()
    compare.page.locator("[data-entries] input").nth(2).check()
    assert compare.page.locator("#viewer .v-pane").count() == 4  # the truth and three entries
    assert compare.complaints == []
    assert compare.ask("document.title").startswith("Samples")


def test_methods_are_searched_without_a_server(root: str, look: Callable[..., Seen]) -> None:
    seen = look(root, "methods.html")
    seen.page.get_by_label("Search").fill("FAST")
    assert seen.page.locator(".card:visible h2").all_inner_texts() == ["telea"]
    assert seen.page.locator("[data-count]").inner_text() == "1 of 2 methods"
    assert seen.page.url.endswith("#find=FAST")
    seen.page.get_by_label("Search").fill("")
    seen.page.get_by_label("What it can do").select_option("restore")
    assert seen.page.locator(".card:visible h2").all_inner_texts() == ["evil"]
    seen.page.get_by_label("What it can do").select_option("")
    seen.page.get_by_role("link", name="Photographs, thin").click()
    seen.page.wait_for_selector("#part")
    assert seen.page.locator("#part h2").inner_text() == "Photographs, thin"


def test_a_phone_scrolls_nothing_sideways_and_dark_is_dark(root: str, look: Callable[..., Seen]) -> None:
    for name in PAGES:
        seen = look(root, name, 390, "dark")
        assert seen.ask("document.documentElement.scrollWidth") == 390, name
        paper = seen.ask("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", paper)[:3])) < 40
        if root.startswith("http"):
            seen.keep(f"site-{name.removesuffix('.html')}-phone-dark")


def test_without_scripts_the_first_choice_is_there(browser: Any, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(f"{site.as_uri()}/index.html")
    assert page.locator("#part h2").inner_text() == "Photographs, thick"
    assert page.locator("#part .board.cards tbody tr").count() == 4
    context.close()
