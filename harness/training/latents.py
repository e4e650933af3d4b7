"""Pictures of a packed set as latents, computed once: a step of a latent network then costs that network alone."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.training.checkpoint import write_atomically
from harness.training.data import PackedImages
from harness.training.inpainting import to_signed

__all__ = ["cached_latents"]

CHUNK = 32


@torch.inference_mode()
def cached_latents(
    packed: PackedImages, encode: Callable[[Tensor], Tensor], identity: str, folder: Path
) -> NDArray[np.float16]:
    """Latents of all pictures, then of all mirrored ones: float16 ``[2, M, C, h, w]``.

    Kept in ``folder`` under the hash of the pictures and ``identity`` (which first stage, and what of it), and read
    from there the next time. ``encode`` is given ``[N, 3, H, W]`` in [-1, 1].
    """
    key = hashlib.sha256(f"{packed.sha256} {identity}".encode()).hexdigest()[:16]
    path = folder / f"{packed.name}-latents-{key}.npy"
    if path.is_file():
        return np.asarray(np.load(path, allow_pickle=False))
    made = np.stack([_coded(packed, encode, mirrored) for mirrored in (False, True)])
    buffer = io.BytesIO()
    np.save(buffer, made)
    write_atomically(path, buffer.getvalue())
    return made


def _coded(packed: PackedImages, encode: Callable[[Tensor], Tensor], mirrored: bool) -> NDArray[np.float16]:
    made = []
    for start in range(0, len(packed.images), CHUNK):
        some = [np.asarray(image[:, ::-1] if mirrored else image) for image in packed.images[start : start + CHUNK]]
        made.append(encode(to_signed(some)).half().numpy())
    return np.concatenate(made)
