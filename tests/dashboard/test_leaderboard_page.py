"""The leaderboard page, its empty and its broken states."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_a_run_is_shown_and_its_table_can_be_taken_away(open_page: Callable[..., Any]) -> None:
    app = open_page("leaderboard", source="run demo-1")
    assert [one.value for one in app.exception] == []
    assert "<h1>Photographs, LaMa thick masks</h1>" in json.loads(app.get("bidi_component")[0].proto.json)
    assert [box.label for box in app.selectbox] == ["Board or run", "Task", "Size of the hole", "Other metrics"]
    assert app.get("download_button")[0].proto.label == "Download as CSV"


def test_an_address_holds_the_state_of_the_page(open_page: Callable[..., Any]) -> None:
    app = open_page("leaderboard", source="run demo-1", bin="20–30 % of the picture", region="in the hole")
    assert app.selectbox(key="bin").value == "ratio:0.2-0.3"
    assert app.selectbox(key="region").value == "hole"


def test_a_damaged_folder_says_what_to_do(open_page: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "manifest.json").write_text('{"schema": 1')
    app = open_page("leaderboard", tmp_path, source="run torn")
    assert "cannot be read" in app.error[0].value
    assert "is damaged" in app.code[0].value
    assert app.code[1].value.startswith("harness verify ")


def test_without_anything_it_says_how_to_begin(
    open_page: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness_dashboard.catalogue.boards", lambda: iter(()))
    app = open_page("leaderboard", tmp_path)
    assert "Nothing to show yet" in app.info[0].value
    assert app.code[0].value == "harness run --suite demo"


def test_a_damaged_table_of_reported_numbers_leaves_the_board(open_page: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "home" / "leaderboards" / "reported" / "demo"
    folder.mkdir(parents=True)
    (folder / "torn.json").write_text("{")
    app = open_page("leaderboard", source="run demo-1")
    assert [one.value for one in app.exception] == []
    assert app.error[0].value == "A table of reported numbers cannot be read."
    assert "torn.json is damaged" in app.code[0].value
    assert app.get("download_button")
