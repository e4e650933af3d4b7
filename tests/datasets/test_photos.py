"""The shipped photographs: verified, in a fixed order, small, and with their terms."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from harness.datasets.decode import ImageError, decode
from harness.datasets.photos import PHOTOS, Photos
from harness.errors import HarnessError, UnknownName
from harness.interfaces import Dataset

MANIFEST = json.loads((PHOTOS / "manifest.json").read_text(encoding="utf-8"))["photos"]
FREE = {"CC0-1.0", "CC-BY-2.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "LicenseRef-public-domain"}


@pytest.fixture
def copied(tmp_path):
    target = tmp_path / "photos"
    shutil.copytree(PHOTOS, target)
    return target


def test_is_a_dataset_of_forty():
    photos = Photos()
    assert isinstance(photos, Dataset)
    assert len(photos) == len(photos.ids()) == len(set(photos.ids())) == 40
    assert photos.pairs() is None


def test_the_first_thirty_are_in_colour_or_toned_and_varied():
    first = MANIFEST[:30]
    assert all(row["colour"] in ("colour", "toned") for row in first)
    assert sum(row["colour"] == "colour" for row in first) == 28
    assert len({row["kind"] for row in MANIFEST[:6]}) >= 5
    assert len({row["cluster"] for row in MANIFEST}) == 40


def test_colour_flags_are_true():
    photos = Photos("native")
    for row in MANIFEST:
        pixels = photos.load(row["id"]).image.astype(int)
        grey = np.ptp(pixels, axis=2).max() == 0
        assert grey == (row["colour"] == "grey"), row["id"]


@pytest.mark.parametrize("row", MANIFEST, ids=lambda row: row["id"])
def test_file_pixels_and_size_are_the_manifests(row):
    data = (PHOTOS / row["file"]).read_bytes()
    pixels = decode(data).pixels
    assert hashlib.sha256(data).hexdigest() == row["sha256"]
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == row["sha256_pixels"]
    assert pixels.shape == (row["height"], row["width"], 3)
    assert min(pixels.shape[:2]) >= 300
    assert max(pixels.shape[:2]) <= 768
    assert row["licence"] in FREE
    assert all(row[key] for key in ("author", "title", "source", "kind"))


def test_at_most_four_megabytes_and_no_stray_file():
    files = {path.name for path in PHOTOS.iterdir()}
    assert files == {row["file"] for row in MANIFEST} | {"manifest.json", "ATTRIBUTION.md"}
    assert sum((PHOTOS / name).stat().st_size for name in files) <= 4_000_000


def test_square_view_is_the_centre():
    row = next(row for row in MANIFEST if row["id"] == "dogs")
    native = Photos("native").load("dogs").image
    square = Photos().load("dogs").image
    assert square.shape == (256, 256, 3)
    top = (row["height"] - row["width"]) // 2
    centre = Image.fromarray(native[top : top + row["width"]]).resize((256, 256), Image.Resampling.BICUBIC)
    assert np.array_equal(square, np.asarray(centre))


def test_content_hash_follows_view_and_files(copied):
    reference = Photos().content_hash()
    assert Photos().content_hash() == reference
    assert Photos(folder=copied).content_hash() == reference
    assert Photos("native").content_hash() != reference
    manifest = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    manifest["photos"][3]["sha256"] = "0" * 64
    (copied / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert Photos(folder=copied).content_hash() != reference


def test_a_changed_byte_is_found(copied):
    path = copied / "china.jpg"
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ImageError, match=r"china\.jpg: sha256 .* is not the manifest's"):
        Photos(folder=copied).load("china")


def test_mistakes_are_named(copied):
    (copied / "china.jpg").unlink()
    with pytest.raises(ImageError, match=r"china\.jpg: cannot be read"):
        Photos(folder=copied).load("china")
    with pytest.raises(UnknownName, match="chelsea"):
        Photos().load("chelsae")
    with pytest.raises(HarnessError, match="native or square-256"):
        Photos("round")


def test_attribution_has_a_row_for_every_photograph():
    rows = Photos().attribution()
    text = (PHOTOS / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert len(rows) == 40
    for row, of in zip(rows, MANIFEST, strict=True):
        assert set(row) == {"image", "title", "author", "licence", "source"}
        assert f"| {of['file']} | {row['title']} | {row['author']} | {row['licence']} | {row['source']} |" in text
