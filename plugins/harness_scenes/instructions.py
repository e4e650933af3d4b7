"""What may be asked of a scene in words: references that mean exactly one object, and ones that mean none.

Forms: plain ("remove the red cube") and relational ("remove the small cube behind the blue sphere"). A description is
any of size, colour and material before the shape or "thing". Where things stand is told as they are seen: along the
camera's right and its way forward over the ground.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Final

from .scene import Scene, SceneObject
from .vocabulary import COLOURS, MATERIALS, SHAPES, SIZES

__all__ = [
    "RELATIONS", "WORDS", "Instruction", "absent_instructions", "described", "instructions", "matching", "stands",
]  # fmt: skip

ANY: Final = "thing"
RELATIONS: Final = ("to the left of", "to the right of", "in front of", "behind")
CLEARLY: Final = 0.7
"""ours: scene units (half the edge of a large cube is 0.72) by which an object stands where it is said to, and farther
that way than aside."""
WORDS: Final = tuple(
    sorted({"remove", "the", "a", ANY, *SHAPES, *COLOURS, *MATERIALS, *SIZES, *" ".join(RELATIONS).split()})
)
"""Every word of every instruction and description."""
Description = tuple[str, str, str, str]
"""Size, colour, material and shape; "" for what is left unsaid, "thing" for an unsaid shape."""


@dataclass(frozen=True)
class Instruction:
    """What is asked, and of which object: its number in the scene, None where it is not there.

    `kind` is plain, relational or absent.
    """

    text: str
    target: int | None
    kind: str


def described(item: SceneObject) -> Iterator[Description]:
    """Every description of an object, from the shortest to the fullest."""
    said = [
        (size, colour, material, shape)
        for size, colour, material, shape in product(
            ("", item.size), ("", item.colour), ("", item.material), (ANY, item.shape)
        )
    ]
    yield from sorted(said, key=_length)


def _length(description: Description) -> int:
    return sum(bool(word) and word != ANY for word in description)


def matching(scene: Scene, description: Description) -> list[int]:
    """Numbers of the objects that a description fits."""
    size, colour, material, shape = description
    return [
        k
        for k, item in enumerate(scene.objects)
        if size in ("", item.size)
        and colour in ("", item.colour)
        and material in ("", item.material)
        and shape in (ANY, item.shape)
    ]


def stands(scene: Scene, k: int, relation: str, other: int, *, clearly: bool) -> bool:
    """Say whether object ``k`` is ``relation`` object ``other``; ``clearly``: beyond any doubt.

    Otherwise it is where it could be called so: on the ground, or by the columns of the picture, which perspective lets
    differ from it. (Rows of the ground never do.)
    """
    right, _, forward = scene.camera.basis()
    here, there = scene.objects[k].position, scene.objects[other].position
    columns = scene.camera.project(here)[0] - scene.camera.project(there)[0]
    away = (here[0] - there[0], here[1] - there[1])
    aside, deep = away[0] * right[0] + away[1] * right[1], away[0] * forward[0] + away[1] * forward[1]
    along, across = {
        "to the left of": (-aside, deep),
        "to the right of": (aside, deep),
        "in front of": (-deep, aside),
        "behind": (deep, aside),
    }[relation]
    if clearly:
        return along >= CLEARLY and along > abs(across)
    return along > 0 or {"to the left of": -columns, "to the right of": columns}.get(relation, along) > 0


def _said(description: Description) -> str:
    return " ".join(word for word in ("the", *description) if word)


def _plain(scene: Scene, k: int) -> Iterator[Instruction]:
    for description in described(scene.objects[k]):
        if matching(scene, description) == [k]:
            yield Instruction(f"remove {_said(description)}", k, "plain")


def _relational(scene: Scene, k: int) -> Iterator[Instruction]:
    """Descriptions that fit several, of which only one stands there, even where that is told generously."""
    for other, relation in product(range(len(scene.objects)), RELATIONS):
        if other == k or not stands(scene, k, relation, other, clearly=True):
            continue
        named = [one for one in described(scene.objects[other]) if matching(scene, one) == [other]]
        for description in described(scene.objects[k]):
            fitting = matching(scene, description)
            there = [j for j in fitting if j != other and stands(scene, j, relation, other, clearly=False)]
            if named and len(fitting) > 1 and there == [k]:
                yield Instruction(f"remove {_said(description)} {relation} {_said(named[0])}", k, "relational")


def instructions(scene: Scene, k: int, draw: Random, most: int = 4) -> list[Instruction]:
    """Up to ``most`` plain and ``most`` relational ones that mean object ``k``; the shortest plain one among them."""
    plain, relational = list(_plain(scene, k)), list(_relational(scene, k))
    chosen = plain[:1] + draw.sample(plain[1:], min(most - 1, len(plain[1:])))
    return chosen + draw.sample(relational, min(most, len(relational)))


def absent_instructions(
    scene: Scene, draw: Random, looks: Sequence[tuple[str, str, str]], most: int = 4
) -> list[Instruction]:
    """Up to ``most`` that mean nothing that is there, each a word or two away from what is; of ``looks`` alone.

    ``looks`` are combinations of colour, shape and material that a split may show.
    """
    found: list[Instruction] = []
    for _ in range(20 * most):
        near = draw.choice(scene.objects)
        colour, shape, material = draw.choice(looks)
        whole: Description = (near.size, colour, material, shape)
        said: Description = draw.choice([("", colour, "", shape), whole, (near.size, colour, "", shape)])
        one = Instruction(f"remove {_said(said)}", None, "absent")
        shared = {near.colour, near.shape, near.material} & set(said)
        if shared and not matching(scene, said) and one not in found:
            found.append(one)
        if len(found) == most:
            break
    return found
