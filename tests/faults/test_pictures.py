"""Damaged pictures in a user's folder: failed records with their reason, and the run goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import harness
from harness.datasets.decode import decode

SOUND = ("a.png", "b.bmp", "m.jpg", "n.tiff", "z.webp")
DAMAGED = {
    "empty.png": "is empty (0 bytes)",
    "html.png": "not an image: its content is HTML or XML text",
    "truncated.jpg": "damaged JPEG file",
    "truncated.png": "damaged PNG file",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five sound pictures among four damaged ones."""
    place = tmp_path / "pictures"
    place.mkdir()
    random = np.random.default_rng(0)
    for name in (*SOUND, "truncated.jpg", "truncated.png"):
        pixels = random.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).resize((256, 256)).save(place / name)
    for name in ("truncated.jpg", "truncated.png"):
        whole = (place / name).read_bytes()
        (place / name).write_bytes(whole[: len(whole) // 2])
    (place / "empty.png").touch()
    (place / "html.png").write_text("<!DOCTYPE html><title>404</title>")
    return place


def test_damaged_pictures_are_failed_records_and_the_run_goes_on(
    folder: Path, tmp_path: Path, as_suite: Callable[[Path], None]
) -> None:
    as_suite(folder)
    run = harness.run("mine", device="cpu", out=tmp_path / "run")
    records = run.records.set_index(["entry", "sample"])
    for entry in ("mean", "telea"):
        mine = records.loc[entry]
        assert len(mine) == len(DAMAGED) + len(SOUND)
        for name, reason in DAMAGED.items():
            row = mine.loc[f"{name}@centre-square/0"]
            assert row["status"] == "failed"
            assert row["reason"].startswith("ImageError: ")
            assert name in row["reason"]
            assert reason in row["reason"]
        assert list(mine.index[mine["status"] == "ok"]) == [f"{n}@centre-square/0" for n in SOUND]
    (task,) = run.summary.tasks
    assert (task.n_common, task.n_total) == (5, 9)
    cell = next(cell for cell in task.cells if cell.entry == "telea" and cell.metric == "psnr@hole" and not cell.subset)
    assert (cell.n_ok, cell.n_failed, cell.n_skipped) == (5, 4, 0)


def test_a_repaired_picture_is_judged_by_the_same_command(
    folder: Path, tmp_path: Path, as_suite: Callable[[Path], None]
) -> None:
    as_suite(folder)
    harness.run("mine", device="cpu", out=tmp_path / "run", report=False)
    Image.fromarray(decode(folder / "a.png").pixels[::-1]).save(folder / "html.png")
    records = harness.run("mine", device="cpu", out=tmp_path / "run", report=False).records
    assert len(records) == 2 * (len(DAMAGED) + len(SOUND))
    assert (records["status"] == "ok").sum() == 2 * (len(SOUND) + 1)
