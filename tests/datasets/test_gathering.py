"""The tools that rebuild the sets: package terms, Qt resources, packs and crops, on packages made here."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from harness.datasets.decode import decode
from harness.datasets.photos import PHOTOS
from tools.gather_photos import SHELF, attribution, prepare
from tools.pack_training import CROP, crops, pack
from tools.packages import Package, PackageError, Terms, debian_terms, qt_resources, terms_of

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2001, A
           2002, B
License: GPL-2+

Files: pictures/*
       more/one?.jpg
Copyright: 2003, C <c@example.org>
License: CC-BY-4.0
 The licence's text.

License: GPL-2+
 Its text.
"""


@pytest.fixture
def package(tmp_path):
    place = tmp_path / "usr/share/doc/demo"
    place.mkdir(parents=True)
    (place / "copyright").write_text(COPYRIGHT, encoding="utf-8")
    return Package("demo", "1.0", tmp_path)


def test_the_last_matching_stanza_states_the_terms(package):
    pairs = debian_terms(package)
    assert terms_of("pictures/a.jpg", pairs) == Terms("2003, C <c@example.org>", "CC-BY-4.0")
    assert terms_of("more/one1.jpg", pairs).licence == "CC-BY-4.0"
    assert terms_of("code.c", pairs) == Terms("2001, A; 2002, B", "GPL-2+")
    with pytest.raises(PackageError, match=r"x\.jpg: no stanza"):
        terms_of("x.jpg", pairs[1:])


def qt_resource(files: dict[str, bytes], flags: int) -> bytes:
    """A resource of one folder `f` with files in it, version 3."""
    names, payload, nodes = b"", b"", []
    offsets = {}
    for name in ["f", *files]:
        offsets[name] = len(names)
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    nodes.append(struct.pack(">IHIIQ", 0, 2, 1, 1, 0))
    nodes.append(struct.pack(">IHIIQ", offsets["f"], 2, len(files), 2, 0))
    for name, data in files.items():
        nodes.append(struct.pack(">IHIIQ", offsets[name], flags, 0, len(payload), 0))
        payload += struct.pack(">I", len(data)) + data
    tree = b"".join(nodes)
    start = 24
    header = struct.pack(">4sIIIII", b"qres", 3, start, start + len(tree), start + len(tree) + len(payload), 0)
    return header + tree + payload + names


def test_qt_resources_are_read(tmp_path):
    path = tmp_path / "a.rcc"
    path.write_bytes(qt_resource({"one.webp": b"first", "zwei.webp": b""}, flags=0))
    assert dict(qt_resources(path)) == {"f/one.webp": b"first", "f/zwei.webp": b""}
    path.write_bytes(qt_resource({"one.webp": b"first"}, flags=1))
    assert dict(qt_resources(path)) == {}
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(PackageError, match="not a Qt resource"):
        dict(qt_resources(path))


def test_prepared_photographs_are_upright_small_and_without_metadata():
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.new("RGB", (1600, 800), (200, 10, 10)).save(buffer, "JPEG", exif=exif)
    with Image.open(io.BytesIO(prepare(buffer.getvalue()))) as image:
        assert (image.format, image.size) == ("JPEG", (384, 768))
        assert not image.getexif()


def test_the_shelf_is_the_committed_set():
    manifest = json.loads((PHOTOS / "manifest.json").read_text(encoding="utf-8"))["photos"]
    assert [row["id"] for row in manifest] == [shelf.id for shelf in SHELF]
    for row, shelf in zip(manifest, SHELF, strict=True):
        words = (shelf.title, shelf.author, shelf.licence, shelf.kind, shelf.colour)
        assert (row["title"], row["author"], row["licence"], row["kind"], row["colour"]) == words
        assert row["source"].endswith(shelf.path)
    assert (PHOTOS / "ATTRIBUTION.md").read_text(encoding="utf-8") == attribution(manifest)


@pytest.fixture
def gathered(tmp_path):
    folder = tmp_path / "photos"
    (folder / "files").mkdir(parents=True)
    rows = []
    for k, size in enumerate([(500, 300), (240, 320), (200, 196)]):
        pixels = np.random.default_rng(k).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"files/p{k}.png")
        words = {"author": "a", "licence": "CC0-1.0", "source": f"demo 1.0 p{k}.png"}
        rows.append({"id": f"p{k}", "file": f"files/p{k}.png", "sha256": "0" * 64, **words})
    (folder / "manifest.json").write_text(json.dumps({"photos": rows}), encoding="utf-8")
    return folder


def test_the_pack_keeps_to_its_limit_and_states_its_sources(gathered, tmp_path):
    target = tmp_path / "photos.zip"
    generous = pack(gathered, target, 10_000_000)
    assert generous == 1024
    whole = target.stat().st_size
    side = pack(gathered, target, whole * 19 // 20)
    assert side < 500
    assert target.stat().st_size <= whole * 19 // 20
    with zipfile.ZipFile(target) as archive:
        rows = json.loads(archive.read("manifest.json"))["photos"]
        assert {item.compress_type for item in archive.infolist()} == {zipfile.ZIP_STORED}
        assert max(decode(archive.read("p0.webp")).pixels.shape) == side
    assert [row["id"] for row in rows] == ["p0", "p1", "p2"]
    assert json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))["licence"] == "CC0-1.0"
    with pytest.raises(SystemExit, match="exceed"):
        pack(gathered, target, 1000)


def test_crops_are_decided_by_the_seed(gathered, tmp_path):
    first, second, other = (tmp_path / f"{k}.npy" for k in range(3))
    crops(gathered, first, 20, seed=0)
    crops(gathered, second, 20, seed=0)
    crops(gathered, other, 20, seed=1)
    array = np.load(first)
    assert array.shape == (20, CROP, CROP, 3)
    assert array.dtype == np.uint8
    assert np.array_equal(array, np.load(second))
    assert not np.array_equal(array, np.load(other))
    assert array.reshape(20, -1).std(axis=1).min() > 5
