"""The committed scenes are what their manifest says, and what their seeds give."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

import harness_scenes
from harness.errors import HarnessError
from harness.interfaces import Dataset
from harness.masks.identity import mask_hash
from harness_scenes.dataset import SceneHoles
from harness_scenes.masks import SceneCuts
from harness_scenes.packed import pixel_hash
from harness_scenes.render import render
from harness_scenes.sampling import sample_scene
from harness_scenes.vocabulary import SEEDS, is_held_out

FOLDER = Path(harness_scenes.__file__).parent / "data" / "scenes_holes"
SCENES = SceneHoles()


def test_it_is_a_data_set() -> None:
    assert isinstance(SCENES, Dataset)
    assert len(SCENES) == len(SCENES.ids()) == len(set(SCENES.ids())) == 60
    assert SCENES.pairs() is None
    assert SCENES.attribution()[0]["licence"] == "CC0-1.0"
    assert len(SCENES.content_hash()) == 64


def test_the_folder_holds_what_the_manifest_names_and_no_more_than_3_mb() -> None:
    records = [entry[kind] for entry in SCENES.manifest["scenes"] for kind in ("image", "instances")]
    named = {record["file"]: record for record in records}
    there = {path.name for path in FOLDER.iterdir()}
    assert there == {"manifest.json", *named}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 3_000_000
    for name, record in named.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == record["sha256"]


def test_every_sample_is_whole() -> None:
    for id in SCENES.ids():
        sample = SCENES.load(id)
        instances = sample.truth["instances"]
        assert (sample.id, sample.cluster) == (id, id)
        assert (sample.image.shape, sample.image.dtype) == ((256, 256, 3), np.uint8)
        assert (instances.shape, instances.dtype) == ((256, 256), np.uint8)
        assert sample.labels is not None
        assert (sample.labels.shape, sample.labels.dtype) == ((1, 256, 256), np.int64)
        for k, item in enumerate(sample.truth["scene"].objects, start=1):
            assert (sample.labels[0][instances == k] == item.label).all()
            assert (instances == k).any()
        assert ((sample.labels[0] == 0) == (instances == 0)).all()


def test_scenes_are_those_of_evaluation_seeds_and_only_show_what_training_does_not() -> None:
    for entry in SCENES.manifest["scenes"]:
        assert entry["seed"] in SEEDS["eval"]
        scene = SCENES.load(entry["id"]).truth["scene"]
        assert sample_scene(entry["seed"], "eval") == scene
        assert all(is_held_out(item.colour, item.shape, item.material) for item in scene.objects)


def test_the_renderer_still_draws_the_committed_picture() -> None:
    sample = SCENES.load("scene-05")
    rendered = render(sample.truth["scene"], 256, "numpy")
    assert np.abs(rendered.image.astype(int) - sample.image).mean() < 0.05
    assert (rendered.instances != sample.truth["instances"]).mean() < 1e-3


def test_holes_are_those_of_the_manifest() -> None:
    masks = SceneCuts()
    for entry in SCENES.manifest["scenes"][:30]:
        sample = SCENES.load(entry["id"])
        assert [mask_hash(masks.draw(sample, k)) for k in range(masks.count)] == entry["holes"]


def test_an_altered_or_missing_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("manifest.json", "scene-00.webp", "scene-00-instances.png"):
        shutil.copy(FOLDER / name, folder / name)
    copy = SceneHoles(folder)
    assert copy.content_hash() == SCENES.content_hash()
    assert pixel_hash(copy.load("scene-00").image) == pixel_hash(SCENES.load("scene-00").image)
    data = bytearray((folder / "scene-00.webp").read_bytes())
    data[-1] ^= 1
    (folder / "scene-00.webp").write_bytes(data)
    with pytest.raises(HarnessError, match=r"scene-00\.webp is not what its manifest says"):
        copy.load("scene-00")
    with pytest.raises(HarnessError, match=r"cannot read .*scene-01"):
        copy.load("scene-01")
    with pytest.raises(HarnessError, match="no sample 'scene-99': scene-00 to scene-59"):
        SCENES.load("scene-99")
