"""`harness data`: from nothing to a run on one's own pictures, and what is said on the way."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness import plugins
from harness.datasets.decode import encode_png
from harness.datasets.folder import Folder
from harness.datasets.named import class_of

SUITE = """
name = "on-mine"
version = 1
title = "Mine"
summary = "my pictures under LaMa's thick masks"
cost = "seconds"
methods = ["mean"]

[[task]]
id = "thick"
title = "My pictures"
dataset = "mine[view=square+resize64]"
maskset = "lama-thick-256"
metrics = ["psnr@hole"]
primary = "psnr@hole"
"""


@pytest.fixture
def fresh(call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`call` with a registry read anew, as every command of a shell does."""
    monkeypatch.delenv("HARNESS_DATA", raising=False)

    def run(*args: object) -> Any:
        monkeypatch.setattr(plugins, "_cached", [])
        class_of.cache_clear()
        return call(*args)

    return run


def test_an_archive_becomes_a_folder_that_is_a_data_set(tmp_path: Path, call: Callable[..., Any]) -> None:
    picture = encode_png(np.full((5, 7, 3), 90, np.uint8))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as packed:
        packed.writestr("set/a.png", picture)
        packed.writestr("set/b.png", picture)
    done = call("data", "unpack", "set.zip", "mine")
    assert (done.code, done.err) == (0, "")
    assert done.last == "2 files, 0.0 MiB in mine"
    assert Folder(tmp_path / "mine").ids() == ("set/a.png", "set/b.png")


def test_an_evil_archive_is_one_line(tmp_path: Path, mistake: Callable[..., str]) -> None:
    with tarfile.open(tmp_path / "set.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("../evil.png"))
    told = mistake("data", "unpack", "set.tar", "inner/mine")
    assert told == "Error: set.tar: '../evil.png' leads out of the folder: refused, nothing was unpacked\n"
    assert not (tmp_path / "inner" / "evil.png").exists()
    assert list((tmp_path / "inner").iterdir()) == []
    assert "cannot unpack set.zip into mine: No such file" in mistake("data", "unpack", "set.zip", "mine")


def test_help_shows_what_there_is(call: Callable[..., Any]) -> None:
    shown = call("data", "--help").out
    assert all(f"  {name} " in shown for name in ("list", "show", "check", "prepare", "add", "unpack"))
    assert "ARCHIVE FOLDER" in call("data", "unpack", "--help").out
    assert "data " in call("--help").out


def test_one_s_own_folder_becomes_a_data_set_that_a_suite_runs_on(
    fresh: Callable[..., Any], tmp_path: Path, twins: ModuleType
) -> None:
    for number in range(5):
        twins.save(tmp_path / "shots" / "trip" / f"{number}.png", twins.picture(number, 80, 96))
    (tmp_path / "shots" / "notes.txt").write_text("mine")
    added = fresh("data", "add", "mine", "shots")
    assert (added.code, added.err) == (0, "")
    assert "mine all: 5 samples from" in added.last
    assert any(row.split()[:3] == ["mine", "prepared:", "5"] for row in fresh("data", "list").out.splitlines())
    assert any(row.startswith("mine ") for row in fresh("list", "datasets").out.splitlines())
    (tmp_path / "mine.toml").write_text(SUITE)
    planned = fresh("run", "--suite", "mine.toml", "--plan")
    assert (planned.code, planned.err) == (0, "")
    assert "thick                   5 samples × 1 methods" in planned.out
    done = fresh("run", "--suite", "mine.toml", "--device", "cpu", "--out", "out")
    assert done.code == 0, done.err
    exported = fresh("export", "mine.toml", "holes")
    assert exported.last == "then: harness run --suite mine.toml -m NAME=folder:OUT"
    assert "harness run --suite mine.toml -m NAME=folder:OUT" in (tmp_path / "holes" / "README.txt").read_text()
    import harness

    run = harness.open_run(tmp_path / "out")
    assert sorted(set(run.records()["sample"])) == [f"trip/{n}.png@lama-thick-256/0" for n in range(5)]
    assert str(tmp_path) not in str(run.manifest["attribution"])
    twins.save(tmp_path / "shots" / "new.png", twins.picture(9))
    checked = fresh("data", "check", "mine")
    assert checked.code == 1
    assert "all: 1 samples are new since it was prepared: harness data prepare mine --split all" in checked.out
    assert "6 samples from" in fresh("data", "prepare", "mine").last
    assert fresh("data", "check", "mine").code == 0


def test_from_nothing_to_a_published_set(fresh: Callable[..., Any], tmp_path: Path, twins: ModuleType) -> None:
    nothing = fresh("data", "check", "facades-pix2pix")
    assert nothing.code == 1
    assert nothing.out.startswith("facades-pix2pix is not here: neither in config.toml")
    assert "Download facades.tar.gz from http" in nothing.out
    assert nothing.last == "then: harness data prepare facades-pix2pix --split test"
    twins.build("facades-pix2pix", tmp_path / "home" / "data" / "facades-pix2pix" / "facades")
    checked = fresh("data", "check", "facades-pix2pix")
    assert checked.code == 1
    assert "test: 8 samples in" in checked.out
    assert "test: 98 missing" in checked.out
    ready = fresh("data", "prepare", "facades-pix2pix", "--split", "test", "--split", "val")
    assert [line.split(" from ")[0] for line in ready.out.splitlines()] == [
        "facades-pix2pix test: 8 of 106 samples", "facades-pix2pix val: 8 of 100 samples",
    ]  # fmt: skip
    assert "prepared: test 8, val 8" in fresh("data", "list").out
    shown = fresh("data", "show", "facades-pix2pix").out
    assert "  test: 106 (known)" in shown
    assert "    8 prepared from" in shown


def test_a_mask_that_hides_nearly_all_is_asked_about(
    fresh: Callable[..., Any], twins: ModuleType, tmp_path: Path
) -> None:
    root = tmp_path / "set"
    for number in range(3):
        twins.save(root / "images" / f"{number}.png", twins.picture(number))
        twins.save(root / "masks" / f"{number}.png", ~twins.hole(number))
    done = fresh("data", "prepare", "cm-gan-eval", "--root", "set")
    assert "mask files: white = hole, mean area 0.9" in done.out
    assert "if black is hole, say hole=black" in done.err


def test_mistakes_are_one_line(fresh: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for words, line in [
        (("show", "place365"), "unknown data set 'place365'. Did you mean places365?"),
        (("show", "photos"), "photos comes with the package that registers it"),
        (("prepare", "places365", "--split", "vla"), "places365 is not here: harness data check places365"),
        (("prepare", "places365", "--split", "vla", "--root", "empty"), "unknown split of places365 'vla'"),
        (("prepare", "places365", "--root", "empty"), "no image folder val_large or val_512 or val"),
        (("add", "photos", "empty"), "the name 'photos' is taken by a registered data set"),
        (("add", "mine", "gone"), "gone: no such folder"),
        (("add", "a/b", "empty"), "cannot name a file"),
    ]:
        done = fresh("data", *words)
        assert (done.code, done.err.count("\n")) == (2, 1), words
        assert line in done.err


def test_listing_and_showing_compute_nothing(tmp_path: Path) -> None:
    heavy = ("torch", "numpy", "PIL", "cv2", "pandas", "scipy")
    for words in (["list"], ["show", "places365"]):
        code = (
            f"import sys; from harness.cli import cli; cli.main({['data', *words]!r}, standalone_mode=False)\n"
            f"print('HEAVY', *[m for m in {heavy} if m in sys.modules])"
        )
        env = {**os.environ, "HARNESS_HOME": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "HEAVY"
