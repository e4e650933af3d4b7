"""The leaderboard page in a real browser: filters, the link that holds the state, themes, a phone."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(fake: ModuleType, dashboard: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    runs = tmp_path_factory.mktemp("runs")
    tasks = (("photos-thick", "Photographs, thick"), ("photos-thin", "Photographs, thin"))
    fake.build(runs / "demo-1", count=8, size=48, tasks=tasks)
    return dashboard(runs)


def test_it_opens_at_once_with_what_is_shipped_and_asks_for_nothing_outside(
    address: str, visit: Callable[..., Any]
) -> None:
    seen = visit(address)
    seen.page.get_by_text("What it costs").wait_for()
    assert seen.outside == []
    assert seen.complaints == []
    seen.keep("leaderboard")


def test_filters_change_the_table_and_stand_in_the_link(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/?source=run+demo-1&task=Photographs%2C+thin")
    seen.page.locator("h1", has_text="Photographs, thin").wait_for()
    seen.page.get_by_label("Other metrics").click()
    seen.page.get_by_role("option", name="in the hole").click()
    seen.settle()
    seen.page.wait_for_url("**region=**")
    again = visit(seen.page.url)
    again.page.locator(".metrics thead th").first.wait_for()
    heads = again.page.locator(".metrics thead th").all_inner_texts()
    assert any("@hole" in head for head in heads)
    assert not any(head.startswith("fd_fake") for head in heads)


def test_dark_is_dark_and_a_phone_scrolls_nothing_sideways(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(address, 390, "dark")
    seen.page.locator(".theme.dark").first.wait_for()
    assert seen.ask("document.documentElement.scrollWidth") <= 390
    seen.keep("leaderboard-phone-dark")


def test_the_first_page_answers_by_its_own_name_too(address: str, visit: Callable[..., Any]) -> None:
    seen = visit(f"{address}/leaderboard?source=run+demo-1")
    seen.page.get_by_text("What it costs").wait_for()
