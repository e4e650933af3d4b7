"""Scenes come from their seeds alone, and the two splits share no looks."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness_scenes.sampling import light_azimuth, sample_scene
from harness_scenes.scene import Scene, SceneObject
from harness_scenes.vocabulary import (
    COLOURS,
    EVAL_LIGHT_SECTORS,
    HELD_COLOUR_SHAPE,
    OBJECT_COUNT,
    SEEDS,
    SHAPES,
    Split,
    looks,
)

SPLITS: tuple[Split, ...] = ("train", "eval")
EITHER = st.sampled_from(SPLITS)
OFFSETS = st.integers(0, 10**9 - 1)


def scenes(split: Split, count: int) -> list[Scene]:
    return [sample_scene(SEEDS[split].start + k, split) for k in range(count)]


def combinations(split: Split, count: int) -> set[tuple[str, str, str]]:
    return {(o.colour, o.shape, o.material) for scene in scenes(split, count) for o in scene.objects}


@given(EITHER, OFFSETS)
def test_a_seed_gives_one_scene(split: Split, offset: int) -> None:
    seed = SEEDS[split].start + offset
    assert sample_scene(seed, split) == sample_scene(seed, split)


def test_a_known_seed_still_gives_its_scene() -> None:
    first = sample_scene(0, "train").objects[0]
    assert first == SceneObject("cube", "brown", "metal", "small", (2.0538, -2.6877, 0.38), 312.7002)


@given(EITHER, OFFSETS)
def test_scenes_survive_json(split: Split, offset: int) -> None:
    scene = sample_scene(SEEDS[split].start + offset, split)
    assert Scene.from_dict(json.loads(json.dumps(scene.to_dict()))) == scene


def test_no_combination_of_the_evaluation_is_ever_trained_on() -> None:
    train, held = combinations("train", 500), combinations("eval", 500)
    assert train == set(looks("train"))
    assert held == set(looks("eval"))
    assert not train & held
    assert len(train) + len(held) == len(COLOURS) * len(SHAPES) * 2
    assert not {(colour, shape) for colour, shape, _ in train} & HELD_COLOUR_SHAPE


def test_light_of_the_evaluation_comes_from_its_own_sectors() -> None:
    for split in SPLITS:
        for scene in scenes(split, 500):
            angle = light_azimuth(scene)
            # positions are rounded to four decimals, so an azimuth can leave its sector by a hair
            inside = any(lo - 0.01 <= angle <= hi + 0.01 for lo, hi in EVAL_LIGHT_SECTORS)
            assert inside == (split == "eval")


def test_splits_have_their_own_seeds() -> None:
    assert not range(max(SEEDS["train"].start, SEEDS["eval"].start), min(r.stop for r in SEEDS.values()))
    with pytest.raises(ValueError, match="eval seeds run from 1000000000"):
        sample_scene(0, "eval")
    with pytest.raises(ValueError, match="train seeds run from 0"):
        sample_scene(-1, "train")


@given(EITHER, OFFSETS)
def test_objects_stand_apart_inside_the_picture(split: Split, offset: int) -> None:
    scene = sample_scene(SEEDS[split].start + offset, split)
    assert OBJECT_COUNT[0] <= len(scene.objects) <= OBJECT_COUNT[1]
    for k, a in enumerate(scene.objects):
        assert a.position[2] == a.half
        assert all(0.0 < place < 1.0 for place in scene.camera.project(a.position)[:2])
        for b in scene.objects[:k]:
            assert math.dist(a.position[:2], b.position[:2]) > a.half + b.half


def test_a_word_outside_the_vocabulary_is_refused() -> None:
    item = sample_scene(0, "train").objects[0]
    with pytest.raises(ValueError, match="'pink' is none of gray, red"):
        replace(item, colour="pink")
