"""Small matrices that act on one axis of a picture, and their singular value decompositions, in float64."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import erf
from torch import Tensor

from harness.errors import HarnessError

__all__ = ["KERNEL_SIDE", "Axis", "axis_of", "block_mean_matrix", "blur_matrix", "gaussian_taps", "grey_matrix"]

Matrix = NDArray[np.float64]
KERNEL_SIDE = 9


class Axis(NamedTuple):
    """A matrix ``[m, n]`` as ``left[m, m] · diag(values[n]) · right[n, n]``; ``m ≤ n``, values beyond ``m`` are 0."""

    matrix: Tensor
    left: Tensor
    values: Tensor
    right: Tensor


def axis_of(matrix: Matrix) -> Axis:
    """Decompose a matrix that has no more rows than columns."""
    left, values, right = np.linalg.svd(matrix, full_matrices=True)
    padded = np.zeros(matrix.shape[1])
    padded[: len(values)] = values
    return Axis(*(torch.from_numpy(np.ascontiguousarray(part)) for part in (matrix, left, padded, right)))


def gaussian_taps(spread: float, side: int = KERNEL_SIDE) -> Matrix:
    """GDP's kernel along one axis, ``[side]``, sum 1: roots of a normal density's mass in ``side`` equal bins.

    The bins reach half a bin beyond ``spread`` standard deviations on either side, so a larger ``spread`` is a
    narrower blur. The release's two-dimensional kernel (side 9, spread 2) is the product of two of these: the root of
    a product is the product of roots.
    """
    if not spread > 0:
        raise HarnessError(f"a blur's spread is above 0, not {spread:g}")
    half = (2 * spread + 1) / side / 2
    edges = np.linspace(-spread - half, spread + half, side + 1)
    roots = np.sqrt(np.diff(0.5 * erf(edges / np.sqrt(2))))
    taps: Matrix = roots / roots.sum()
    return taps


@lru_cache(maxsize=32)
def blur_matrix(size: int, spread: float) -> Matrix:
    """``[size, size]``: a row of pixels under `gaussian_taps`.

    ours: mirrored about its edges (the edge pixel twice), so that all is observed; the release looks only where the
    kernel lies inside.
    """
    taps = gaussian_taps(spread)
    reach = len(taps) // 2
    if size < reach:
        raise HarnessError(f"a side of {size} px is too short for a blur of {len(taps)} px")
    matrix = np.zeros((size, size))
    for row in range(size):
        for offset, tap in enumerate(taps):
            column = row + offset - reach
            column = -column - 1 if column < 0 else column
            matrix[row, column if column < size else 2 * size - 1 - column] += tap
    return matrix


@lru_cache(maxsize=32)
def block_mean_matrix(size: int, factor: int) -> Matrix:
    """``[ceil(size / factor), size]``: means of ``factor`` pixels; the last block may be shorter."""
    if not 1 <= factor <= size:
        raise HarnessError(f"blocks of {factor} px do not fit a side of {size} px")
    starts = range(0, size, factor)
    matrix = np.zeros((len(starts), size))
    for row, start in enumerate(starts):
        block = matrix[row, start : start + factor]
        block[:] = 1 / len(block)
    return matrix


def grey_matrix() -> Matrix:
    """``[3, 3]``: the mean of the channels, three times."""
    return np.full((3, 3), 1 / 3)
