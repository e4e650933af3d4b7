"""Training objects in rendered scenes: each with its picture, the picture without it, its silhouette and its texts.

The folder is what `python -m harness_scenes.render_instructions` writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.masks.precision import coarse
from harness.training.data import PackedImages
from harness.training.scenes import open_scenes

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["Object", "Objects", "open_objects"]

SMALLEST = 0.004
"""ours: share of a picture that an object covers at least; less is no shape at 128 px."""


@dataclass(frozen=True)
class Object:
    """One object: numbers of the pictures with and without it, its number in the instances, texts.

    Attributes:
        text: of the object alone ("a small red metal cube"); label: its class alone ("a cube").
        caption: of all objects; rest: of all others.
    """

    scene: int
    whole: int
    without: int
    number: int
    text: str
    label: str
    caption: str
    rest: str


class Objects:
    """Objects of scenes, in the scenes' order.

    Attributes:
        packed: the pictures. instances: uint8 [M, S, S] of each, 0 background. items: the objects.
        words: every word that the set's texts use.
    """

    def __init__(
        self, packed: PackedImages, instances: NDArray[np.uint8], items: tuple[Object, ...], words: tuple[str, ...]
    ) -> None:
        self.packed, self.instances, self.items, self.words = packed, instances, items, words
        self._mask = cache(self._packed_mask)

    def _packed_mask(self, index: int, s: int) -> NDArray[np.uint8]:
        item = self.items[index]
        return np.packbits(coarse(self.instances[item.whole] == item.number, s))

    def mask(self, index: int, s: int, mirrored: bool) -> Hole:
        """Object ``index``'s mask of precision ``s``, bool [S, S]; made once, then kept as bits."""
        side = self.instances.shape[-1]
        found = np.unpackbits(self._mask(index, s))[: side * side].reshape(side, side).astype(bool)
        return found[:, ::-1] if mirrored else found


def open_objects(folder: Path) -> Objects:
    """Read the packed scenes in ``folder``. Raises `HarnessError` where they are not there, or hold no object."""
    (packed, instances), scenes = open_scenes(folder, _objects)
    found = [item for scene in scenes for item in scene]
    words = tuple(sorted({word for item in found for word in item.caption.replace(",", "").split()}))
    large = tuple(item for item in found if (instances[item.whole] == item.number).mean() >= SMALLEST)
    if not large:
        raise HarnessError(f"{folder}: no object covers {SMALLEST:.1%} of its picture")
    return Objects(packed, instances, large, words)


def _objects(row: int, scene: Mapping[str, Any]) -> list[Object]:
    texts: dict[int, str] = {int(key): str(text) for key, text in scene["text"].items()}
    made = []
    for key, without in scene["without"].items():
        number = int(key)
        text = texts[number]
        rest = ", ".join(texts[other] for other in sorted(texts) if other != number)
        caption = ", ".join(texts[each] for each in sorted(texts))
        label = f"a {text.split()[-1]}"
        made.append(Object(row, int(scene["whole"]), int(without), number + 1, text, label, caption, rest))
    return made
