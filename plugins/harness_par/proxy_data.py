"""Training pictures of `par-proxy`: made faults in crops of one half of the photographs and of the rendered scenes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError, UnknownName
from harness.training.data import Crop, open_packed, random_crop
from harness.training.inpainting import lama_mix
from harness_par.faults import FAULTS, Made, made, untouched
from harness_par.faults_kinds import put
from harness_par.faults_scenes import Triple, removed

if TYPE_CHECKING:
    from harness.training.data import PackedImages

__all__ = ["HALVES", "Constructed"]

HALVES = ("a", "b")
"""Photographs and scenes of even number are of half ``a``, those of odd number of half ``b``."""
ZOOM = (0.75, 1.25)
SCENES = 0.25
"""ours: share of the pictures that are rendered; a quarter of them are scenes without any removal."""
PLAIN = 0.25
MORE = 3
LEAST = 200
"""Pixels of a hole that another fault is put into."""


class Constructed:
    """Pictures with known faults, each decided by a generator.

    Args:
        folder: has ``photos`` (``python -m tools.pack_training``) with ``photos_sources.npy``, ``removals`` with
            ``removals_masks.npy`` (``python -m harness_scenes.render_removals``).
        half: which photographs and scenes, of `HALVES`; the other half's are never shown.
        side: of the crops of photographs.

    Raises:
        HarnessError: something is not there, or two files do not belong together.
        UnknownName: there is no such half.
    """

    def __init__(self, folder: Path, half: str, side: int) -> None:
        if half not in HALVES:
            raise UnknownName("half", half, HALVES, "--half a|b")
        self.half, self.side = half, side
        self.photos = open_packed(folder, "photos")
        self.removals = open_packed(folder, "removals")
        self.sources = _beside(folder, "photos_sources", len(self.photos.images))
        self.masks = _beside(folder, "removals_masks", 2 * (len(self.removals.images) // 3))
        parity = HALVES.index(half)
        self.crops: NDArray[np.intp] = np.flatnonzero(self.sources % 2 == parity)
        self.scenes = np.arange(parity, len(self.removals.images) // 3, 2)
        self.photographs = len(np.unique(self.sources[self.crops]))

    @property
    def packed(self) -> Sequence[PackedImages]:
        """Where the pictures come from."""
        return self.photos, self.removals

    def __call__(self, rng: np.random.Generator, kind: str = "") -> Made:
        """One picture of ``side``²: a scene's, or a photograph's, which a ``kind`` (of `faults.made`) asks for."""
        if not kind and rng.random() < SCENES:
            return self.scene(int(rng.choice(self.scenes)), rng)
        found = self.named(rng, kind)[0]
        return _more(found, rng) if found.kind in FAULTS and not kind else found

    def named(self, rng: np.random.Generator, kind: str = "") -> tuple[Made, str]:
        """A photograph's picture, and which photograph it is from."""
        index = int(rng.choice(self.crops))
        crop = random_crop(self.photos.images[index], Crop(self.side, ZOOM), rng)
        found = made(crop, lama_mix(rng, self.side, self.side).astype(bool), rng, kind)
        return found, f"photograph {self.sources[index]}"

    def scene(self, number: int, rng: np.random.Generator, kind: str = "") -> Made:
        """A removal from a scene, mirrored half of the time, cut to ``side``² about its hole; or the scene as it is."""
        whole, without, other = self.removals.images[3 * number : 3 * number + 3]
        scene = Triple(whole, without, other, self.masks[2 * number] > 0)
        found = removed(scene, rng, kind)
        if not kind and rng.random() < PLAIN:
            found = untouched(scene.whole, lama_mix(rng, *found.hole.shape).astype(bool))
        return _window(found, self.side, rng)


def _beside(folder: Path, name: str, count: int) -> NDArray[np.integer]:
    path = folder / f"{name}.npy"
    if not path.is_file():
        raise HarnessError(f"no {path}: python -m tools.pack_training and harness_scenes.render_removals write it")
    found: NDArray[np.integer] = np.load(path, mmap_mode="r", allow_pickle=False)
    if len(found) != count:
        raise HarnessError(f"{path} has {len(found)} entries for {count}: it belongs to other pictures")
    return found


def _more(found: Made, rng: np.random.Generator) -> Made:
    """Up to three more faults in what is left of the hole: a crop then teaches as much as several."""
    for _ in range(int(rng.integers(MORE + 1))):
        left = found.hole & ~found.artifact
        if left.sum() < LEAST:
            break
        again = put(str(rng.choice(FAULTS)), found.picture, left, rng)
        if again is not None:
            found = found._replace(picture=again.picture, artifact=found.artifact | again.artifact)
    return found


def _window(found: Made, side: int, rng: np.random.Generator) -> Made:
    """A square of ``side`` about a pixel of the fault, where there is one, or of the hole."""
    rows, columns = np.nonzero(found.artifact if found.artifact.any() else found.hole)
    chosen = int(rng.integers(len(rows)))
    height, width = found.hole.shape
    top = int(np.clip(rows[chosen] - rng.integers(side), 0, max(height - side, 0)))
    left = int(np.clip(columns[chosen] - rng.integers(side), 0, max(width - side, 0)))
    step = -1 if rng.random() < 0.5 else 1
    cut = np.s_[top : top + side, left : left + side]

    def seen(values: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(values[cut][:, ::step])

    return found._replace(picture=seen(found.picture), artifact=seen(found.artifact), hole=seen(found.hole))
