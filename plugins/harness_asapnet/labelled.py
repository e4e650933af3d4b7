"""Pictures with label maps to train on: packed sets, crops decided by (seed, step)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from harness.errors import HarnessError
from harness.training.data import Crop, PackedImages, open_packed, step_rng
from harness.training.inpainting import to_signed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Pixels

    Labels = NDArray[np.uint8]

__all__ = ["Labelled", "LabelledBatches", "open_labelled"]


@dataclass(frozen=True)
class Labelled:
    """A packed set of pictures and the class of each of their pixels, uint8 ``[N, H, W]``."""

    images: PackedImages
    labels: Sequence[Labels]
    sha256: str

    def part(self, start: int, stop: int | None) -> Labelled:
        """The same set cut down to ``[start:stop]``."""
        return Labelled(self.images.part(start, stop), self.labels[start:stop], self.sha256)

    def describe(self) -> dict[str, Any]:
        """JSON-ready: the pictures' words and the hash of the labels."""
        return {**self.images.describe(), "labels_sha256": self.sha256}


def open_labelled(folder: Path, name: str) -> Labelled:
    """Open ``folder/name.npy`` and ``folder/name_labels.npy`` (uint8 [N, H, W], mapped).

    Raises `HarnessError` where one is missing or they do not belong together.
    """
    images, path = open_packed(folder, name), folder / f"{name}_labels.npy"
    if not path.is_file():
        raise HarnessError(
            f"no label maps: {path} is not there (uint8 N×H×W, one class a pixel of {name}): for scenes, labels.npy of "
            "python -m harness_scenes.render_training"
        )
    labels = np.load(path, mmap_mode="r", allow_pickle=False)
    sizes = [image.shape[:2] for image in images.images]
    if labels.dtype != np.uint8 or labels.ndim != 3 or sizes != [labels.shape[1:]] * len(labels):
        raise HarnessError(
            f"{path}: {labels.dtype} {list(labels.shape)} do not fit the {len(sizes)} pictures of {name}"
        )
    with path.open("rb") as stream:
        return Labelled(images, labels, file_digest(stream, "sha256").hexdigest())


@dataclass(frozen=True)
class LabelledBatches:
    """Batches ``{image [N,3,S,S] in [-1,1], labels int64 [N,S,S]}`` decided by (seed, step)."""

    packed: Labelled
    crop: Crop
    count: int
    seed: int

    def __call__(self, step: int) -> dict[str, Tensor]:
        pairs = [self._sample(step_rng(self.seed, step, lane)) for lane in range(self.count)]
        labels = torch.from_numpy(np.stack([classes for _, classes in pairs])).long()
        return {"image": to_signed([image for image, _ in pairs]), "labels": labels}

    def _sample(self, rng: np.random.Generator) -> tuple[Pixels, Labels]:
        index = int(rng.integers(len(self.packed.labels)))
        return _crop(self.packed.images.images[index], self.packed.labels[index], self.crop, rng)


def _crop(image: Pixels, labels: Labels, crop: Crop, rng: np.random.Generator) -> tuple[Pixels, Labels]:
    """The same part of both, mirrored half of the time: colours resized by Lanczos, classes by nearest."""
    zoom = float(np.exp(rng.uniform(*np.log(crop.zoom))))
    cut = min(round(crop.side / zoom), *labels.shape)
    top, left = (int(rng.integers(side - cut + 1)) for side in labels.shape)
    turn = -1 if rng.random() < 0.5 else 1
    parts = [np.asarray(array[top : top + cut, left : left + cut])[:, ::turn] for array in (image, labels)]
    if cut != crop.side:
        ways = (Image.Resampling.LANCZOS, Image.Resampling.NEAREST)
        size = (crop.side, crop.side)
        parts = [np.asarray(Image.fromarray(p).resize(size, way)) for p, way in zip(parts, ways, strict=True)]
    picture, classes = (np.ascontiguousarray(part) for part in parts)
    return picture, classes
