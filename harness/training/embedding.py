"""What a registered embedder makes of packed pictures, kept beside them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from harness.interfaces import Embedder
from harness.plugins import load_target, registry

__all__ = ["embedded"]

BATCH = 32


def embedded(name: str, pictures: NDArray[np.uint8], folder: Path) -> NDArray[np.float32]:
    """Features [N,d] of pictures [N,H,W,3] by the embedder called ``name``, computed on the CPU.

    Kept in ``folder`` under the embedder's name, version and weights and the pictures' hash, so that a training which
    goes on does not wait for them again.

    Raises `UnknownName` for the name, and what building the embedder raises.
    """
    spec = registry().embedder(name)
    embedder = cast(Embedder, load_target(spec)("cpu"))
    digest = hashlib.sha256(f"{spec.version} {getattr(embedder, 'weights_sha256', '')}".encode())
    digest.update(np.ascontiguousarray(pictures).tobytes())
    path = folder / f"{name}-{digest.hexdigest()[:16]}.npy"
    if path.is_file():
        return cast("NDArray[np.float32]", np.load(path, allow_pickle=False))
    parts = [_features(embedder, pictures[start : start + BATCH]) for start in range(0, len(pictures), BATCH)]
    found: NDArray[np.float32] = np.concatenate(parts)
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        np.save(file, found, allow_pickle=False)
    beside.replace(path)
    return found


@torch.no_grad()
def _features(embedder: Embedder, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    images = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 255
    return embedder.embed(images).float().cpu().numpy()
