"""Masks from files of others: NVIDIA's, MI-GAN's, MAT's. Never paired by position; True = hole whatever the file."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PIL import Image

from harness.datasets.catalogue import collections
from harness.datasets.collected import prepared_manifest
from harness.datasets.decode import ImageError
from harness.datasets.layouts import Collection, Split
from harness.datasets.manifest import Row
from harness.datasets.reading import read_role
from harness.datasets.state import why_not
from harness.errors import HarnessError, MissingRequirement
from harness.masks.identity import mask_rng
from harness.masks.irregular import BINS

if TYPE_CHECKING:
    from harness.interfaces import Hole, Sample

__all__ = ["BinnedFiles", "MaskFiles", "MatFiles", "MiGanFiles", "NamedFiles", "NvidiaIrregular"]


class MaskFiles:
    """A prepared folder of masks. Its version holds the hash of the files, so other files are another mask set.

    Args:
        split: one of the collection's splits.

    Raises:
        MissingRequirement: it is not here or not prepared; the line ends with the command.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    rule: ClassVar[str] = "1"
    count = 1

    def __init__(self, split: str) -> None:
        self.manifest = prepared_manifest(self._collection(), split)
        self.split: Split = self._collection().split(split)
        self.version = f"{self.rule}+{self.manifest.header.content[:12]}"

    @classmethod
    def _collection(cls) -> Collection:
        return collections()[cls.source]

    @classmethod
    def available(cls, split: str, **others: object) -> None:
        """Raise `MissingRequirement` where the split is not here or not prepared. Reads a header, no mask."""
        line = why_not(cls._collection(), cls._collection().split(split))
        if line:
            raise MissingRequirement(line)

    def _hole(self, row: Row, sample: Sample) -> Hole:
        """The mask of a row at the size of the sample, by the nearest pixel."""
        path = self.manifest.root / row.paths["mask"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != row.sha256["mask"]:
            again = f"harness data prepare {self.source} --split {self.split.name}"
            raise ImageError(f"{path}: is no longer the file that was prepared; if it is meant: {again}")
        hole: Hole = read_role("mask", data, str(path), self.split)
        height, width = sample.image.shape[:2]
        if hole.shape == (height, width):
            return hole
        grey = Image.fromarray(hole.astype(np.uint8) * 255)
        return np.asarray(grey.resize((width, height), Image.Resampling.NEAREST)) > 0


class BinnedFiles(MaskFiles):
    """The k-th mask is of the k-th bin of area (`harness.masks.irregular.BINS`), drawn by sample, name and seed.

    Areas are those of the files: counted, never taken from their order.
    """

    count = len(BINS)

    def __init__(self, split: str, seed: int = 0) -> None:
        super().__init__(split)
        self.seed = seed
        rows = list(self.manifest.rows.values())
        self.bins = [[row for row in rows if low < (row.area or 0.0) <= high] for low, high in BINS]

    def draw(self, sample: Sample, k: int) -> Hole:
        """bool H×W of the sample's size, True = hole. Raises `HarnessError` where no file has such an area."""
        if not 0 <= k < self.count:
            raise ValueError(f"{self.name} draws {self.count} masks a sample; there is no mask {k}")
        if not self.bins[k]:
            low, high = BINS[k]
            raise HarnessError(f"{self.name}: no mask of area {low:g} to {high:g} in {self.manifest.root}")
        rng = mask_rng(self.name, self.rule, self.seed, sample.id, k)
        return self._hole(self.bins[k][int(rng.integers(len(self.bins[k])))], sample)


class NamedFiles(MaskFiles):
    """One mask a picture, named as the picture (whatever folder and suffix either has)."""

    def draw(self, sample: Sample, k: int) -> Hole:
        """bool H×W of the sample's size, True = hole. Raises `HarnessError` where no mask has the sample's name."""
        if k != 0:
            raise ValueError(f"{self.name} has one mask a sample; there is no mask {k}")
        rows = self.manifest.rows
        row = rows.get(sample.id) or rows.get(PurePosixPath(sample.id).stem)
        if row is None:
            raise HarnessError(
                f"{self.name}: no mask is named as the picture {sample.id}; masks are never taken by their position"
            )
        return self._hole(row, sample)


class NvidiaIrregular(BinnedFiles):
    """NVIDIA's irregular masks in PConv's six bins of area."""

    name = "nvidia-irregular"
    source = "nvidia-masks"


class MiGanFiles(NamedFiles):
    """MI-GAN's published masks."""

    name = "migan-files"
    source = "mi-gan-masks"


class MatFiles(NamedFiles):
    """MAT's published masks."""

    name = "mat-files"
    source = "mat-masks"
