"""Pictures whose artifacts people marked, resized and cropped as PAL4VST's configurations do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from harness.errors import HarnessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Dataset, Pixels

    Labels = NDArray[np.uint8]

__all__ = ["crop", "labelled", "scaled"]

TRIES = 10


def labelled(data: Dataset, id: str) -> tuple[Pixels, Labels]:
    """A picture uint8 H×W×3 and its marks H×W, 1 an artifact. Raises `HarnessError` where it has no marks."""
    sample = data.load(id)
    if sample.image is None or sample.labels is None:
        raise HarnessError(f"{id} has no picture with marked artifacts")
    return sample.image, (sample.labels[0] > 0).astype(np.uint8)


def scaled(picture: Pixels, label: Labels, long_side: float) -> tuple[Pixels, Labels]:
    """Both with a long side of so many pixels; aspect kept."""
    factor = long_side / max(label.shape)
    size = max(1, round(label.shape[1] * factor)), max(1, round(label.shape[0] * factor))
    shown = Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(shown), np.asarray(Image.fromarray(label).resize(size, Image.Resampling.NEAREST))


def crop(
    picture: Pixels, label: Labels, side: int, dominant: float, ignored: int, rng: np.random.Generator
) -> tuple[Pixels, Labels]:
    """A square of ``side``, mirrored half of the time; a smaller picture is padded, its padding marked ``ignored``.

    Up to ten places are drawn until no class has more than the share ``dominant`` of it.
    """
    height, width = label.shape
    for _ in range(TRIES):
        top, left = (int(rng.integers(max(length - side, 0) + 1)) for length in (height, width))
        cut = label[top : top + side, left : left + side]
        if max(cut.mean(), 1 - cut.mean()) <= dominant:
            break
    step = -1 if rng.random() < 0.5 else 1
    shown, marks = np.zeros((side, side, 3), np.uint8), np.full((side, side), ignored, np.uint8)
    shown[: cut.shape[0], : cut.shape[1]] = picture[top : top + side, left : left + side][:, ::step]
    marks[: cut.shape[0], : cut.shape[1]] = cut[:, ::step]
    return shown, marks
