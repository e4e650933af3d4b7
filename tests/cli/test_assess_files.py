"""Pictures as people have them, judged: one decoder for all, so that how a file holds a picture changes no score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.assessment import assess_files
from harness.datasets.photos import Photos


def test_the_score_hangs_on_the_picture_and_not_on_its_file(tmp_path: Path) -> None:
    photos = Photos("square-256")
    picture = Image.fromarray(photos.load(photos.ids()[0]).image)
    grey = picture.convert("L")
    turned = Image.Exif()
    turned[0x112] = 6  # to be shown turned right
    picture.save(tmp_path / "plain.png")
    picture.rotate(90, expand=True).save(tmp_path / "exif.png", exif=turned)
    picture.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    grey.save(tmp_path / "grey.png")
    Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    (tmp_path / "zero.png").write_bytes(b"")
    (tmp_path / "page.jpg").write_text("<html>")
    rows = {row.path.stem: row for row in assess_files("metric:piqe", [tmp_path], device="cpu")}
    assert {name for name, row in rows.items() if row.status == "failed"} == {"zero", "page"}
    assert "is empty (0 bytes)" in rows["zero"].reason
    scores = {name: row.score for name, row in rows.items() if row.score is not None}
    assert scores["exif"] == scores["plain"]
    assert scores["sixteen"] == scores["grey"]
    assert scores["cmyk"] == pytest.approx(scores["plain"], abs=3)  # JPEG's own loss
