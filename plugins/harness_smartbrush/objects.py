"""Training objects in rendered scenes: each with its picture, the picture without it, its silhouette and its texts.

The folder is what `python -m harness_scenes.render_instructions` writes.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.masks.precision import coarse
from harness.training.checkpoint import write_atomically
from harness.training.data import PackedImages, open_packed
from harness.training.inpainting import to_signed
from harness_smartbrush.latents import Latents

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["Object", "Objects", "cached_latents", "open_objects"]

NAME = "instructions"
CHUNK = 32
SMALLEST = 0.004
"""ours: share of a picture that an object covers at least; less is no shape at 128 px."""


@dataclass(frozen=True)
class Object:
    """One object: numbers of the pictures with and without it, its number in the instances, texts.

    Attributes:
        text: of the object alone ("a small red metal cube"); label: its class alone ("a cube").
        caption: of all objects; rest: of all others.
    """

    scene: int
    whole: int
    without: int
    number: int
    text: str
    label: str
    caption: str
    rest: str


class Objects:
    """Objects of scenes, in the scenes' order.

    Attributes:
        packed: the pictures. instances: uint8 [M, S, S] of each, 0 background. items: the objects.
        words: every word that the set's texts use.
    """

    def __init__(
        self, packed: PackedImages, instances: NDArray[np.uint8], items: tuple[Object, ...], words: tuple[str, ...]
    ) -> None:
        self.packed, self.instances, self.items, self.words = packed, instances, items, words
        self._mask = cache(self._packed_mask)

    def _packed_mask(self, index: int, s: int) -> NDArray[np.uint8]:
        item = self.items[index]
        return np.packbits(coarse(self.instances[item.whole] == item.number, s))

    def mask(self, index: int, s: int, mirrored: bool) -> Hole:
        """Object ``index``'s mask of precision ``s``, bool [S, S]; made once, then kept as bits."""
        side = self.instances.shape[-1]
        found = np.unpackbits(self._mask(index, s))[: side * side].reshape(side, side).astype(bool)
        return found[:, ::-1] if mirrored else found


def open_objects(folder: Path) -> Objects:
    """Read the packed scenes in ``folder``. Raises `HarnessError` where they are not there, or hold no object."""
    packed = open_packed(folder, NAME)
    path = folder / f"{NAME}.json"
    try:
        facts = json.loads(path.read_text("utf-8"))
        instances = np.load(folder / f"{NAME}_instances.npy", mmap_mode="r", allow_pickle=False)
        found = tuple(item for row, scene in enumerate(facts["scenes"]) for item in _objects(row, scene))
        words = tuple(sorted({word for item in found for word in item.caption.replace(",", "").split()}))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise HarnessError(f"{path}: holds no training objects ({type(error).__name__}: {error})") from error
    if len(instances) != len(packed.images):
        raise HarnessError(f"{path}: not one map of instances for each picture")
    large = tuple(item for item in found if (instances[item.whole] == item.number).mean() >= SMALLEST)
    if not large:
        raise HarnessError(f"{path}: no object covers {SMALLEST:.1%} of its picture")
    return Objects(packed, instances, large, words)


def _objects(row: int, scene: Mapping[str, Any]) -> list[Object]:
    texts: dict[int, str] = {int(key): str(text) for key, text in scene["text"].items()}
    made = []
    for key, without in scene["without"].items():
        number = int(key)
        text = texts[number]
        rest = ", ".join(texts[other] for other in sorted(texts) if other != number)
        caption = ", ".join(texts[each] for each in sorted(texts))
        label = f"a {text.split()[-1]}"
        made.append(Object(row, int(scene["whole"]), int(without), number + 1, text, label, caption, rest))
    return made


@torch.inference_mode()
def cached_latents(packed: PackedImages, first: Latents, digest: str, folder: Path) -> NDArray[np.float16]:
    """Latents of all pictures, then of all mirrored ones: float16 ``[2, M, 4, h, w]``.

    Kept in ``folder`` under the hash of pictures and first stage (``digest``), and read from there the next time.
    """
    key = hashlib.sha256(f"{packed.sha256} {digest} free".encode()).hexdigest()[:16]
    path = folder / f"{NAME}-free-latents-{key}.npy"
    if path.is_file():
        return np.asarray(np.load(path, allow_pickle=False))
    made = np.stack([_coded(packed, first, mirrored) for mirrored in (False, True)])
    buffer = io.BytesIO()
    np.save(buffer, made)
    write_atomically(path, buffer.getvalue())
    return made


def _coded(packed: PackedImages, first: Latents, mirrored: bool) -> NDArray[np.float16]:
    made = []
    for start in range(0, len(packed.images), CHUNK):
        some = [np.asarray(image[:, ::-1] if mirrored else image) for image in packed.images[start : start + CHUNK]]
        made.append(first.encode(to_signed(some)).half().numpy())
    return np.concatenate(made)
