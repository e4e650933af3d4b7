"""Every kind that `harness new` writes installs into an environment beside the stack and takes part in a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import harness

NEW = {
    "ring-mean": "method ring-mean",
    "unsharp": "method unsharp --capability restore",
    "laplace": "method laplace --capability assess",
    "log-gap": "metric log-gap",
    "drawn": "dataset drawn",
    "floors": "suite floors",
    "disc": "mask disc",
}


@pytest.fixture(scope="session")
def packages(beside, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """One package of every kind, written by the command and installed; the suite's task takes all the others up."""
    into = tmp_path_factory.mktemp("new")
    for words in NEW.values():
        done = beside.shell(f"harness new {words}", into)
        assert done.returncode == 0, done.stderr
    folders = {name: into / f"harness-{name}" for name in NEW}
    suite = folders["floors"] / "harness_floors" / "floors.toml"
    task = 'id = "all-mine"\ntitle = "All mine"\ndataset = "drawn"\nmaskset = "disc[radius=0.3]"\n'
    task += 'metrics = ["log-gap@hole", "psnr@hole"]\nprimary = "log-gap@hole"\n'
    suite.write_text(suite.read_text() + f"\n[[task]]\n{task}")
    beside.install(list(folders.values()))
    return folders


def test_they_are_found_by_their_entry_points(beside, packages: Mapping[str, Path], tmp_path: Path) -> None:
    rows = json.loads(beside.shell("harness list plugins --json", tmp_path).stdout)
    mine = {row["name"]: row for row in rows if row["name"] in packages}
    assert set(mine) == set(packages)
    for name, row in mine.items():
        assert (row["state"], row["source"], row["detail"]) == ("ok", f"harness-{name} 0.1.0", "1 registered")


def test_all_of_them_take_part_in_a_run(beside, packages: Mapping[str, Path], tmp_path: Path) -> None:
    """Suite, method and metric by their names on the line; data set and masks by the suite's second task."""
    words = "--suite floors -m ring-mean -m 'ring-mean[ring=9]' -m mean --metric log-gap@hole --limit 2 --device cpu"
    done = beside.shell(f"harness run {words} --out run", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "report: run/report.html"
    run = harness.Run(harness.open_run(tmp_path / "run"))
    assert list(run.records["status"]) == ["ok"] * 12
    assert (run.records["score:log-gap@hole"] > 0).all()
    narrow, wide = (run.records[run.records["entry"] == f"ring-mean{p}"]["score:psnr@hole"] for p in ("", "[ring=9]"))
    assert sorted(narrow) != sorted(wide)
    mine = run.records[run.records["task"] == "all-mine"]
    assert sorted(mine["sample"]) == sorted([f"{name}.png@disc/0" for name in ("hills", "tiles")] * 3)
    assert {row["author"] for row in run.folder.manifest["attribution"]} > {"drawn by harness new"}


def test_each_passes_its_own_tests(beside, packages: Mapping[str, Path], tmp_path: Path) -> None:
    folders = " ".join(str(folder / "tests") for folder in packages.values())
    done = beside.shell(f"pytest -v -c /dev/null -W error -p no:cacheprovider {folders}", tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    for name in packages:
        assert f"test_{name.replace('-', '_')}.py::test_conforms[" in done.stdout
