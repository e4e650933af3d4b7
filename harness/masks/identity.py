"""What makes a mask the same mask everywhere: its seed, its hash, its ratio bin."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.interfaces import Hole

__all__ = ["RATIO_BINS", "mask_hash", "mask_rng", "mask_seed", "ratio_bin"]

RATIO_BINS = tuple(f"{tenth / 10:.1f}-{(tenth + 1) / 10:.1f}" for tenth in range(10))
"""Ten equal bins of the hole's share of the image, as in LaMa's evaluation."""


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


def ratio_bin(area: float) -> str:
    """The bin of a hole that covers `area` of the image (in [0, 1]): "0.1-0.2" is (0.1, 0.2].

    An empty hole falls into the first bin. Areas outside [0, 1] are refused with `ValueError`.
    """
    if not 0.0 <= area <= 1.0:
        raise ValueError(f"a mask's area is a share of the image in [0, 1], not {area}")
    # rounding first: 0.3 * 10 is 3.0000000000000004 for some ways of computing 0.3
    return RATIO_BINS[max(0, math.ceil(round(area * 10, 9)) - 1)]
