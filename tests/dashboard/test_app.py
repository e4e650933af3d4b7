"""The app as a whole: navigation over registered pages, somebody else's page, what the server is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

APP = "harness_dashboard.app"
FOREIGN = """
from harness import PageSpec, hookimpl

@hookimpl
def harness_register_pages(register):
    register(PageSpec("flowers", "harness_flowers.page:page", "1", "Flowers", "What grows.", "Garden", "local_florist"))
"""
PAGE = """
import streamlit as st

def page(catalogue):
    st.title("Flowers")
    st.write(", ".join(source.suite for source in catalogue.sources.values()))
"""


def test_our_pages_come_through_the_hook() -> None:
    from harness.plugins import registry

    names = [spec.name for spec in registry().all("pages")]
    assert {"leaderboard", "compare", "samples", "curves", "pareto", "blind", "annotate", "try-it"} <= set(names)


def test_a_third_party_page_is_called_with_the_catalogue(
    make_plugin: Callable[[str, str], None], tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testing = pytest.importorskip("streamlit.testing.v1", reason="pip install 'iq-harness[dashboard]'")
    make_plugin("harness_flowers", FOREIGN)
    (tmp_path / "site" / "harness_flowers" / "page.py").write_text(PAGE)
    monkeypatch.setenv("HARNESS_DASHBOARD", json.dumps({"folders": [str(runs)], "allow_run": False, "timeout": 1}))
    script = (
        "from harness.plugins import load_target, registry\n"
        "from harness_dashboard.catalogue import Catalogue\nfrom harness_dashboard.options import Options\n"
        "load_target(registry().get('pages', 'flowers'))(Catalogue(Options.from_environment()))\n"
    )
    app: Any = testing.AppTest.from_string(script).run()
    assert app.title[0].value == "Flowers"
    assert "demo" in app.markdown[0].value


def test_the_server_listens_here_only_and_tells_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from harness_dashboard import command

    pytest.importorskip("streamlit", reason="pip install 'iq-harness[dashboard]'")
    called: dict[str, Any] = {}
    monkeypatch.setattr(command.os, "execve", lambda program, arguments, env: called.update(a=arguments, env=env))
    done = CliRunner().invoke(command.dashboard_command, [str(tmp_path), "--no-browser", "--port", "9000"])
    assert done.exit_code == 0, done.output
    assert done.output == "dashboard: http://127.0.0.1:9000   (Ctrl-C ends it)\n"
    assert {"--server.address=127.0.0.1", "--browser.gatherUsageStats=false", "--server.port=9000"} <= set(called["a"])
    assert called["a"][0] == sys.executable
    assert json.loads(called["env"]["HARNESS_DASHBOARD"])["allow_run"] is False


def test_a_folder_that_is_not_there_is_one_line(harness_command: Callable[..., Any]) -> None:
    done = harness_command("dashboard", "nowhere")
    assert done.returncode == 2
    assert done.stderr == "Error: no folder nowhere; a run folder is what harness run writes, ./runs holds them\n"
