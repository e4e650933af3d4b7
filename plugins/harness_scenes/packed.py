"""A committed folder of pictures with a manifest: every file is checked against its sha256 when it is read."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.errors import HarnessError

__all__ = ["PackedScenes", "pixel_hash"]


class PackedScenes:
    """What the committed data sets share: everything of a `harness.interfaces.Dataset` but `load`.

    Subclasses set `name` and `version`. The manifest has one entry a scene under `scenes`.
    """

    name: str
    version: str

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder

    def __len__(self) -> int:
        return len(self._entries)

    def ids(self) -> Sequence[str]:
        """Return the ids in the manifest's order."""
        return tuple(self._entries)

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
        """The manifest, as its build wrote it."""
        manifest: Mapping[str, Any] = json.loads(self._manifest_bytes)
        return manifest

    @cached_property
    def _manifest_bytes(self) -> bytes:
        return self._read("manifest.json")

    @cached_property
    def _entries(self) -> Mapping[str, Any]:
        return {entry["id"]: entry for entry in self.manifest["scenes"]}

    def _entry(self, id: str) -> Mapping[str, Any]:
        """Raises `HarnessError` for an unknown id."""
        if id not in self._entries:
            first, *_, last = self._entries
            raise HarnessError(f"{self.name} has no sample '{id}': {first} to {last}")
        entry: Mapping[str, Any] = self._entries[id]
        return entry

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


def pixel_hash(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> str:
    """Return the sha256 of an array's shape and bytes."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
