"""The committed pairs: what differs is one object and what it does to the light; and the masks of that object."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness_scenes
from harness.errors import HarnessError
from harness.interfaces import Dataset, MaskSet, Sample
from harness_scenes import render_numpy
from harness_scenes.dataset import SceneHoles
from harness_scenes.removal import RemovedObject, SceneRemovals, changed
from harness_scenes.sampling import sample_scene
from harness_scenes.vocabulary import SEEDS, is_held_out

FOLDER = Path(harness_scenes.__file__).parent / "data" / "scenes_removal"
PAIRS = SceneRemovals()


def test_it_is_a_data_set_of_no_more_than_a_megabyte_and_a_half() -> None:
    assert isinstance(PAIRS, Dataset)
    assert len(PAIRS) == len(set(PAIRS.ids())) == 24
    records = [entry[kind] for entry in PAIRS.manifest["scenes"] for kind in ("image", "target", "instances")]
    assert {path.name for path in FOLDER.iterdir()} == {"manifest.json", *(record["file"] for record in records)}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 1_500_000
    for record in records:
        assert hashlib.sha256((FOLDER / record["file"]).read_bytes()).hexdigest() == record["sha256"]


def test_no_scene_is_one_of_another_set_or_shows_what_training_does() -> None:
    seeds = [entry["seed"] for entry in PAIRS.manifest["scenes"]]
    assert len(set(seeds)) == len(seeds)
    assert all(seed in SEEDS["eval"] for seed in seeds)
    assert not set(seeds) & {entry["seed"] for entry in SceneHoles().manifest["scenes"]}
    for id in PAIRS.ids():
        scene = PAIRS.load(id).truth["scene"]
        assert all(is_held_out(item.colour, item.shape, item.material) for item in scene.objects)


def test_every_pair_differs_by_one_object_and_its_shadow() -> None:
    for id in PAIRS.ids():
        sample = PAIRS.load(id)
        assert sample.mask is not None
        assert sample.target is not None
        instances, shadow = sample.truth["instances"], sample.truth["shadow"]
        assert (sample.mask == (instances == sample.truth["removed"] + 1)).all()
        assert 0.015 <= sample.mask.mean() <= 0.12
        assert not (shadow & sample.mask).any()
        assert shadow.mean() >= 0.006
        apart = np.abs(sample.image.astype(int) - sample.target.astype(int)).max(axis=2)
        assert apart[~sample.mask & ~shadow].max() < 3
        assert (apart[sample.mask] >= 3).mean() > 0.5


def test_a_pair_is_what_its_seed_gives_with_and_without_the_object() -> None:
    sample = PAIRS.load("pair-03")
    scene, k = sample_scene(sample.truth["seed"], "eval"), sample.truth["removed"]
    assert sample.truth["scene"] == scene
    assert sample.target is not None
    without = replace(scene, objects=scene.objects[:k] + scene.objects[k + 1 :])
    picture, _ = render_numpy.render(without, 256)
    assert (picture.astype(int) - sample.target).max() <= 1  # numpy's vector code may round otherwise elsewhere
    assert not changed(picture, sample.target).any()


def test_an_unknown_pair_is_named() -> None:
    with pytest.raises(HarnessError, match="no sample 'pair-99': pair-00 to pair-23"):
        PAIRS.load("pair-99")


def _sample(mask: np.ndarray) -> Sample:
    return Sample("a", "a", np.zeros((*mask.shape, 3), np.uint8), mask)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 6))
def test_a_grown_mask_is_every_pixel_so_near_and_a_box_its_bounds(seed: int, grow: int) -> None:
    mask = np.random.default_rng(seed).random((17, 23)) < 0.02
    mask[8, 11] = True
    grown = RemovedObject(grow=grow).draw(_sample(mask), 0)
    rows, columns = np.nonzero(mask)
    y, x = np.mgrid[:17, :23]
    nearest = np.hypot(y[..., None] - rows, x[..., None] - columns).min(axis=2)
    assert (grown == (nearest <= grow + 1e-6)).all()
    box = RemovedObject(grow=grow, shape="box").draw(_sample(mask), 0)
    high, wide = np.nonzero(grown)
    assert box.sum() == (np.ptp(high) + 1) * (np.ptp(wide) + 1)
    assert (box | ~grown).all()


def test_what_the_mask_set_cannot_draw_it_says() -> None:
    assert isinstance(RemovedObject(), MaskSet)
    plain = Sample("a", "a", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(HarnessError, match="needs pairs with masks, 'a' has none"):
        RemovedObject().draw(plain, 0)
    with pytest.raises(ValueError, match="no mask 1"):
        RemovedObject().draw(PAIRS.load("pair-00"), 1)
    with pytest.raises(ValueError, match="0 or more pixels"):
        RemovedObject(grow=-1)
    with pytest.raises(ValueError, match="silhouette and box"):
        RemovedObject(shape="circle")
