"""The pages Methods, Suites and Runs in a real browser: links as a first visit, filters, a run that is watched."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.plugins import registry
from harness.stats.summary import summarise
from harness.store import open_run
from harness.store.files import write_json

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def runs(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, and one whose call never ended."""
    folder: Path = tmp_path_factory.mktemp("runs")
    for name in ("demo-1", "going"):
        fake.build(folder / name, count=8, size=48)
    finished = open_run(folder / "demo-1")
    write_json(finished.path / "summary.json", summarise(finished.records(), finished.manifest).to_dict())
    path = folder / "going" / "manifest.json"
    told = json.loads(path.read_text())
    told["suite"]["tasks"][0]["n"] = 10
    path.write_text(json.dumps({**told, "status": "running", "seconds": None, "ended": None}))
    return folder


@pytest.fixture(scope="module")
def address(runs: Path, dashboard: Callable[..., str]) -> str:
    return dashboard(runs)


def errors(seen: Any) -> list[str]:
    """Without the one of Streamlit itself, which looks for its server beside every page first."""
    return [line for line in seen.complaints if "404" not in line]


def test_a_link_to_a_page_may_be_the_first_visit(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/methods?find=coord")
    seen.page.get_by_text(f"1 of {len(list(registry().all('methods')))} methods").wait_for()
    assert seen.page.locator(".card h2").all_inner_texts() == ["coordfill"]
    seen.page.get_by_text("its author’s card").click()
    seen.page.locator(".prose h3", has_text="From the paper").wait_for()
    assert (errors(seen), seen.outside) == ([], [])
    seen.keep("methods")


def test_a_place_on_a_board_leads_to_the_leaderboard(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/methods?find=telea")
    seen.page.locator(".places tr", has_text="run demo-1").get_by_role("link").first.click()
    seen.page.wait_for_url("**/?*demo-1*")
    seen.page.get_by_text("What it costs").wait_for()


def test_suites_say_their_protocol(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/suites")
    seen.page.get_by_text("Metrics and their protocol").first.click()
    seen.page.locator(".protocol").first.wait_for()
    assert (errors(seen), seen.outside) == ([], [])
    seen.keep("suites")


def test_a_run_is_watched_until_it_ends(address: str, runs: Path, visit: Callable[..., Any]) -> None:
    with (runs / "going" / ".lock").open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.write(b"process 7 on here")
        stream.flush()
        seen = visit(f"{address}/runs?source=run+going")
        seen.page.get_by_text("process 7 on here").wait_for()
        assert seen.page.get_by_text("Go on where it stopped").count() == 0
        seen.keep("runs-running")
    seen.page.get_by_text("killed: its process is gone").wait_for()
    assert seen.page.locator("[data-testid=stCode]").inner_text().strip() == "harness run --suite demo"
    assert (errors(seen), seen.outside) == ([], [])


def test_two_manifests_side_by_side_light_and_on_a_phone(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/runs?source=run+demo-1&against=run+going")
    seen.page.locator(".differs", has_text="suite").wait_for()
    seen.keep("runs")
    phone = visit(f"{address}/runs?source=run+demo-1", 390, "dark")
    assert phone.ask("document.documentElement.scrollWidth") <= 390
    phone.keep("runs-phone-dark")
