"""`harness assess`: a user's own pictures, one score a line; what is refused or broken costs only itself."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import harness
from harness.datasets.photos import PHOTOS

Harness = Callable[..., Any]
PLUGIN = '''
from harness import MethodSpec, hookimpl
from harness.interfaces import Scores


class Wide:
    """Refuses pictures that are higher than wide."""

    def __init__(self, setup):
        pass

    def assess(self, batch):
        high = batch.image.shape[-2] > batch.image.shape[-1]
        mean = batch.image.mean((1, 2, 3))
        return Scores({"mean": mean, "half": mean / 2}, primary="mean", map=batch.image[:, :1],
                      refused={0: "no face"} if high else {},
                      facts={"shape": ["" if high else "wide"], "long": ["x" * 60], "none": [float("nan")]})


@hookimpl
def harness_register_methods(register):
    register(MethodSpec(name="wide", capabilities=("assess",), target="judge:Wide", version="1", roles=(),
                        summary="means of wide pictures", licence="CC0-1.0", needs=frozenset({"image"})))
'''


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "faces"
    folder.mkdir()
    for name, shape in (("a", (30, 40)), ("b", (40, 30)), ("d", (30, 50))):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((*shape, 3), 51, np.uint8))
    (folder / "c.png").write_bytes(b"")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_every_picture_has_a_line_and_a_row(
    with_plugin: Callable[..., None], harness_command: Harness, pictures: Path, tmp_path: Path
) -> None:
    with_plugin("judge", PLUGIN)
    done = harness_command("assess", "wide", str(pictures), "--maps", "maps", "-o", "scores.csv", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    a, b, c, d = done.stdout.splitlines()
    assert a.split() == ["0.2000", str(pictures / "a.png"), "half", "0.1,", "shape", "wide"]
    assert b.split() == ["skipped", str(pictures / "b.png"), "no", "face"]
    assert c.startswith("    failed  ")
    assert "no bytes" in c or "empty" in c
    assert d.split()[0] == "0.2000"
    assert "2 of 4 pictures judged, 1 skipped, 1 failed" in done.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "scores.csv").read_text())))
    assert [row["status"] for row in rows] == ["ok", "skipped", "failed", "ok"]
    assert float(rows[0]["half"]) == pytest.approx(0.1, abs=1e-6)
    assert [row["shape"] for row in rows] == ["wide", "", "", "wide"]
    assert rows[0]["long"] == "x" * 60
    assert "none" not in rows[0]
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["a.png", "d.png"]
    assert cv2.imread(str(tmp_path / "maps" / "d.png"), cv2.IMREAD_UNCHANGED).tolist() == [[51] * 50] * 30


def test_a_metric_is_an_assessor_also_from_python(tmp_path: Path) -> None:
    for name in ("stream.jpg", "grass.jpg"):
        shutil.copy(PHOTOS / name, tmp_path)
    found = list(harness.assess_files("metric:niqe", [tmp_path], device="cpu"))
    assert [row.path.name for row in found] == ["grass.jpg", "stream.jpg"]
    assert all(row.score == -row.facts["niqe"] for row in found)  # type: ignore[operator]


def test_mistakes_are_one_line(harness_command: Harness, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "more").mkdir()
    shutil.copy(pictures / "a.png", tmp_path / "more")
    for words, told in (
        (("telea", "faces"), "telea cannot assess; it can inpaint"),
        (("metric:niqe", "none"), "no picture in none"),
        (("metric:psnr", "faces"), "compares with a reference: harness score PICTURES --reference"),
        (("scat-detect", "faces", "more", "--maps", "maps"), "two pictures are named a"),
    ):
        done = harness_command("assess", *words)
        assert done.returncode == 2
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
