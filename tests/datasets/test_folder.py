"""A user's folder: stable keys, no way out of it, nothing silently left out."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.datasets.decode import ImageError, encode_png
from harness.datasets.folder import Folder, image_files, scan
from harness.errors import HarnessError, UnknownName
from harness.interfaces import Dataset

PNG = encode_png(np.full((5, 7, 3), 90, dtype=np.uint8))


def put(path, data=PNG):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_keys_are_sorted_relative_posix_paths(tmp_path):
    for name in ("b.png", "a/z.JPG", "a/b/c.webp", "B.png"):
        put(tmp_path / name)
    put(tmp_path / "notes.txt", b"hello")
    assert scan(tmp_path).images == ("B.png", "a/b/c.webp", "a/z.JPG", "b.png")
    assert scan(tmp_path).skipped == (("notes.txt", "not an image file by its suffix"),)
    assert image_files(tmp_path) == [tmp_path / key for key in scan(tmp_path).images]


def test_dataset_face(tmp_path):
    put(tmp_path / "one.png")
    put(tmp_path / "sub/two.png")
    folder = Folder(tmp_path)
    assert isinstance(folder, Dataset)
    assert len(folder) == 2
    sample = folder.load("sub/two.png")
    assert (sample.id, sample.cluster) == ("sub/two.png", "sub/two.png")
    assert sample.image.shape == (5, 7, 3)
    assert Folder(tmp_path, view="square-256").load("one.png").image.shape == (256, 256, 3)
    assert folder.pairs() is None
    assert folder.attribution()[0]["source"] == str(tmp_path)


def test_links_do_not_lead_out(tmp_path):
    put(tmp_path / "outside/secret.png")
    inside = tmp_path / "inside"
    put(inside / "real.png")
    (inside / "alias.png").symlink_to(inside / "real.png")
    (inside / "escape.png").symlink_to(tmp_path / "outside/secret.png")
    (inside / "dangling.png").symlink_to(inside / "none.png")
    (inside / "loop").symlink_to(inside)
    (inside / "away").symlink_to(tmp_path / "outside")
    found = scan(inside)
    assert found.images == ("alias.png", "real.png")
    assert dict(found.skipped) == {
        "away": "a link to a folder is not followed",
        "dangling.png": "not a regular file",
        "escape.png": "a link that leads out of the folder",
        "loop": "a link to a folder is not followed",
    }


def test_an_id_cannot_lead_out(tmp_path):
    put(tmp_path / "secret.png")
    put(tmp_path / "inside/one.png")
    for id in ("../secret.png", str(tmp_path / "secret.png"), "two.png"):
        with pytest.raises(UnknownName):
            Folder(tmp_path / "inside").load(id)


def test_a_folder_that_is_a_link_is_read(tmp_path):
    put(tmp_path / "real/one.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert scan(tmp_path / "link").images == ("one.png",)


def test_a_broken_picture_names_its_file(tmp_path):
    put(tmp_path / "ok.png")
    put(tmp_path / "bad.png", b"<html>")
    folder = Folder(tmp_path)
    assert len(folder) == 2
    with pytest.raises(ImageError, match=r"bad\.png: not an image"):
        folder.load("bad.png")


def test_content_hash_follows_names_bytes_and_view(tmp_path):
    put(tmp_path / "a.png")
    first = Folder(tmp_path).content_hash()
    assert Folder(tmp_path).content_hash() == first
    assert Folder(tmp_path, view="square-256").content_hash() != first
    (tmp_path / "a.png").rename(tmp_path / "b.png")
    assert Folder(tmp_path).content_hash() != first
    put(tmp_path / "b.png", encode_png(np.full((5, 7, 3), 91, dtype=np.uint8)))
    assert len({first, Folder(tmp_path).content_hash()}) == 2


def test_mistakes_are_named(tmp_path):
    with pytest.raises(HarnessError, match="no such folder"):
        Folder(tmp_path / "none")
    put(tmp_path / "notes.txt", b"")
    with pytest.raises(HarnessError, match="no image file in it"):
        Folder(tmp_path)
    put(tmp_path / "a.png")
    with pytest.raises(HarnessError, match="unknown view"):
        Folder(tmp_path, view="round")


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system refuses such names")
def test_a_name_that_is_no_text_is_reported(tmp_path):
    put(tmp_path / "ok.png")
    with open(os.fsencode(tmp_path) + b"/\xff.png", "wb") as file:
        file.write(PNG)
    assert scan(tmp_path).images == ("ok.png",)
    assert scan(tmp_path).skipped == (("\\udcff.png", "its name is not valid UTF-8"),)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40))
def test_any_file_name_becomes_a_key_and_loads(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("names")
    put(folder / f"x{name}.png")
    (key,) = Folder(folder).ids()
    assert key == f"x{name}.png"
    assert Folder(folder).load(key).image.shape == (5, 7, 3)
