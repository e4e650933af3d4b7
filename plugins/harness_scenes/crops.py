"""The data set `restoration-crops`: thirty crops of 64 × 64 px of shipped photographs and scenes, in turn."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from harness.datasets.photos import Photos
from harness.errors import UnknownName
from harness.interfaces import Sample

from .dataset import SceneHoles

__all__ = ["RestorationCrops"]

COUNT = 15
SIDE = 64
ZOOM = 2
"""Pixels of the source (at 256 px) that become one, a side: inside of the range that the small prior is trained on."""
RULE = "128 x 128 px at a place drawn from sha256(id), halved by Pillow's Lanczos"


class RestorationCrops:
    """A `harness.interfaces.Dataset` of 30 crops: the first 15 photographs, all in colour, and the first 15 scenes.

    They come in turn (photograph, scene, …), so that any even limit has both alike. An id is its source's; so is the
    cluster. `truth` holds `source`, `photos` or `scenes-holes`.
    """

    version = "1"

    def __init__(self) -> None:
        self.sources: Mapping[str, Photos | SceneHoles] = {"photos": Photos(), "scenes-holes": SceneHoles()}
        pairs = zip(*(source.ids()[:COUNT] for source in self.sources.values()), strict=True)
        self._of = {id: name for pair in pairs for id, name in zip(pair, self.sources, strict=True)}

    def __len__(self) -> int:
        return len(self._of)

    def ids(self) -> Sequence[str]:
        """Photograph, scene, photograph, …"""
        return tuple(self._of)

    def load(self, id: str) -> Sample:
        """Cut one crop. Raises `HarnessError` for an unknown id or a file that is missing or altered."""
        if id not in self._of:
            raise UnknownName("crop", id, self._of, "harness show restoration-crops")
        name = self._of[id]
        whole = self.sources[name].load(id)
        return Sample(id, whole.cluster, _crop(id, whole), truth={"source": name})

    def content_hash(self) -> str:
        """sha256 over version, rule, ids and the sources' own hashes."""
        words = [f"restoration-crops {self.version}: {RULE}", *self._of]
        words += [source.content_hash() for source in self.sources.values()]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def pairs(self) -> None:
        """No verification protocol."""

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """Of the photographs that are cut, and of the scenes."""
        rows = [row for source in self.sources.values() for row in source.attribution()]
        return [row for row in rows if row.get("image", "") in self._of or "image" not in row]


def _crop(id: str, whole: Sample) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    side = SIDE * ZOOM
    drawn = hashlib.sha256(id.encode()).digest()
    top, left = (
        int.from_bytes(part) % (size - side + 1)
        for part, size in zip((drawn[:8], drawn[8:16]), whole.image.shape[:2], strict=True)
    )
    cut = Image.fromarray(np.ascontiguousarray(whole.image[top : top + side, left : left + side]))
    return np.array(cut.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
