"""The rule by which parity fixtures fill weights and draw inputs, in numpy alone.

A tensor's values follow from its own name, so that two implementations can be given the same weights without
a checkpoint: a legacy `RandomState`, seeded by the first 32 bits of the name's sha256, draws standard
normals, which are then scaled by the tensor's kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FILLS",
    "INPUTS",
    "MASKS",
    "centre_mask",
    "fill_tf",
    "fill_torch",
    "irregular_mask",
    "label_map",
    "uniform_image",
]

Array = NDArray[Any]
Image = NDArray[np.float32]


def _normals(name: str, shape: Sequence[int]) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return np.asarray(np.random.RandomState(seed).standard_normal(tuple(shape)))


def fill_torch(key: str, shape: Sequence[int]) -> Array:
    """Value of a PyTorch state dict's entry.

    Counters are 0; running variances ``1 + 0.1|n|``; spectral-norm vectors unit length; matrices and kernels
    ``n / sqrt(fan_in)``; scale vectors ``1 + 0.1n``; everything else (biases, running means) ``0.1n``.
    """
    kind = key.rpartition(".")[2]
    if kind == "num_batches_tracked":
        return np.zeros(tuple(shape), np.int64)
    normals = _normals(key, shape)
    if kind == "running_var":
        normals = 1 + 0.1 * np.abs(normals)
    elif kind in ("weight_u", "weight_v"):
        normals = normals / np.linalg.norm(normals)
    elif kind != "running_mean" and len(shape) > 1:
        normals /= np.sqrt(np.prod(shape[1:]))
    elif kind == "weight":
        normals = 1 + 0.1 * normals
    else:
        normals = 0.1 * normals
    return np.asarray(normals, np.float32)


def fill_tf(variable: str, shape: Sequence[int]) -> Array:
    """Value of a TensorFlow variable: kernels (height, width, in, out) ``n / sqrt(fan_in)``, all others ``0.1n``."""
    normals = _normals(variable, shape)
    scaled = normals / np.sqrt(np.prod(shape[:3])) if len(shape) == 4 else 0.1 * normals
    return np.asarray(scaled, np.float32)


def uniform_image(seed: int, height: int, width: int, channels: int = 3) -> Image:
    """``[channels, height, width]`` uniform noise in [0, 1)."""
    noise = np.random.RandomState(seed).uniform(0, 1, (channels, height, width))
    return noise.astype(np.float32)


def label_map(seed: int, height: int, width: int, classes: int, cell: int) -> NDArray[np.int64]:
    """``[height, width]`` of classes drawn uniformly, constant on squares of ``cell`` pixels."""
    drawn = np.random.RandomState(seed).randint(0, classes, (height // cell, width // cell))
    return np.kron(drawn, np.ones((cell, cell), np.int64)).astype(np.int64)


def centre_mask(height: int, width: int) -> Image:
    """``[1, height, width]``, 1 = hole: the middle half of the rows and columns, a quarter of the area."""
    mask = np.zeros((1, height, width), np.float32)
    top, left = height // 4, width // 4
    mask[:, top : top + height // 2, left : left + width // 2] = 1
    return mask


def irregular_mask(height: int, width: int) -> Image:
    """``[1, height, width]``, 1 = hole: an ellipse, a wavy band and a diagonal stroke."""
    y, x = np.arange(height)[:, None] / height, np.arange(width)[None] / width
    ellipse = ((x - 0.35) / 0.22) ** 2 + ((y - 0.4) / 0.15) ** 2 < 1
    band = np.abs(y - (0.75 + 0.12 * np.sin(6 * np.pi * x))) < 0.05
    stroke = (np.abs((x - 0.7) + (y - 0.2)) < 0.06) & (x > 0.5)
    return (ellipse | band | stroke).astype(np.float32)[None]


FILLS: Mapping[str, Callable[[str, Sequence[int]], Array]] = {"fill_tf": fill_tf, "fill_torch": fill_torch}
"""Fill rules by the name that a fixture's ``spec.fill`` gives."""

MASKS: Mapping[str, Callable[[int, int], Image]] = {"centre": centre_mask, "irregular": irregular_mask}
"""Masks by the name that a fixture's ``spec.mask`` gives."""

INPUTS: Mapping[str, Callable[[Image], Image]] = {"2*image-1": lambda image: 2 * image - 1}
"""What a fixture's ``spec.input`` makes of `uniform_image`."""
