"""The data set `scenes-removal`: every scene twice, with one object and without it, and the masks of that object.

Camera, light, ground and the other objects are the same, so that what differs is the object, its shadow, its
reflections and what it hid. The pictures are committed; `build_removal.py` makes the folder anew from the seeds.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.interfaces import Sample
from harness.masks.precision import bounding_box

from .packed import PackedScenes
from .scene import Scene

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

__all__ = ["CHANGED", "FOLDER", "RemovedObject", "SceneRemovals", "changed"]

FOLDER = files(__package__) / "data" / "scenes_removal"
CHANGED: Final = 3
"""ours: levels of 255 by which the largest channel of a pixel differs, for the object to have changed it."""


def changed(with_object: Pixels, without: Pixels) -> Hole:
    """Say which pixels of two uint8 H x W x 3 pictures differ by `CHANGED` levels or more in some channel."""
    apart = np.abs(with_object.astype(np.int16) - without.astype(np.int16)).max(axis=2)
    differs: Hole = apart >= CHANGED
    return differs


class SceneRemovals(PackedScenes):
    """A `harness.interfaces.Dataset` of pairs at 256 px.

    A sample's `image` shows the object, its `target` does not, its `mask` is the object's visible silhouette. `truth`
    has `instances` (uint8 [256, 256], 0 background, k + 1 object k of `scene`), `removed` (the object's k), `shadow`
    (bool [256, 256]: what the object changes outside its silhouette: shadow, reflections, light that it threw back),
    `scene` (with the object) and `seed`. Every scene is a cluster.
    """

    name = "scenes-removal"
    version = "1"

    def __init__(self, folder: Traversable = FOLDER) -> None:
        super().__init__(folder)

    def load(self, id: str) -> Sample:
        """Read one pair. Raises `HarnessError` for an unknown id or a file that is missing or altered."""
        entry = self._entry(id)
        image, target = self._decode(entry["image"]), self._decode(entry["target"])
        instances = self._decode(entry["instances"])
        mask = instances == entry["removed"] + 1
        return Sample(
            id=id,
            cluster=entry["cluster"],
            image=image,
            target=target,
            mask=mask,
            truth={
                "instances": instances,
                "removed": entry["removed"],
                "shadow": changed(image, target) & ~mask,
                "scene": Scene.from_dict(entry["scene"]),
                "seed": entry["seed"],
            },
        )


class RemovedObject:
    """The mask set `removed-object`: a sample's own mask, grown or boxed; no chance in it.

    Args:
        grow: every pixel within so many pixels (Euclidean, between centres) of the silhouette belongs to the mask.
        shape: `silhouette`, or `box`: the smallest upright rectangle about what `grow` gives.
    """

    version = "1"
    count = 1

    def __init__(self, grow: int = 0, shape: str = "silhouette") -> None:
        if grow < 0:
            raise ValueError(f"removed-object grows masks by 0 or more pixels, not {grow}")
        if shape not in ("silhouette", "box"):
            raise ValueError(f"removed-object knows the shapes silhouette and box, not {shape}")
        self.grow = grow
        self.shape = shape

    def draw(self, sample: Sample, k: int) -> Hole:
        """Return the mask, bool H x W. Raises `HarnessError` for a sample that has none of its own."""
        if k != 0:
            raise ValueError(f"removed-object draws one mask a sample; there is no mask {k}")
        if sample.mask is None:
            raise HarnessError(f"removed-object needs pairs with masks, '{sample.id}' has none: use scenes-removal")
        grown = _grown(sample.mask, self.grow)
        return bounding_box(grown) if self.shape == "box" else grown


def _grown(mask: Hole, radius: int) -> Hole:
    if radius == 0:
        return mask
    away: NDArray[np.float32] = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    grown: Hole = away <= radius
    return grown
