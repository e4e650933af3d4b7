"""The pages Methods, Suites and Runs: filters in the address, empty and broken states, a run that goes on."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.store import open_run


def fine(app: Any) -> Any:
    assert [one.value for one in app.exception] == []
    return app


def texts(app: Any) -> list[str]:
    return [one.value for one in app.text]


@pytest.fixture
def two(runs: Path, tmp_path: Path) -> Path:
    """`demo-1`, and a copy of it with another seed."""
    for name in ("demo-1", "demo-2"):
        shutil.copytree(runs / "demo-1", tmp_path / "runs" / name)
    change(tmp_path / "runs" / "demo-2", seed=7)
    return tmp_path / "runs"


def change(folder: Path, **more: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **more}))


def test_methods_are_found_by_what_stands_in_the_address(open_page: Callable[..., Any]) -> None:
    everything = texts(fine(open_page("methods")))[0]
    total = int(everything.split()[0])
    assert everything == f"{total} of {total} methods"
    assert total >= 9
    assert texts(fine(open_page("methods", find="coord 2023", can="fill holes")))[0] == f"1 of {total} methods"
    assert texts(fine(open_page("methods", find="nothing like it")))[0] == f"0 of {total} methods"


def test_a_broken_plugin_hides_no_method_and_is_named(
    open_page: Callable[..., Any], make_plugin: Callable[[str, str], None]
) -> None:
    make_plugin("harness_torn", "import no_such_module")
    app = fine(open_page("methods"))
    assert "could not be loaded" in app.warning[0].value
    assert "no_such_module" in app.code[0].value
    assert app.code[1].value == "harness list plugins"


def test_one_suite_can_be_chosen(open_page: Callable[..., Any]) -> None:
    app = fine(open_page("suites", suite="Inpainting at 256"))
    assert app.selectbox(key="suite").value == "inpainting"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the page Runs draws by our own parts, by their keys: AppTest shows nothing of them."""
    kept: dict[str, str] = {}
    monkeypatch.setattr("harness_dashboard.pages.runs.fragment", lambda html, key: kept.update({key: str(html)}))
    return kept


def test_a_finished_run_is_its_manifest_and_needs_no_command(
    open_page: Callable[..., Any], drawn: dict[str, str]
) -> None:
    app = fine(open_page("runs", source="run demo-1"))
    assert len(app.code) == 0
    assert "run demo-1" in drawn["runs"]
    assert "harness run --suite demo" in drawn["manifest"]
    assert "difference" not in drawn
    assert "progress" not in drawn


def test_two_manifests_are_told_apart(open_page: Callable[..., Any], two: Path, drawn: dict[str, str]) -> None:
    fine(open_page("runs", two, source="run demo-1", against="run demo-2"))
    assert "1 field differs" in drawn["difference"]
    assert "<td>seed</td><td>0</td><td>7</td>" in drawn["difference"]
    assert "not the same task: seed 0 against 7" in drawn["difference"]


def test_an_interrupted_run_says_how_it_goes_on(open_page: Callable[..., Any], two: Path) -> None:
    change(two / "demo-2", status="interrupted", argv=["harness", "run", "--suite", "a b", "--fresh"])
    app = fine(open_page("runs", two, source="run demo-2"))
    assert app.code[0].value == "harness run --suite 'a b'"


def test_a_killed_run_is_told_from_one_that_goes_on(open_page: Callable[..., Any], two: Path) -> None:
    change(two / "demo-2", status="running", seconds=None, ended=None)
    killed = fine(open_page("runs", two, source="run demo-2"))
    assert killed.code[0].value == "harness run --suite demo"
    with (two / "demo-2" / ".lock").open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        going = fine(open_page("runs", two, source="run demo-2"))
        assert len(going.code) == 0, "nobody is to start it a second time"


def test_broken_folders_are_listed_and_say_what_to_do(
    open_page: Callable[..., Any], two: Path, drawn: dict[str, str]
) -> None:
    (two / "demo-2" / "manifest.json").write_text('{"schema": 1')
    (two / "lost" / "records").mkdir(parents=True)
    app = fine(open_page("runs", two, source="run demo-2"))
    assert "cannot be read" in app.error[0].value
    assert app.code[1].value == f"harness verify {two / 'demo-2'}"
    assert "run lost" in drawn["runs"]
    assert "holds records and no manifest.json" in drawn["runs"]
    assert f"harness verify {two / 'demo-2'}" in drawn["runs"]
    assert open_run(two / "demo-1").manifest["status"] in drawn["runs"]


def test_without_runs_it_says_how_to_begin(
    open_page: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness_dashboard.catalogue.boards", lambda: iter(()))
    app = fine(open_page("runs", tmp_path))
    assert "No run yet" in app.info[0].value
    assert app.code[0].value == "harness run --suite demo"
    for page in ("methods", "suites"):
        fine(open_page(page, tmp_path))
