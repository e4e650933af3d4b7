"""Packed training sets: arrays on disk, and crops decided by (seed, step) alone."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from harness.errors import HarnessError
from harness.weights.resolve import sha256_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Pixels

__all__ = ["Crop", "PackedImages", "open_packed", "random_crop", "step_rng"]


@dataclass(frozen=True)
class PackedImages:
    """Images in memory or mapped from disk.

    Attributes:
        name: what the set is called ("scenes", "photos").
        images: uint8 H×W×3 arrays; sizes may differ.
        sha256: of the file they came from.
        facts: the manifest's words on title, licence and source; empty where none lies beside the file.
    """

    name: str
    images: Sequence[Pixels]
    sha256: str
    facts: dict[str, Any]

    def part(self, start: int, stop: int | None) -> PackedImages:
        """The same set cut down to ``images[start:stop]``."""
        return PackedImages(self.name, self.images[start:stop], self.sha256, self.facts)

    def describe(self) -> dict[str, Any]:
        """JSON-ready: name, count, hash and the manifest's words."""
        return {"name": self.name, "images": len(self.images), "sha256": self.sha256, **self.facts}


def _facts(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    facts = json.loads(path.read_text("utf-8"))
    if not isinstance(facts, dict):
        raise HarnessError(f"{path}: expected an object with title, licence and source")
    return {key: value for key, value in facts.items() if isinstance(value, str | int | float)}


def _open_array(path: Path, name: str) -> PackedImages:
    stack = np.load(path, mmap_mode="r", allow_pickle=False)
    if stack.dtype != np.uint8 or stack.ndim != 4 or stack.shape[-1] != 3:
        raise HarnessError(f"{path}: expected uint8 [N, H, W, 3], found {stack.dtype} {list(stack.shape)}")
    return PackedImages(name, stack, sha256_of(path), _facts(path.with_suffix(".json")))


def _open_zip(path: Path, name: str) -> PackedImages:
    with zipfile.ZipFile(path) as archive:
        members = sorted(item for item in archive.namelist() if item.lower().endswith((".png", ".jpg", ".webp")))
        images = [np.asarray(Image.open(io.BytesIO(archive.read(item))).convert("RGB")) for item in members]
    return PackedImages(name, images, sha256_of(path), _facts(path.with_suffix(".json")))


def open_packed(folder: Path, name: str) -> PackedImages:
    """Open ``folder/name.npy`` (uint8 [N, H, W, 3], mapped) or ``folder/name.zip`` (PNG, JPEG or WebP, decoded).

    ``folder/name.json`` beside it may state title, licence and source. Raises `HarnessError` when neither is there.
    """
    for suffix, reader in ((".npy", _open_array), (".zip", _open_zip)):
        path = folder / f"{name}{suffix}"
        if path.is_file():
            packed = reader(path, name)
            if not len(packed.images):
                raise HarnessError(f"{path} holds no image")
            return packed
    raise HarnessError(
        f"no training images: {folder} has neither {name}.npy nor {name}.zip "
        "(uint8 N×H×W×3, or PNG, JPEG and WebP files): name the folder that has one by --data"
    )


def step_rng(seed: int, step: int, lane: int = 0) -> np.random.Generator:
    """The generator of one step: the same whenever and wherever the step is taken. ``lane`` tells samples apart."""
    return np.random.Generator(np.random.PCG64([seed, step, lane]))


@dataclass(frozen=True)
class Crop:
    """A square crop: of ``side / zoom`` source pixels, zoom log-uniform in ``zoom``, mirrored half of the time."""

    side: int
    zoom: tuple[float, float] = (1.0, 1.0)


def random_crop(image: Pixels, crop: Crop, rng: np.random.Generator) -> Pixels:
    """Draw one crop, resized to ``side × side`` by Pillow (Lanczos); an image that is too small is enlarged."""
    height, width = image.shape[:2]
    low, high = np.log(crop.zoom)
    zoom = float(np.exp(rng.uniform(low, high)))
    wanted = min(round(crop.side / zoom), height, width)
    top, left = int(rng.integers(height - wanted + 1)), int(rng.integers(width - wanted + 1))
    mirrored = bool(rng.random() < 0.5)
    cut: NDArray[np.uint8] = np.asarray(image[top : top + wanted, left : left + wanted])
    if wanted != crop.side:
        cut = np.asarray(Image.fromarray(cut).resize((crop.side, crop.side), Image.Resampling.LANCZOS))
    return np.ascontiguousarray(cut[:, ::-1] if mirrored else cut)
