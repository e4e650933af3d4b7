"""Which samples GQA-Inpaint's lists name: pairs of a picture and the same without one object, and their instruction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.datasets.picks import Chosen
from harness.datasets.scene_texts import kind_of, referable, told
from harness.errors import HarnessError

__all__ = ["ScenePairs", "pair_id", "read_scenes"]


def pair_id(image: str, object: str) -> str:
    """`i{image}-o{object}`, as the release's instructions are named."""
    return f"i{image}-o{object}"


def read_scenes(path: Path) -> dict[str, Any]:
    """Scenes by picture. Raises `HarnessError` naming the file that is none."""
    return _json(path, _is_scene, "a scene: width, height, and objects with name, bbox and relations")


class ScenePairs(NamedTuple):
    """Pairs of `scenes` whose object an instruction can mean, in the file's order.

    With `instructions` their words are read from there, and a pair without any is told as absent; else they are drawn.
    """

    scenes: str
    instructions: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """As `Pick` says."""
        return tuple(filter(None, (self.scenes, self.instructions)))

    @property
    def words(self) -> str:
        """As `Pick` says."""
        source = f"words of {self.instructions}" if self.instructions else "words drawn by each pair's name"
        return f"pairs of {self.scenes} with one meaning, {source}; rule 1"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        here = set(keys)
        fixed = _json(lists[self.instructions], _is_text, "a text") if self.instructions else None
        known: dict[str, dict[str, str | int | float]] = {}
        absent: list[str] = []
        for key, facts in self._pairs(lists[self.scenes], fixed):
            if key in here and facts["prompt"]:
                known[key] = facts
            else:
                absent.append(key)
        return Chosen(tuple(known), tuple(absent), known=known)

    def _pairs(self, path: Path, fixed: Mapping[str, str] | None) -> Iterator[tuple[str, dict[str, str | int | float]]]:
        from random import Random

        for image, scene in read_scenes(path).items():
            objects = referable(scene)
            for id, one in objects.items():
                if not one.get("bidirected"):
                    continue
                key = pair_id(image, id)
                if fixed is None:
                    text, kind = told(objects, scene, id, Random(f"gqa-inpaint {image} {id}"))
                else:
                    text = fixed.get(key, "")
                    kind = kind_of(text, one["name"])
                box = " ".join(f"{edge:g}" for edge in one["bbox"])
                yield key, {"reference": image, "prompt": text, "name": one["name"], "box": box, "kind": kind}


def _json(path: Path, sound: Any, wanted: str) -> dict[str, Any]:
    import json

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HarnessError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise HarnessError(f"{path}: no table of {wanted} by name")
    for key, value in found.items():
        if not sound(value):
            raise HarnessError(f"{path}: {key!r} is not {wanted}")
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_scene(scene: Any) -> bool:
    try:
        sizes = int(scene["width"]) > 0 and int(scene["height"]) > 0
        return sizes and all(_is_object(one, scene["objects"]) for one in scene["objects"].values())
    except (TypeError, KeyError, ValueError, AttributeError):
        return False


def _is_object(one: Any, objects: Mapping[str, Any]) -> bool:
    relations = all(isinstance(each["name"], str) and each["object"] in objects for each in one["relations"])
    box = len(one["bbox"]) == 4 and all(isinstance(edge, int | float) for edge in one["bbox"])
    words = all(isinstance(word, str) for word in one.get("attributes") or [])
    return isinstance(one["name"], str) and relations and box and words
