"""An instruction means exactly the object it was made for, read by its words and by the picture alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import chain, permutations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness_scenes import render_numpy
from harness_scenes.instructions import (
    RELATIONS,
    WORDS,
    Instruction,
    absent_instructions,
    described,
    instructions,
    matching,
    stands,
)
from harness_scenes.render_instructions import FIRST, MOST, main
from harness_scenes.sampling import sample_scene
from harness_scenes.scene import Scene
from harness_scenes.vocabulary import SEEDS, Split, looks

SAID = re.compile(rf"remove the ([a-z ]+?)(?: ({'|'.join(RELATIONS)}) the ([a-z ]+))?")
SPLITS: tuple[Split, ...] = ("train", "eval")


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Scene, Split]:
    split = draw(st.sampled_from(SPLITS))
    return sample_scene(SEEDS[split].start + draw(st.integers(0, 10**9 - 1)), split), split


def fitting(scene: Scene, words: str) -> set[int]:
    """Objects that have every word of a description."""
    said = set(words.split()) - {"thing"}
    return {k for k, one in enumerate(scene.objects) if said <= {one.size, one.colour, one.material, one.shape}}


def seen(scene: Scene, k: int, relation: str, other: int) -> bool:
    """Whether one stands there by the picture: columns of centres, rows of where they touch the ground."""
    (column, row), (column_of_other, row_of_other) = (
        (scene.camera.project(one.position)[0], scene.camera.project((*one.position[:2], 0.0))[1])
        for one in (scene.objects[k], scene.objects[other])
    )
    return {
        "to the left of": column < column_of_other,
        "to the right of": column > column_of_other,
        "in front of": row > row_of_other,
        "behind": row < row_of_other,
    }[relation]


def meant(scene: Scene, text: str) -> set[int]:
    """Objects that an instruction may mean to somebody who looks at the picture."""
    found = SAID.fullmatch(text)
    assert found is not None, text
    words, relation, other = found.groups()
    if relation is None:
        return fitting(scene, words)
    (about,) = fitting(scene, other)
    return {k for k in fitting(scene, words) if k != about and seen(scene, k, relation, about)}


def asked(scene: Scene, seed: int = 0) -> list[Instruction]:
    draw = Random(seed)
    return [one for k in range(len(scene.objects)) for one in instructions(scene, k, draw)]


@given(scenes())
@settings(max_examples=20)
def test_an_instruction_means_its_object_alone(given: tuple[Scene, Split]) -> None:
    scene, _ = given
    for one in asked(scene):
        assert meant(scene, one.text) == {one.target}
        words, relation, _ = SAID.fullmatch(one.text).groups()  # type: ignore[union-attr]
        assert one.kind == ("relational" if relation else "plain")
        # a relation that is told is needed
        assert (len(fitting(scene, words)) > 1) == bool(relation)
        assert set(one.text.split()) <= set(WORDS)


@given(scenes())
@settings(max_examples=20)
def test_an_absent_one_means_nothing_but_what_its_split_may_show(given: tuple[Scene, Split]) -> None:
    scene, split = given
    for one in absent_instructions(scene, Random(0), looks(split)):
        assert meant(scene, one.text) == set()
        assert (one.target, one.kind) == (None, "absent")
        words = set(one.text.split())
        assert any({colour, shape} <= words for colour, shape, _ in looks(split))
        # something of it is there: otherwise a single word would tell
        assert any(words & {item.colour, item.shape, item.material} for item in scene.objects)


@given(scenes())
@settings(max_examples=20)
def test_where_things_stand_has_one_way_round(given: tuple[Scene, Split]) -> None:
    scene, _ = given
    for a, b in permutations(range(len(scene.objects)), 2):
        for one, other in (("to the left of", "to the right of"), ("in front of", "behind")):
            for clearly in (True, False):
                assert stands(scene, a, one, b, clearly=clearly) == stands(scene, b, other, a, clearly=clearly)
            assert not (stands(scene, a, one, b, clearly=True) and stands(scene, a, other, b, clearly=False))
            assert seen(scene, a, one, b) <= stands(scene, a, one, b, clearly=False)
        assert sum(stands(scene, a, relation, b, clearly=True) for relation in RELATIONS) <= 1


def test_every_description_of_an_object_fits_it_the_shortest_first() -> None:
    scene = sample_scene(0, "train")
    for k, item in enumerate(scene.objects):
        said = list(described(item))
        assert len(set(said)) == 16
        assert said[0] == ("", "", "", "thing")
        assert said[-1] == (item.size, item.colour, item.material, item.shape)
        assert all(k in matching(scene, one) for one in said)


def test_twins_can_be_told_by_where_they_stand_alone() -> None:
    scene = sample_scene(0, "train")
    (x, y, _), twin = scene.camera.basis()[0], scene.objects[0]
    left, right = (replace(twin, position=(way * x, way * y, twin.half)) for way in (-2, 2))
    between = replace(twin, shape="sphere", colour="cyan", position=(0, 0, twin.half))
    found = asked(replace(scene, objects=(left, right, between)))
    assert {one.kind for one in found if one.target in (0, 1)} == {"relational"}
    assert {one.target for one in found} == {0, 1, 2}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instructions")
    main([str(folder), "--count", "2", "--size", "32", "--backend", "numpy"])
    return folder


def test_training_scenes_are_whole_and_without_what_may_be_asked_for(written: Path) -> None:
    images = np.load(written / "instructions.npy")
    instances = np.load(written / "instructions_instances.npy")
    facts = json.loads((written / "instructions.json").read_text())
    assert images.shape == (sum(1 + len(one["without"]) for one in facts["scenes"]), 32, 32, 3)
    assert images.dtype == instances.dtype == np.uint8
    assert instances.shape == images.shape[:3]
    for number, one in enumerate(facts["scenes"]):
        scene = Scene.from_dict(one["scene"])
        assert scene == sample_scene(FIRST + number, "train")
        assert 0 < len(one["without"]) <= MOST
        assert one["without"].keys() == one["prompts"].keys()
        for k, picture in one["without"].items():
            whole, less = instances[one["whole"]], instances[picture]
            assert (whole == int(k) + 1).any()
            # the others stay where they were, under their numbers
            assert np.array_equal(less[whole != int(k) + 1], whole[whole != int(k) + 1])
            assert not (less == int(k) + 1).any()
            assert all(meant(scene, text) == {int(k)} for text in one["prompts"][k])
            assert one["prompts"][k]
        assert all(meant(scene, text) == set() for text in one["absent"])
        said = [*one["text"].values(), *one["absent"], *chain.from_iterable(one["prompts"].values())]
        assert set(" ".join(said).split()) <= set(facts["words"])


def test_a_training_picture_without_an_object_lacks_its_shadow_too(written: Path) -> None:
    images = np.load(written / "instructions.npy")
    one = json.loads((written / "instructions.json").read_text())["scenes"][0]
    scene = Scene.from_dict(one["scene"])
    k, picture = next(iter(one["without"].items()))
    rest = scene.objects[: int(k)] + scene.objects[int(k) + 1 :]
    expected, _ = render_numpy.render(replace(scene, objects=rest), 32)
    assert np.array_equal(images[picture], expected)
