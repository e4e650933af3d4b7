"""The data set `scenes-holes`: sixty rendered scenes with everything that is exactly known of them.

The pictures are committed, so that neither numpy's nor a driver's version changes the data. `build.py` makes the
folder anew from the seeds.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np

from harness.interfaces import Sample

from .packed import PackedScenes
from .render import label_map
from .scene import Scene

__all__ = ["FOLDER", "SceneHoles"]

FOLDER = files(__package__) / "data" / "scenes_holes"


class SceneHoles(PackedScenes):
    """A `harness.interfaces.Dataset` of scenes at 256 px.

    A sample's `labels` is int64 [1, 256, 256] (indices into `vocabulary.LABELS`); its `truth` has `instances`
    (uint8 [256, 256], 0 background, k + 1 object k), `scene` (a `Scene`) and `seed`. Every scene is a
    cluster.
    """

    name = "scenes-holes"
    version = "1"

    def __init__(self, folder: Traversable = FOLDER) -> None:
        super().__init__(folder)

    def load(self, id: str) -> Sample:
        """Read one scene. Raises `HarnessError` for an unknown id or a file that is missing or altered."""
        entry = self._entry(id)
        instances = self._decode(entry["instances"])
        scene = Scene.from_dict(entry["scene"])
        labels = label_map(instances, tuple(item.label for item in scene.objects))
        return Sample(
            id=id,
            cluster=entry["cluster"],
            image=self._decode(entry["image"]),
            labels=labels.astype(np.int64)[None],
            truth={"instances": instances, "scene": scene, "seed": entry["seed"]},
        )
