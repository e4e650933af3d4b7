"""The data set `scenes-brush`: put a described object into a scene; every scene with it and without it.

Camera, light, ground and the other objects are the same, so that the truth has the object's own shadow, and what else
it does to the picture. The pictures are committed; `build_brush.py` makes the folder anew from the seeds.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.interfaces import Sample
from harness.masks.precision import COARSEST, coarse

from .packed import PackedScenes
from .removal import changed
from .scene import Scene, SceneObject
from .vocabulary import COLOURS, MATERIALS, SHAPES, SIZES

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["FOLDER", "MAPS", "BrushScenes", "ObjectShape", "attributes", "code_of", "global_text", "local_text"]

FOLDER = files(__package__) / "data" / "scenes_brush"
MAPS: Final = ("objects", "changed outside", "what is asked for")
"""The label maps of a sample, in order."""


def attributes(item: SceneObject) -> tuple[int, int, int, int]:
    """Return shape, colour, material and size as indices into the vocabulary's tables."""
    words = ((item.shape, SHAPES), (item.colour, COLOURS), (item.material, MATERIALS), (item.size, SIZES))
    shape, colour, material, size = (list(table).index(word) for word, table in words)
    return shape, colour, material, size


def code_of(item: SceneObject) -> int:
    """Return one number, 0 to 95, for what an object is: ``((shape * 8 + colour) * 2 + material) * 2 + size``."""
    shape, colour, material, size = attributes(item)
    return ((shape * len(COLOURS) + colour) * len(MATERIALS) + material) * len(SIZES) + size


def local_text(item: SceneObject) -> str:
    """Return the text of one object: "a small red metal cube"."""
    return f"a {item.size} {item.colour} {item.material} {item.shape}"


def global_text(scene: Scene) -> str:
    """Return the text of a whole scene: those of its objects in their order, after commas."""
    return ", ".join(local_text(item) for item in scene.objects)


class BrushScenes(PackedScenes):
    """A `harness.interfaces.Dataset` of pairs at 128 px.

    A sample's `image` lacks the object, its `target` shows it, its `mask` is the object's exact visible silhouette, its
    `prompt` the object's text. `labels` int64 [3, 128, 128]:

    * [0] 0 background, 1 the object, 2 … the other objects;
    * [1] 1 where the object changes the picture outside its silhouette (shadow, reflections);
    * [2] everywhere `code_of` the object: what is asked for, in the one form in which it reaches a metric.

    `truth` has `text` (the local one), `caption` (the global one, the object with it), `instances` (uint8 [128, 128] of
    `scene`), `object` (its k), `scene` (with the object), `azimuth` (of the key light, degrees counter-clockwise from
    the viewing direction) and `seed`. Every scene is a cluster.

    Args:
        text: which text is the prompt: `local`, or `global`: the control that does not say which object is asked for.
    """

    name = "scenes-brush"
    version = "1"

    def __init__(self, text: str = "local", folder: Traversable = FOLDER) -> None:
        if text not in ("local", "global"):
            raise ValueError(f"scenes-brush has the texts local and global, not {text}")
        super().__init__(folder)
        self._text = text

    def content_hash(self) -> str:
        """Return the sha256 of the manifest, which names the hash of every file, and of the text's kind."""
        return hashlib.sha256(f"{super().content_hash()} {self._text}".encode()).hexdigest()

    def load(self, id: str) -> Sample:
        """Read one pair. Raises `HarnessError` for an unknown id or a file that is missing or altered."""
        from .sampling import light_azimuth

        entry = self._entry(id)
        image, target = self._decode(entry["image"]), self._decode(entry["target"])
        instances, scene = self._decode(entry["instances"]), Scene.from_dict(entry["scene"])
        item, mask = scene.objects[entry["object"]], instances == entry["object"] + 1
        local, whole = local_text(item), global_text(scene)
        shadow = changed(image, target) & ~mask
        return Sample(
            id=id,
            cluster=entry["cluster"],
            image=image,
            target=target,
            mask=mask,
            prompt=local if self._text == "local" else whole,
            labels=_maps(instances, mask, shadow, code_of(item)),
            truth={
                "text": local,
                "caption": whole,
                "instances": instances,
                "object": entry["object"],
                "scene": scene,
                "azimuth": light_azimuth(scene),
                "seed": entry["seed"],
            },
        )


def _maps(instances: NDArray[np.uint8], mask: Hole, shadow: Hole, code: int) -> NDArray[np.int64]:
    objects = np.where(mask, 1, np.where(instances > 0, instances.astype(np.int64) + 1, 0))
    return np.stack([objects, shadow.astype(np.int64), np.full(mask.shape, code, np.int64)])


class ObjectShape:
    """The mask set `object-shape`: a sample's own mask at a precision of the series in `harness.masks.precision`.

    `precision` is what a task that gives `precision` tells methods. No chance in it.

    Args:
        precision: 0 the exact silhouette … 5 its box.
    """

    version = "1"
    count = 1

    def __init__(self, precision: int = 0) -> None:
        if not 0 <= precision <= COARSEST:
            raise ValueError(f"object-shape knows the precisions 0 to {COARSEST}, not {precision}")
        self.precision = precision

    def draw(self, sample: Sample, k: int) -> Hole:
        """Return the mask, bool H x W. Raises `HarnessError` for a sample that has none of its own."""
        if k != 0:
            raise ValueError(f"object-shape draws one mask a sample; there is no mask {k}")
        if sample.mask is None:
            raise HarnessError(f"object-shape needs samples with masks, '{sample.id}' has none: use scenes-brush")
        return coarse(sample.mask, self.precision)
