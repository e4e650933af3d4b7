"""The data set `scenes-holes`: sixty rendered scenes with everything that is exactly known of them.

The pictures are committed, so that neither numpy's nor a driver's version changes the data; every file is
checked against its sha256 when it is read. `build.py` makes the folder anew from the seeds.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.errors import HarnessError
from harness.interfaces import Sample

from .render import label_map
from .scene import Scene

FOLDER = files(__package__) / "data" / "scenes_holes"


class SceneHoles:
    """A `harness.interfaces.Dataset` of scenes at 256 px.

    A sample's `labels` is int64 [1, 256, 256] (indices into `vocabulary.LABELS`); its `truth` has `instances`
    (uint8 [256, 256], 0 background, k + 1 object k), `scene` (a `Scene`) and `seed`. Every scene is a
    cluster.
    """

    version = "1"

    def __init__(self, folder: Traversable = FOLDER) -> None:
        self._folder = folder

    def __len__(self) -> int:
        return len(self._entries)

    def ids(self) -> Sequence[str]:
        """Return the ids, `scene-00` first."""
        return tuple(self._entries)

    def load(self, id: str) -> Sample:
        """Read one scene. Raises `HarnessError` for an unknown id or a file that is missing or altered."""
        if id not in self._entries:
            raise HarnessError(f"scenes-holes has no sample '{id}': scene-00 to scene-{len(self) - 1:02d}")
        entry = self._entries[id]
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

    def content_hash(self) -> str:
        """Return the sha256 of the manifest, which names the hash of every file."""
        return hashlib.sha256(self._manifest_bytes).hexdigest()

    def pairs(self) -> Iterator[tuple[str, str, bool]] | None:
        """Return None: nothing is verified here."""
        return None

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """Return the one row that a report prints."""
        keys = ("title", "author", "licence", "source")
        return ({key: self.manifest[key] for key in keys},)

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest, as written by `build.py`."""
        manifest: Mapping[str, Any] = json.loads(self._manifest_bytes)
        return manifest

    @cached_property
    def _manifest_bytes(self) -> bytes:
        return self._read("manifest.json")

    @cached_property
    def _entries(self) -> Mapping[str, Any]:
        return {entry["id"]: entry for entry in self.manifest["scenes"]}

    def _decode(self, record: Mapping[str, str]) -> NDArray[np.uint8]:
        """Read one picture and check the file and what it decodes to."""
        name = record["file"]
        data = self._read(name)
        if hashlib.sha256(data).hexdigest() != record["sha256"]:
            raise HarnessError(f"{self._folder / name} is not what its manifest says: reinstall iq-harness")
        try:
            with Image.open(io.BytesIO(data)) as picture:
                pixels = np.array(picture)
        except UnidentifiedImageError as error:
            raise HarnessError(f"Pillow cannot read {self._folder / name}: {error}") from error
        if pixel_hash(pixels) != record["pixels"]:
            raise HarnessError(f"{self._folder / name} decodes to other pixels than its manifest says")
        return pixels

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise HarnessError(f"cannot read {self._folder / name}: {error.strerror}") from error


def pixel_hash(pixels: NDArray[np.uint8]) -> str:
    """Return the sha256 of an array's shape and bytes."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
