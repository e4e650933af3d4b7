"""The data set `artifacts-synth`: the shipped photographs with faults at known places, made as they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from harness.datasets.photos import Photos
from harness.errors import HarnessError, UnknownName
from harness.interfaces import Sample
from harness.masks.lama import MEDIUM_256, THICK_256, draw_lama
from harness_par.faults import DIFFERENT, FAULTS, Made, made

if TYPE_CHECKING:
    from harness.interfaces import Pixels

__all__ = ["GROUPS", "ArtifactsSynth"]

TAKES = 3
SHARES = {"clean": 0.25, DIFFERENT: 0.2}
"""ours: 30 of 120 pictures untouched, 24 right but different; the six kinds of faults share the rest evenly."""
TRIES = 8
"""ours: holes drawn until what was asked for can be put into one; then the picture stays as it is."""
CODE = ("faults.py", "faults_different.py", "faults_kinds.py", "faults_region.py")
GROUPS = {"clean": "untouched", DIFFERENT: "different"} | dict.fromkeys(FAULTS, "fault")


class ArtifactsSynth:
    """Three pictures of each of the first `photographs` of `photos[view=square-256]`; nobody is trained on these.

    Ids are `photo/take`; the cluster is the photograph. `mask` is where something may have been put in, `labels`
    [1,256,256] are 1 at faults. `truth` has `kind` (of `faults.FAULTS` or `faults.RIGHT`), `group` (`fault`,
    `different`, `untouched`) and `strength` in [0, 1]. Each kind of fault is asked for as often as any other.

    Args:
        seed: another draw of kinds, holes and faults.

    Raises `HarnessError` for a number of photographs that there are not.
    """

    version = "1"

    def __init__(self, photographs: int = 40, seed: int = 0) -> None:
        self._photos, self._seed = Photos("square-256"), seed
        if not 1 <= photographs <= len(self._photos):
            raise HarnessError(f"artifacts-synth: {photographs} photographs; there are 1 to {len(self._photos)}")
        self._names = tuple(self._photos.ids())[:photographs]

    def __len__(self) -> int:
        return len(self.ids())

    def ids(self) -> Sequence[str]:
        """By photograph, then by take."""
        return tuple(f"{name}/{take}" for name in self._names for take in range(TAKES))

    @cached_property
    def _wanted(self) -> Mapping[str, str]:
        """The kind that is asked for, by id: shuffled, each as often as its share says."""
        count = len(self.ids())
        kinds = [kind for kind, share in SHARES.items() for _ in range(round(share * count))]
        kinds += [FAULTS[i % len(FAULTS)] for i in range(count - len(kinds))]
        order = np.random.default_rng([self._seed, count]).permutation(count)
        return {id: kinds[place] for id, place in zip(self.ids(), order, strict=True)}

    def load(self, id: str) -> Sample:
        """Decode the photograph and put in what is asked for. Raises what `Photos.load` raises."""
        if id not in self._wanted:
            raise UnknownName("picture", id, self.ids(), "harness show artifacts-synth")
        photo = self._photos.load(id.rpartition("/")[0])
        found = self._made(photo.image, id)
        truth = {"kind": found.kind, "group": GROUPS[found.kind], "strength": found.strength}
        labels = found.artifact[None].astype(np.int64)
        return Sample(id, photo.cluster, found.picture, mask=found.hole, labels=labels, truth=truth)

    def _made(self, photo: Pixels, id: str) -> Made:
        """The first of `TRIES` holes into which the kind fits; the last one untouched where it fits into none."""
        kind = self._wanted[id]
        named = int(hashlib.sha256(id.encode()).hexdigest()[:8], 16)
        rng = np.random.default_rng([self._seed, named])
        for _ in range(TRIES):
            hole = draw_lama(rng, photo.shape[0], photo.shape[1], (THICK_256, MEDIUM_256)[int(rng.integers(2))])
            found = made(photo, hole, rng, kind)
            if found.kind == kind:
                break
        return found

    def content_hash(self) -> str:
        """sha256 over version, photographs, seed and the code of the faults: another fault is another picture."""
        what = f"artifacts-synth {self.version} {self._photos.content_hash()} {self._names} {self._seed}"
        digest = hashlib.sha256(what.encode())
        for name in CODE:
            digest.update(files("harness_par").joinpath(name).read_bytes())
        return digest.hexdigest()

    def pairs(self) -> None:
        """No verification protocol."""

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """Those of the photographs that are shown."""
        rows = [dict(row) for row in self._photos.attribution()]
        return [{k: v for k, v in row.items() if k != "image"} for row in rows if row["image"] in self._names]
