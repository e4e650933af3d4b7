"""What makes a mask the same mask everywhere: its seed and its hash."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["mask_hash", "mask_rng", "mask_seed"]


def mask_seed(name: str, version: str, seed: int, sample_id: str, k: int) -> int:
    """The 256-bit seed of one mask: sha256 of these five words, and of nothing else.

    Neither the run's seed nor the task is part of it, so every run and every suite that names the same mask
    set and sample judges methods on the same hole.
    """
    words = json.dumps([name, version, seed, sample_id, k], ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(words.encode("utf-8")).digest(), "big")


def mask_rng(name: str, version: str, seed: int, sample_id: str, k: int) -> np.random.Generator:
    """A PCG64 generator seeded by `mask_seed`."""
    return np.random.Generator(np.random.PCG64(mask_seed(name, version, seed, sample_id, k)))


def mask_hash(mask: Hole) -> str:
    """sha256 (hex) of a mask's size and pixels. Takes bool H×W; other types are refused with `ValueError`."""
    if mask.dtype != np.bool_ or mask.ndim != 2:
        raise ValueError(f"a mask is bool H×W, not {mask.dtype} with {mask.ndim} axes")
    size = f"{mask.shape[0]}x{mask.shape[1]}:"
    return hashlib.sha256(size.encode() + np.packbits(mask).tobytes()).hexdigest()
