"""Pages run by Streamlit's own AppTest, over a small real run and the shipped boards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = """
from importlib import import_module
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.options import Options
import_module("harness_dashboard.pages.{page}").page(Catalogue(Options.from_environment()))
"""
SECONDS = 60  # a busy machine is slow, which no test is about


@pytest.fixture(scope="session")
def runs(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of one run, `demo-1`: eight photographs of four clusters, four entries, one of them a mini."""
    folder: Path = tmp_path_factory.mktemp("runs")
    fake.build(folder / "demo-1", count=8, size=48)
    return folder


@pytest.fixture
def open_page(runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """`open_page("samples", source="demo-1")` runs a page once, with these words in its address, in an empty home.

    `folder` are the runs to show, `options` what `harness dashboard` was given.
    """
    testing = pytest.importorskip("streamlit.testing.v1", reason="pip install 'iq-harness[dashboard]'")
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))

    def go(page: str, folder: Path = runs, *, options: dict[str, Any] | None = None, **query: str) -> Any:
        given = {"folders": [str(folder)], "allow_run": False, "timeout": 60.0, **(options or {})}
        monkeypatch.setenv("HARNESS_DASHBOARD", json.dumps(given))
        app = testing.AppTest.from_string(SCRIPT.format(page=page), default_timeout=SECONDS)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return go
