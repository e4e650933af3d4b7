"""Prepared data sets: samples by the rows of a manifest, verified by hash, shown in a view."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from harness.datasets.decode import ImageError
from harness.datasets.geometry import parse_view
from harness.datasets.labels import nearest_colour
from harness.datasets.layouts import ALL, Collection
from harness.datasets.manifest import Manifest, Row, read_manifest
from harness.datasets.reading import read_role
from harness.datasets.state import why_not
from harness.datasets.told_masks import told_mask
from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.interfaces import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Collected", "OwnFolder", "PairedFacades", "prepared_manifest"]


class Collected:
    """A split of a published collection, once `harness data prepare` has read it. Subclasses name the collection.

    Args:
        split: one of its splits.
        view: how pictures are shown (see `harness.datasets.geometry`).
        hole: the value of a mask file that means hole: `white`, `black`, or `declared`: as the split says.

    Raises:
        MissingRequirement: it is not here or not prepared; the line ends with the command.
    """

    version = "1"
    collection: ClassVar[Collection]

    def __init__(self, split: str, view: str = "native", hole: str = "declared") -> None:
        self.view = parse_view(view)
        self.manifest = prepared_manifest(self.collection, split)
        declared = self.collection.split(split)
        self.split = declared if hole == "declared" else declared._replace(hole="white" if hole == "white" else "black")

    @classmethod
    def available(cls, split: str, view: str = "native", hole: str = "declared") -> None:
        """Raise `MissingRequirement` where the split is not here or not prepared. Reads a header, no picture."""
        parse_view(view)
        line = why_not(cls.collection, cls.collection.split(split))
        if line:
            raise MissingRequirement(line)

    def __len__(self) -> int:
        return len(self.manifest.rows)

    def ids(self) -> Sequence[str]:
        """Keys, in the split's order."""
        return tuple(self.manifest.rows)

    def load(self, id: str) -> Sample:
        """Read, verify, decode and crop one sample.

        Raises:
            ImageError: a file is gone, or no longer the one that was prepared.
            UnknownName: no such key.
        """
        row = self.manifest.rows.get(id)
        if row is None:
            raise UnknownName("sample", id, self.manifest.rows, f"harness data show {self.collection.name}")
        return self._sample(row, {role: self._read(row, role) for role in row.paths})

    def _read(self, row: Row, role: str) -> NDArray[Any]:
        path = self.manifest.root / row.paths[role]
        again = f"harness data prepare {self.collection.name} --split {self.split.name}"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ImageError(f"{path}: cannot be read: {error.strerror}; if it moved: {again}") from error
        found = hashlib.sha256(data).hexdigest()
        if found != row.sha256[role]:
            raise ImageError(
                f"{path}: sha256 {found[:12]}… is not the manifest's {row.sha256[role][:12]}…; if it is meant: {again}"
            )
        return read_role(role, data, str(path), self.split)

    def _sample(self, row: Row, files: Mapping[str, NDArray[Any]]) -> Sample:
        view = self.view
        truth: dict[str, Any] = dict(row.known) if row.label is None else {"class": row.label, **row.known}
        prompt = str(truth.pop("prompt")) if self.split.prompted else None
        if self.split.outlined:
            files = {**files, "mask": told_mask(str(truth.pop("outline")), files["image"].shape[:2])}
        if "instances" in files:
            truth["instances"] = view.labels(files["instances"])
        return Sample(
            id=row.key,
            cluster=str(row.known.get("reference", "")) or self.collection.cluster_of(row.key),
            image=view.image(files["image"]),
            mask=view.mask(files["mask"]) if "mask" in files else None,
            prompt=prompt,
            labels=view.labels(files["labels"])[None] if "labels" in files else None,
            target=view.image(files["target"]) if "target" in files else None,
            reference=view.image(files["reference"]) if "reference" in files else None,
            truth=truth,
        )

    @cached_property
    def _identity(self) -> str:
        what = f"{self.collection.name} {self.version} {self.split.name} {self.split.hole}"
        rule = self.split.pick.words if self.split.pick else "all"
        return f"{what}: {rule}: {self.view.words}: {self.manifest.header.content}"

    def content_hash(self) -> str:
        """sha256 over version, split, polarity, view and its rule, and key and file hashes of every sample in order."""
        return hashlib.sha256(self._identity.encode()).hexdigest()

    def pairs(self) -> None:
        """No verification protocol."""

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """One row: the collection."""
        one = self.collection
        return [{"title": one.title, "author": "", "licence": one.licence, "source": one.get[0]}]


class PairedFacades(Collected):
    """pix2pix's facades: the left half is the photograph, the right half its labels in colours."""

    def _sample(self, row: Row, files: Mapping[str, NDArray[Any]]) -> Sample:
        both = files["pair"]
        half = both.shape[1] // 2
        if both.shape[1] % 2:
            raise HarnessError(f"{row.paths['pair']}: {both.shape[1]} px wide: not two halves")
        labels = nearest_colour(both[:, half:])
        return super()._sample(row, {"image": np.ascontiguousarray(both[:, :half]), "labels": labels})


class OwnFolder(Collected):
    """A folder that the user named with `harness data add`."""

    def __init__(self, view: str = "native") -> None:
        super().__init__(ALL, view)

    @classmethod
    def available(cls, view: str = "native") -> None:  # type: ignore[override]
        """As `Collected.available` says."""
        super().available(ALL, view)

    def attribution(self) -> Sequence[Mapping[str, str]]:
        """One row: the name. Its terms are the user's business, and where it lies is not published."""
        name = self.collection.name
        return [{"title": name, "author": "", "licence": "not stated", "source": "a folder of one's own"}]


def prepared_manifest(collection: Collection, split: str) -> Manifest:
    """The manifest of a split. Raises `MissingRequirement` with the next command where there is none."""
    manifest = read_manifest(collection.name, split)
    if manifest is None:
        raise MissingRequirement(why_not(collection, collection.split(split)))
    return manifest
