"""The words that name one object of a scene: thirds, uniqueness, relations, and that a draw is everybody's same."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.datasets.scene_texts import KINDS, instruction, kind_of, position, referable, square_box, told


def _scene(*objects: tuple[str, list[int]], width: int = 300, height: int = 300, **relations: list[Any]) -> Any:
    graph = {
        str(k): {"name": name, "bbox": box, "attributes": [], "relations": relations.get(f"of{k}", [])}
        for k, (name, box) in enumerate(objects)
    }
    return {"width": width, "height": height, "objects": graph}


@pytest.mark.parametrize(
    ("span", "third"),
    [
        ((0, 100), "left"), ((0, 101), "left"), ((60, 140), "left"), ((61, 141), "center"), ((99, 200), "center"),
        ((0, 200), "center"), ((0, 300), "center"), ((100, 200), "center"), ((101, 200), "center"),
        ((160, 240), "center"), ((161, 241), "right"), ((200, 300), "right"), ((201, 210), "right"),
    ],
)  # fmt: skip
def test_a_box_stands_in_the_third_that_holds_half_of_it(span: tuple[int, int], third: str) -> None:
    assert position(_scene(), (span[0], 10, span[1], 20)) == third


@given(st.integers(100, 400), st.integers(100, 400), st.integers(-20, 380), st.integers(1, 200))
def test_a_box_is_cut_to_the_centre_square_and_mirrors_to_the_other_third(
    width: int, height: int, x: int, wide: int
) -> None:
    scene = _scene(width=width, height=height)
    x0, _, x1, _ = square_box(scene, (x, 5, x + wide, 50))
    side = min(width, height)
    assert 0 <= x0 <= x1 <= side
    if side % 3 or (width - side) % 2:
        return
    mirrored = position(scene, (width - x - wide, 5, width - x, 50))
    exactly = {2 * (side // 3 - x0), 2 * (2 * (side // 3) - x0)}  # half on either side: the left one, by the rule
    if x1 - x0 not in exactly and side // 3 not in (x0, x1) and 2 * (side // 3) not in (x0, x1):
        third = {"left": "right", "right": "left", "center": "center"}
        assert mirrored == third[position(scene, (x, 5, x + wide, 50))]


def test_a_name_that_stands_twice_is_kept_in_two_thirds_only_and_thrice_never() -> None:
    left, right, middle = [0, 0, 50, 50], [250, 0, 300, 50], [120, 0, 180, 50]
    scene = _scene(
        ("cup", left), ("cup", right), ("fork", left), ("fork", [10, 60, 60, 90]), ("dish", middle),
        ("pea", left), ("pea", middle), ("pea", right),
        of4=[{"name": "on", "object": "0"}, {"name": "on", "object": "2"}, {"name": "eating", "object": "0"}],
        of0=[{"name": "near", "object": "1"}, {"name": "near", "object": "4"}],
    )  # fmt: skip
    before = deepcopy(scene)
    kept = referable(scene)
    assert list(kept) == ["0", "1", "4"]
    assert kept["4"]["relations"] == [{"name": "on", "object": "0"}]  # no dropped object, no verb that is no place
    assert kept["0"]["relations"] == [{"name": "near", "object": "4"}]  # nothing of its own name
    assert scene == before


def test_every_form_of_an_instruction_is_drawn_and_known_again() -> None:
    scene = _scene(
        ("ball", [0, 0, 50, 50]), ("cube", [250, 0, 300, 50]), ("cube", [120, 0, 180, 50]),
        of1=[{"name": "to the right of", "object": "0"}],
    )  # fmt: skip
    scene["objects"]["0"]["attributes"] = ["red", "metal"]
    objects = referable(scene)
    texts = {id: {told(objects, scene, id, Random(seed)) for seed in range(40)} for id in objects}
    assert texts["0"] == {
        (f"remove the {word} ball{where}", kind)
        for word in ("red", "metal")
        for where, kind in (("", "unique"), (" at the left", "position"))
    }
    assert texts["1"] == {(f"remove the cube at the right of the {word} ball", "relation") for word in ("red", "metal")}
    assert texts["2"] == {("remove the cube at the center", "position")}
    for id, found in texts.items():
        for text, kind in found:
            assert kind in KINDS
            assert kind_of(text, objects[id]["name"]) == kind
    assert kind_of("please take the ball away", "ball") == "other"


def test_a_pairs_name_draws_its_words() -> None:
    scene = _scene(("ball", [0, 0, 50, 50]))
    assert instruction(scene, "7", "0") == instruction(deepcopy(scene), "7", "0")
    assert len({instruction(scene, str(k), "0") for k in range(30)}) == 2
    with pytest.raises(KeyError):
        instruction(_scene(*[("pea", [0, 0, 5, 5])] * 3), "7", "0")
