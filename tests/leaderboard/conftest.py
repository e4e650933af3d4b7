"""Real small runs of the suite of postage stamps, one method each, and a board made of them."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import harness
from harness import leaderboard, plugins
from harness.cli import main
from harness.store.files import write_json

PLUGINS = "harness_classical,tools.golden"
REPORTED = {
    "schema": 1, "suite": "golden", "name": "a-table", "title": "A table",
    "source": {"work": "A paper", "place": "Table 1", "read": "stored text of the paper", "through": "a test"},
    "protocol": dict.fromkeys(("data", "masks", "n", "size", "colour", "extractor"), "not stated"),
    "columns": [{"name": "PSNR", "unit": "dB", "better": "higher"}, {"name": "FID", "unit": "", "better": "lower"}],
    "rows": [
        {"method": "LaMa", "setting": "", "reference": "", "values": [20.5, None], "note": ""},
        {"method": "Telea", "setting": "radius 3", "reference": "telea", "values": [18, 3.25], "note": "unclear"},
    ],
}  # fmt: skip


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _stamps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", PLUGINS)
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(plugins, "_cached", [])


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Runs of both stamps by `mean`, `telea` and telea at another version; from telea's, as if of another day, the same
    rows `again`, and a run that was asked for one stamp only (`short`)."""
    base = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_PLUGINS", PLUGINS)
        patch.setattr(plugins, "_cached", [])
        for name, method in (("mean", "mean"), ("telea", "telea"), ("newer", "telea")):
            if name == "newer":
                known = plugins.registry().specs["methods"]
                known["telea"] = dataclasses.replace(known["telea"], version="9")
            harness.run("golden", [method], keep="all", device="cpu", out=base / name, report=False)
    for name, change in (("again", _later), ("short", _shorter)):
        shutil.copytree(base / "telea", base / name)
        _changed(base / name / "manifest.json", change)
    return {path.name: path for path in base.iterdir()}


def _later(manifest: Any) -> None:
    manifest["started"] = "2099-01-01T00:00:00+00:00"


def _shorter(manifest: Any) -> None:
    task = manifest["suite"]["tasks"][0]
    task["samples"].pop()
    task["n"] = 1


def _changed(path: Path, how: Callable[[Any], object]) -> None:
    value = json.loads(path.read_text())
    how(value)
    write_json(path, value)


@pytest.fixture
def runs(made: Mapping[str, Path], tmp_path: Path) -> dict[str, Path]:
    """Copies of them that a test may damage."""
    return {name: Path(shutil.copytree(path, tmp_path / "runs" / name)) for name, path in made.items()}


@pytest.fixture(scope="session")
def published(made: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with one board of two entries and one reported table. Tests copy it."""
    root = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_PLUGINS", PLUGINS)
        patch.setattr(plugins, "_cached", [])
        leaderboard.add(made["mean"], root=root)
        leaderboard.add(made["telea"], root=root, tier="reproduced by a third party", by="Ada")
    (root / "reported" / "golden").mkdir(parents=True)
    (root / "reported" / "golden" / "a-table.json").write_text(json.dumps(REPORTED))
    return root


@pytest.fixture
def root(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "root"))


@pytest.fixture
def board(root: Path) -> Path:
    return root / "measured" / "golden" / "v1-cpu"


@pytest.fixture
def edit() -> Callable[[Path, Callable[[Any], object]], None]:
    """Change a JSON file in place."""
    return _changed


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Outcome]]:
    """`harness leaderboard …` through the console script's own function."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DEBUG", raising=False)
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def run(*args: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["harness", "leaderboard", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return Outcome(stop.value.code, shown.out, shown.err)

    return run
