"""A floor of translation with texture: patches of training scenes, copied where their label maps agree best."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError, RefusedSample
from harness.interfaces import Batch, Images, Setup

from .vocabulary import LABELS

__all__ = ["LabelPatches", "training_sheet"]

SHEET: Final = "harness_scenes:data/training_sheet"
DIGESTS: Final = {
    "pictures.webp": "33ab79fb88b0d80e47d411ed30259953dd2f184a169733ec314558aec02ec1d9",
    "labels.png": "bd7b81855137bcb36a9f5e52f338ee91b8a08ba100b4a12a8276b3af5b091fdf",
}
SIDE: Final = 256
CELL: Final = 16
"""Side in pixels of a patch's core; ours, as is what follows."""
MARGIN: Final = 8
"""Pixels by which a patch reaches beyond its core on every side: compared, and blended over."""
CELLS: Final = 8
"""A label layout is compared as shares of every class in `CELLS` x `CELLS` squares of the patch."""
PLACE: Final = 6.0
"""Weight of where a patch lies (shares of height and width) beside its layout: ground and light change with it."""

EXACT: Final = "donot_use_mm_for_euclid_dist"
"""Plain ground at one place is as near in every scene: by exact ties the first scene's, not any by rounding."""


class LabelPatches:
    """A `Restorer` of label maps that learns nothing: nearest neighbours in twelve training scenes.

    Every patch of 32 px, one each 16 px, takes the pixels of the training patch whose layout of classes and whose
    place in the picture are nearest (squared distance); overlaps are blended by tents. After the idea of Image
    Analogies (Hertzmann et al., SIGGRAPH 2001) in one pass at one scale; the distance is ours.
    """

    def __init__(self, setup: Setup) -> None:
        self._device = setup.device
        pictures, labels = training_sheet()
        self._keys = torch.cat([_layouts(one[None]) for one in labels.to(self._device)])
        self._pixels = torch.cat([_unfolded(one[None]) for one in pictures.to(self._device)])

    def restore(self, batch: Batch) -> Images:
        """Paint the first map of ``batch.labels`` [N,L,H,W], any size.

        Raises `HarnessError` without labels, `RefusedSample` for classes that no scene has.
        """
        if batch.labels is None:
            raise HarnessError("label-patches needs label maps")
        first = batch.labels[:, 0].to(self._device)
        if int(first.min()) < 0 or int(first.max()) >= len(LABELS):
            raise RefusedSample(
                f"label-patches knows the classes 0 to {len(LABELS) - 1} of rendered scenes and no others"
            )
        return Images(torch.cat([self._paint(one[None]) for one in first]))

    def _paint(self, labels: Tensor) -> Tensor:
        height, width = labels.shape[-2:]
        bottom, right = -height % CELL, -width % CELL
        whole = F.pad(labels[None].float(), (0, right, 0, bottom), mode="replicate")[0].long()
        far = torch.cdist(_layouts(whole), self._keys, compute_mode=EXACT)
        nearest = far.argmin(1)
        return _blended(self._pixels[nearest], whole.shape[-2:])[..., :height, :width]


def _unfolded(image: Tensor) -> Tensor:
    """[1,C,H,W] -> [n, C, 32, 32], a patch each 16 px in rows, edges repeated beyond the border."""
    side = CELL + 2 * MARGIN
    wide = F.pad(image, (MARGIN,) * 4, mode="replicate")
    return F.unfold(wide, side, stride=CELL)[0].T.reshape(-1, image.shape[1], side, side)


def _layouts(labels: Tensor) -> Tensor:
    """int64 [1,H,W] -> [n, D]: shares of every class in the squares of each patch, then the patch's weighted place."""
    classes = F.one_hot(labels, len(LABELS)).permute(0, 3, 1, 2).float()
    patches = _unfolded(classes)
    shares = F.adaptive_avg_pool2d(patches, CELLS).flatten(1)
    rows, columns = labels.shape[-2] // CELL, labels.shape[-1] // CELL
    down = torch.linspace(0, 1, rows, device=labels.device).repeat_interleave(columns)
    across = torch.linspace(0, 1, columns, device=labels.device).repeat(rows)
    return torch.cat([shares, PLACE * torch.stack([down, across], 1)], 1)


def _blended(patches: Tensor, size: tuple[int, ...]) -> Tensor:
    """[n,3,32,32] -> [1,3,H,W]: every pixel the mean of the patches over it, weighted by their tents."""
    side = CELL + 2 * MARGIN
    line = torch.minimum(torch.arange(1, side + 1), torch.arange(side, 0, -1)).float().clamp(max=CELL)
    tent = (line[:, None] * line).to(patches.device)
    wide = (size[0] + 2 * MARGIN, size[1] + 2 * MARGIN)
    columns = (patches * tent).flatten(1).T[None]
    weights = tent.flatten()[:, None].expand(-1, len(patches))[None]
    total = F.fold(columns, wide, side, stride=CELL) / F.fold(weights, wide, side, stride=CELL)
    return total[..., MARGIN:-MARGIN, MARGIN:-MARGIN].contiguous()


@cache
def training_sheet() -> tuple[Tensor, Tensor]:
    """Pictures [12,3,256,256] in [0, 1] and labels int64 [12,256,256]. Raises `HarnessError` for a damaged file."""
    pictures = torch.from_numpy(_read("pictures.webp")).permute(2, 0, 1).float() / 255
    labels = torch.from_numpy(_read("labels.png")).long()
    rows, columns = labels.shape[0] // SIDE, labels.shape[1] // SIDE
    split = pictures.reshape(3, rows, SIDE, columns, SIDE).permute(1, 3, 0, 2, 4).reshape(-1, 3, SIDE, SIDE)
    return split, labels.reshape(rows, SIDE, columns, SIDE).transpose(1, 2).reshape(-1, SIDE, SIDE)


def _read(name: str) -> NDArray[np.uint8]:
    package, _, folder = SHEET.partition(":")
    path = files(package) / folder / name
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != DIGESTS[name]:
        raise HarnessError(f"{path} is not what this version was made with: reinstall iq-harness")
    with path.open("rb") as file, Image.open(file) as picture:
        return np.array(picture)
