"""The data set `scenes-instruct`: take away what an instruction names, and nothing else; no mask is told.

Pictures are those of `scenes-brush`, the other way round: a scene with an object is shown, the truth is without it and
without its shadow. Where the instruction names what is not there the truth is the picture itself. `build_instruct.py`
makes the list anew from the scenes.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.interfaces import Sample

from .brush import BrushScenes
from .packed import PackedScenes

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["FEW", "FOLDER", "KINDS", "InstructScenes"]

FOLDER = files(__package__) / "data" / "scenes_instruct"
KINDS = ("plain", "relational", "absent")
FEW = 2
"""ours: fewer other objects of the named one's shape or colour are few, so many or more are many."""


class InstructScenes(PackedScenes):
    """A `harness.interfaces.Dataset` of instructions at 128 px.

    A sample's `image` shows all objects, its `target` lacks the named one (and is the image where that is absent), its
    `mask` is the named object's visible silhouette (empty where absent), its `prompt` the instruction. `labels` int64
    [2, 128, 128]: [0] 0 background, 1 the named object, 2 … the others; [1] 1 where the object changes the picture
    outside its silhouette (shadow, reflections). `truth` has `kind`, `distractors` (other objects of its shape or
    colour; 0 where absent), `instances` and `scene`. Every scene is a cluster.

    Args:
        kind: `plain`, `relational` or `absent` instructions alone; "" for all.
        distractors: `few` (below `FEW`) or `many` alone; "" for any.
    """

    name = "scenes-instruct"
    version = "1"

    def __init__(self, kind: str = "", distractors: str = "", folder: Traversable = FOLDER) -> None:
        if kind not in ("", *KINDS):
            raise ValueError(f"scenes-instruct has the kinds {', '.join(KINDS)}, not {kind}")
        if distractors not in ("", "few", "many"):
            raise ValueError(f"scenes-instruct tells few from many distractors, not {distractors}")
        super().__init__(folder)
        self._pictures = BrushScenes()
        self._kept = tuple(
            id
            for id, entry in self._entries.items()
            if kind in ("", entry["kind"]) and distractors in ("", "many" if entry["distractors"] >= FEW else "few")
        )

    def __len__(self) -> int:
        return len(self._kept)

    def ids(self) -> tuple[str, ...]:
        """Return the ids in the manifest's order."""
        return self._kept

    def content_hash(self) -> str:
        """Return the sha256 of both manifests, which name the hash of every file, and of the choice of samples."""
        return hashlib.sha256(
            f"{super().content_hash()} {self._pictures.content_hash()} {self._kept}".encode()
        ).hexdigest()

    def load(self, id: str) -> Sample:
        """Read one sample. Raises `HarnessError` for an unknown id or a file that is missing or altered."""
        entry = self._entry(id)
        pair = self._pictures.load(entry["pair"])
        assert pair.target is not None
        assert pair.mask is not None
        assert pair.labels is not None
        there = entry["kind"] != "absent"
        instances = pair.truth["instances"]
        mask = pair.mask if there else np.zeros_like(pair.mask)
        touched = pair.labels[1] if there else np.zeros_like(pair.labels[1])
        return Sample(
            id=id,
            cluster=entry["pair"],
            image=pair.target,
            target=pair.image if there else pair.target,
            mask=mask,
            prompt=entry["prompt"],
            labels=np.stack([_objects(instances, mask), touched]),
            truth={
                "kind": entry["kind"],
                "distractors": entry["distractors"],
                "instances": instances,
                "scene": pair.truth["scene"],
            },
        )


def _objects(instances: NDArray[np.uint8], mask: Hole) -> NDArray[np.int64]:
    return np.where(mask, 1, np.where(instances > 0, instances.astype(np.int64) + 1, 0))
