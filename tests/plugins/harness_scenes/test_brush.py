"""The committed pairs without and with a described object, and the masks of that object."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import harness_scenes
from harness.errors import HarnessError
from harness.interfaces import Dataset, MaskSet, Sample
from harness_scenes import render_numpy
from harness_scenes.brush import BrushScenes, ObjectShape, code_of
from harness_scenes.dataset import SceneHoles
from harness_scenes.hdr import HdrScenes
from harness_scenes.removal import SceneRemovals, changed
from harness_scenes.sampling import light_azimuth, sample_scene
from harness_scenes.vocabulary import COLOURS, MATERIALS, SEEDS, SHAPES, SIZES, is_held_out

FOLDER = Path(harness_scenes.__file__).parent / "data" / "scenes_brush"
PAIRS = BrushScenes()


def test_it_is_a_data_set_of_a_hundred_pairs_and_no_more_than_1_8_megabytes() -> None:
    assert isinstance(PAIRS, Dataset)
    assert len(PAIRS) == len(set(PAIRS.ids())) == 100
    records = [entry[kind] for entry in PAIRS.manifest["scenes"] for kind in ("image", "target", "instances")]
    assert {path.name for path in FOLDER.iterdir()} == {"manifest.json", *(record["file"] for record in records)}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 1_800_000
    for record in records:
        assert hashlib.sha256((FOLDER / record["file"]).read_bytes()).hexdigest() == record["sha256"]


def test_no_scene_is_one_of_another_set_or_shows_what_training_does() -> None:
    sets = [[entry["seed"] for entry in each.manifest["scenes"]] for each in (PAIRS, SceneHoles(), SceneRemovals())]
    sets.append([entry["seed"] for entry in HdrScenes().manifest["scenes"]])
    seeds = [seed for each in sets for seed in each]
    assert len(set(seeds)) == len(seeds)
    assert all(seed in SEEDS["eval"] for seed in seeds)
    for id in PAIRS.ids()[::10]:
        assert all(is_held_out(o.colour, o.shape, o.material) for o in PAIRS.load(id).truth["scene"].objects)


def test_every_pair_differs_by_the_object_that_its_text_asks_for_and_what_that_changes() -> None:
    for id in PAIRS.ids()[::3]:
        sample = PAIRS.load(id)
        assert sample.target is not None
        assert sample.mask is not None
        assert sample.labels is not None
        item = sample.truth["scene"].objects[sample.truth["object"]]
        assert sample.prompt == f"a {item.size} {item.colour} {item.material} {item.shape}"
        assert sample.prompt in sample.truth["caption"].split(", ")
        objects, touched, code = sample.labels
        assert ((objects == 1) == sample.mask).all()
        assert ((objects > 0) == (sample.truth["instances"] > 0)).all()
        assert (code == code_of(item)).all()
        apart = np.abs(sample.image.astype(int) - sample.target.astype(int)).max(axis=2)
        assert apart[(touched == 0) & ~sample.mask].max() < 3
        assert (touched == 1).mean() >= 0.006
        assert 0.008 <= sample.mask.mean() <= 0.12


def test_a_pair_is_what_its_seed_gives_without_and_with_the_object() -> None:
    sample = PAIRS.load("brush-07")
    scene, k = sample_scene(sample.truth["seed"], "eval"), sample.truth["object"]
    assert sample.truth["scene"] == scene
    assert sample.truth["azimuth"] == light_azimuth(scene)
    without = replace(scene, objects=scene.objects[:k] + scene.objects[k + 1 :])
    picture, _ = render_numpy.render(without, 128)
    assert not changed(picture, sample.image).any()  # numpy's vector code may round otherwise elsewhere


def test_every_object_has_a_code_of_its_own() -> None:
    item = sample_scene(0, "train").objects[0]
    codes = {
        code_of(replace(item, shape=a, colour=b, material=c, size=d))
        for a in SHAPES
        for b in COLOURS
        for c in MATERIALS
        for d in SIZES
    }
    assert codes == set(range(math.prod(len(words) for words in (SHAPES, COLOURS, MATERIALS, SIZES))))


def test_the_whole_scenes_text_is_a_data_set_of_its_own() -> None:
    control = BrushScenes(text="global")
    assert control.load("brush-00").prompt == PAIRS.load("brush-00").truth["caption"]
    assert control.content_hash() != PAIRS.content_hash()
    with pytest.raises(ValueError, match="local and global, not caption"):
        BrushScenes(text="caption")


def test_its_masks_go_from_the_silhouette_to_the_box() -> None:
    sample = PAIRS.load("brush-00")
    masks = [ObjectShape(precision=s).draw(sample, 0) for s in range(6)]
    assert isinstance(ObjectShape(), MaskSet)
    assert (masks[0] == sample.mask).all()
    assert [ObjectShape(precision=s).precision for s in range(6)] == list(range(6))
    high, wide = np.nonzero(masks[0])
    assert masks[5].sum() == (np.ptp(high) + 1) * (np.ptp(wide) + 1)
    assert masks[0].sum() < masks[3].sum() < masks[5].sum()


def test_what_the_mask_set_cannot_draw_it_says() -> None:
    plain = Sample("a", "a", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(HarnessError, match="needs samples with masks, 'a' has none"):
        ObjectShape().draw(plain, 0)
    with pytest.raises(ValueError, match="no mask 1"):
        ObjectShape().draw(PAIRS.load("brush-00"), 1)
    with pytest.raises(ValueError, match="0 to 5, not 6"):
        ObjectShape(precision=6)
