"""Instructions that name one object of a picture by its scene graph, as Inst-Inpaint's data set has them.

Yildirim, Baday, Erdem, Erdem, Dundar (Inst-Inpaint, arXiv:2304.03246): "remove the (attribute) (object) (relation)
the (attribute) (other object)". The rules are those of the released loader (abyildirim/inst-inpaint), which draws
anew at every read; here a pair's own name seeds its draw (ours), so that every reader is given the same words.

A scene is what a line of GQA-Inpaint's `*_scenes.json` holds: `width`, `height` and `objects` by id, each with `name`,
`bbox` (x0, y0, x1, y1 in pixels), `attributes`, `relations` (`name`, `object`), and `bidirected` where a picture
without it is there. Torch-free and numpy-free.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

__all__ = ["KINDS", "RELATIONS", "instruction", "kind_of", "position", "referable", "square_box", "told"]

RELATIONS = frozenset({
    "above", "at", "behind", "below", "beneath", "beside", "by", "in", "in front of", "inside", "near", "next to", "on",
    "on the back of", "on the front of", "on the side of", "on top of", "to the left of", "to the right of", "under",
    "underneath",
})  # fmt: skip
"""Relations of GQA that an instruction uses."""
KINDS = ("unique", "relation", "position")
"""What makes an instruction mean one object: its name alone, a relation to another object, its third of the picture."""
_WORDS = {"to the left of": "at the left of", "to the right of": "at the right of"}
Scene = Mapping[str, Any]


def square_box(scene: Scene, box: Sequence[float]) -> tuple[float, float, float, float]:
    """A box (x0, y0, x1, y1) in the scene's centre square, which is what is shown: moved, and cut at its edges."""
    width, height = int(scene["width"]), int(scene["height"])
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    x0, y0, x1, y1 = (min(max(edge, 0), side) for edge in (box[0] - left, box[1] - top, box[2] - left, box[3] - top))
    return x0, y0, x1, y1


def position(scene: Scene, box: Sequence[float]) -> str:
    """`left`, `center` or `right`: the third of the centre square's width that holds a box, or at least half of it.

    A box that ends in the first third is left, one that spans all of the middle third is center; else it is where
    half of its width or more lies.
    """
    side = min(int(scene["width"]), int(scene["height"]))
    first, second = side // 3, 2 * (side // 3)
    x0, _, x1, _ = square_box(scene, box)
    half = (x1 - x0) / 2
    if x1 <= first:
        return "left"
    if x0 <= first:
        return "left" if x1 < second and first - x0 >= half else "center"
    if x1 <= second:
        return "center"
    return "center" if x0 <= second and second - x0 >= half else "right"


def referable(scene: Scene) -> dict[str, dict[str, Any]]:
    """Objects that an instruction can mean: their name stands once, or twice in two thirds of the picture.

    Relations to other objects than these, and to one of the same name, are left out, and so is a relation that no
    instruction uses (`RELATIONS`). The scene itself is not changed.
    """
    objects: Mapping[str, Mapping[str, Any]] = scene["objects"]
    named: dict[str, list[str]] = defaultdict(list)
    for id, one in objects.items():
        named[one["name"]].append(id)
    kept = [ids for ids in named.values() if len(ids) == 1 or (len(ids) == 2 and _apart(scene, *ids))]
    inside = {id for ids in kept for id in ids}
    return {
        id: {**one, "relations": [each for each in one["relations"] if _usable(objects, inside, one["name"], each)]}
        for id, one in objects.items()
        if id in inside
    }


def _apart(scene: Scene, one: str, other: str) -> bool:
    objects = scene["objects"]
    return position(scene, objects[one]["bbox"]) != position(scene, objects[other]["bbox"])


def _usable(objects: Mapping[str, Mapping[str, Any]], inside: set[str], name: str, relation: Mapping[str, str]) -> bool:
    other = relation["object"]
    return other in inside and objects[other]["name"] != name and relation["name"] in RELATIONS


def told(objects: Mapping[str, Mapping[str, Any]], scene: Scene, id: str, draw: Random) -> tuple[str, str]:
    """An instruction for object `id` of `objects` (from `referable`), and which of `KINDS` it is.

    `draw` is a `random.Random`. One attribute a noun. A unique name stands alone every second time, as released; the
    others have one relation, or without any their third: "at the left".
    """
    one = objects[id]
    unique = Counter(other["name"] for other in objects.values())[one["name"]] == 1
    noun = _noun(one, draw)
    if draw.random() < 0.5 and unique:
        return f"remove the {noun}", "unique"
    if one["relations"]:
        relation = draw.choice(one["relations"])
        word = _WORDS.get(relation["name"], relation["name"])
        return f"remove the {noun} {word} the {_noun(objects[relation['object']], draw)}", "relation"
    return f"remove the {noun} at the {position(scene, one['bbox'])}", "position"


def instruction(scene: Scene, image: str, id: str) -> tuple[str, str]:
    """`told` of one object, drawn by the picture's and the object's names. Raises `KeyError` where none can mean it."""
    from random import Random

    return told(referable(scene), scene, id, Random(f"gqa-inpaint {image} {id}"))


def kind_of(text: str, name: str) -> str:
    """Which of `KINDS` an instruction about an object called `name` is; "other" for words that no rule here writes."""
    rest = text.partition(name)[2].strip()
    if not text.startswith("remove the ") or name not in text:
        return "other"
    if not rest:
        return "unique"
    if rest in {f"at the {third}" for third in ("left", "center", "right")}:
        return "position"
    relations = (_WORDS.get(word, word) for word in RELATIONS)
    return "relation" if any(rest.startswith(f"{word} the ") for word in relations) else "other"


def _noun(one: Mapping[str, Any], draw: Random) -> str:
    words = one.get("attributes") or [""]
    return f"{draw.choice(words)} {one['name']}".strip()
