"""The eight photographs at 2048 px: verified, never enlarged, of known terms, and evaluation pictures already."""

from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image

from harness.datasets.decode import decode
from harness.datasets.photos import PHOTOS, PHOTOS_2048, Photos2048
from harness.errors import HarnessError
from harness.interfaces import Dataset
from tools.gather_photos import SHELF
from tools.gather_photos_2048 import CHOSEN, prepare

MANIFEST = json.loads((PHOTOS_2048 / "manifest.json").read_text(encoding="utf-8"))["photos"]
SMALL = {row["id"]: row for row in json.loads((PHOTOS / "manifest.json").read_text(encoding="utf-8"))["photos"]}


def test_is_a_dataset_of_eight_whose_files_are_the_manifests():
    photos = Photos2048()
    assert isinstance(photos, Dataset)
    assert photos.ids() == CHOSEN
    assert len(photos) == 8
    for row in MANIFEST:
        data = (PHOTOS_2048 / row["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        assert (row["width"], row["height"]) == (2048, 2048)
    files = {path.name for path in PHOTOS_2048.iterdir()}
    assert files == {row["file"] for row in MANIFEST} | {"manifest.json", "ATTRIBUTION.md"}
    assert sum((PHOTOS_2048 / name).stat().st_size for name in files) <= 2_100_000


def test_they_are_photographs_of_the_first_set_from_the_same_files():
    """So what keeps that set out of training (tests/datasets/test_similarity.py) keeps these out."""
    for row in MANIFEST:
        for key in ("sha256_source", "source", "cluster", "title", "author", "licence", "kind", "colour"):
            assert row[key] == SMALL[row["id"]][key]
    assert set(CHOSEN) <= {shelf.id for shelf in SHELF}


def test_views_are_the_file_and_the_mean_of_two_by_two_pixels():
    full, half = Photos2048().load("bridge").image, Photos2048("square-1024").load("bridge").image
    assert np.array_equal(full, decode((PHOTOS_2048 / "bridge.webp").read_bytes()).pixels)
    assert half.shape == (1024, 1024, 3)
    means = full.reshape(1024, 2, 1024, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(half - means).max() <= 1  # Pillow rounds after each axis
    assert len({Photos2048(view).content_hash() for view in ("square-2048", "square-1024")}) == 2


def test_mistakes_are_named():
    with pytest.raises(HarnessError, match="photos-2048: unknown view 'native': choose square-2048 or square-1024"):
        Photos2048("native")
    with pytest.raises(HarnessError, match="harness show photos-2048"):
        Photos2048().load("brigde")


def test_nothing_is_enlarged():
    buffer = io.BytesIO()
    Image.new("RGB", (3000, 768)).save(buffer, "PNG")
    with pytest.raises(ValueError, match="a short side of 768 px is not 2048"):
        prepare(buffer.getvalue())
