"""Training pairs of pictures and instructions, packed, and what a training draws of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.masks.precision import COARSEST, coarse
from harness.training.data import PackedImages
from harness.training.scenes import open_scenes
from harness_instinpaint.selection import ATTRIBUTE_KINDS

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["HELD_OUT", "Asked", "Pair", "Pairs", "Scene", "coarse_mask", "mirrored_text", "open_pairs"]

HELD_OUT = 40
"""Scenes at the end that no training sees; the suite judges on others still."""
_MIRRORED = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Pair:
    """One object of a scene: the picture without it, its number in the instances, every instruction that names it."""

    without: int
    label: int
    prompts: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """The picture that shows all, the pairs, instructions that name what is not there, each object's attributes."""

    whole: int
    pairs: tuple[Pair, ...]
    absent: tuple[str, ...]
    objects: tuple[tuple[str, ...], ...]


class Asked(NamedTuple):
    """One thing to learn: picture numbers of source and target, instruction, object's number (0: absent), mirrored."""

    source: int
    target: int
    prompt: str
    label: int
    mirrored: bool


@dataclass(frozen=True)
class Pairs:
    """Pictures (uint8 S×S×3), instances (uint8 S×S, 0 the background) and the scenes made of them."""

    packed: PackedImages
    instances: NDArray[np.uint8]
    scenes: tuple[Scene, ...]
    attributes: Mapping[int, NDArray[np.int64]]
    """Of every picture, the numbers of its objects' attributes: -1 the background's, then by label [labels, kinds]."""

    def part(self, start: int | None, stop: int | None) -> Pairs:
        """The same pictures with some of the scenes."""
        return replace(self, scenes=self.scenes[start:stop])

    def shown(self, asked: Asked, cells: int) -> NDArray[np.int64]:
        """What the middle of each of ``cells``² squares of the source shows: ``[kinds, cells, cells]``, -1: nothing."""
        step = self.instances.shape[1] // cells
        middle = self.instances[asked.source][step // 2 :: step, step // 2 :: step]
        shown = self.attributes[asked.source][middle].transpose(2, 0, 1)
        return np.ascontiguousarray(shown[..., ::-1] if asked.mirrored else shown)

    def draw(self, rng: np.random.Generator, absent: float) -> Asked:
        """One thing to learn; with a chance of ``absent`` the instruction names what is not in the source.

        ours: half of those name a thing that was just taken out, half one that never was there. Mirrored half of the
        time, left and right in the instruction too.
        """
        scene = self.scenes[int(rng.integers(len(self.scenes)))]
        pair = scene.pairs[int(rng.integers(len(scene.pairs)))]
        mirrored = bool(rng.random() < 0.5)
        source, target, texts, label = scene.whole, pair.without, pair.prompts, pair.label
        if rng.random() < absent:
            never = bool(scene.absent) and bool(rng.random() < 0.5)
            source = scene.whole if never else pair.without
            target, texts, label = source, scene.absent if never else pair.prompts, 0
        prompt = texts[int(rng.integers(len(texts)))]
        return Asked(source, target, mirrored_text(prompt) if mirrored else prompt, label, mirrored)

    def silhouette(self, asked: Asked) -> Hole:
        """Where the named object is seen in the source: bool S×S."""
        found = self.instances[asked.source] == asked.label if asked.label else np.zeros(self.instances.shape[1:], bool)
        return np.ascontiguousarray(found[:, ::-1] if asked.mirrored else found)

    def picture(self, number: int, mirrored: bool) -> NDArray[np.uint8]:
        """A picture, uint8 S×S×3."""
        picture = self.packed.images[number]
        return np.ascontiguousarray(picture[:, ::-1] if mirrored else picture)

    def changed(self, asked: Asked, cells: int) -> NDArray[np.float32]:
        """Mean absolute difference of source and target, in 8-bit levels, of each of ``cells``² squares."""
        source, target = (self.picture(n, asked.mirrored).astype(np.float32) for n in (asked.source, asked.target))
        side = len(source) // cells
        apart = np.abs(source - target).mean(2).reshape(cells, side, cells, side)
        return np.asarray(apart.mean((1, 3)), np.float32)


def mirrored_text(prompt: str) -> str:
    """The instruction for the mirrored picture."""
    return " ".join(_MIRRORED.get(word, word) for word in prompt.split())


def coarse_mask(silhouette: Hole, cells: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A mask of any precision of the series, as shares of ``cells``² squares."""
    drawn = coarse(silhouette, int(rng.integers(COARSEST + 1)))
    side = len(drawn) // cells
    return np.asarray(drawn.reshape(cells, side, cells, side).mean((1, 3)), np.float32)


def open_pairs(folder: Path) -> Pairs:
    """What `python -m harness_scenes.render_instructions` wrote into ``folder``. Raises `HarnessError` without it."""
    pictures, scenes = open_scenes(folder, _scene)
    usable = tuple(scene for scene in scenes if scene.pairs)
    if not usable:
        raise HarnessError(f"{folder}: no scene has an object that an instruction means")
    return Pairs(pictures.packed, pictures.instances, usable, _attributes(scenes))


def _scene(row: int, facts: Mapping[str, Any]) -> Scene:
    del row
    pairs = [
        Pair(int(number), int(key) + 1, tuple(facts["prompts"][key]))
        for key, number in facts["without"].items()
        if facts["prompts"].get(key)
    ]
    objects = tuple(tuple(str(item[kind]) for kind in ATTRIBUTE_KINDS) for item in facts["scene"]["objects"])
    return Scene(int(facts["whole"]), tuple(pairs), tuple(facts["absent"]), objects)


def _attributes(scenes: Sequence[Scene]) -> dict[int, NDArray[np.int64]]:
    """By picture. A value's number is its place in the alphabet of those that the scenes have."""
    seen = [sorted({item[kind] for scene in scenes for item in scene.objects}) for kind in range(len(ATTRIBUTE_KINDS))]
    found = {}
    for scene in scenes:
        rows = [[values.index(word) for values, word in zip(seen, item, strict=True)] for item in scene.objects]
        table = np.array([[-1] * len(seen), *rows], np.int64)
        found |= {number: table for number in (scene.whole, *(pair.without for pair in scene.pairs))}
    return found
