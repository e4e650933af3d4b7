"""`harness data unpack`."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from harness.datasets.decode import encode_png
from harness.datasets.folder import Folder


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
    assert "unpack" in call("data", "--help").out
    assert "ARCHIVE FOLDER" in call("data", "unpack", "--help").out
    assert "data " in call("--help").out
