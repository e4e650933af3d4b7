"""How often each of the 256 levels of an assessor's map stands inside and outside of what the labels mark.

All that can be said of a map by threshold or by rank follows from these 512 counts, so a record carries them and no
metric needs the map again.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError

__all__ = ["LEVELS", "Levels", "counted", "packed", "unpacked"]

LEVELS = "map_levels"
"""Fact: the counts of the assessor's map against the first label map, packed."""
Levels = NDArray[np.int64]
_KEPT = np.dtype("<u4")
_BYTES = 2 * 256 * _KEPT.itemsize


def counted(map: NDArray[np.uint8], marked: NDArray[np.bool_]) -> Levels:
    """[2, 256] pixels of each level of a map [H, W], not `marked` [H, W] and marked.

    Example:
        >>> counted(np.array([[0, 255]], np.uint8), np.array([[False, True]]))[:, [0, 255]].tolist()
        [[1, 0], [0, 1]]
    """
    return np.bincount((map + 256 * marked.astype(np.int64)).ravel(), minlength=512).reshape(2, 256)


def packed(levels: Levels) -> str:
    """[2, 256] as text: little-endian 32-bit numbers, deflated, base64."""
    return base64.b64encode(zlib.compress(levels.astype(_KEPT).tobytes(), 9)).decode()


def unpacked(text: str) -> Levels:
    """The inverse of `packed`. Raises `HarnessError` for anything else; never inflates more than 2 KiB."""
    try:
        stream = zlib.decompressobj()
        found = stream.decompress(base64.b64decode(text, validate=True), _BYTES + 1)
    except (ValueError, zlib.error) as error:
        raise HarnessError(f"a record's {LEVELS} cannot be read: {error}") from error
    if len(found) != _BYTES or not stream.eof:
        raise HarnessError(f"a record's {LEVELS} cannot be read: it does not hold 2 × 256 numbers")
    return np.frombuffer(found, _KEPT).astype(np.int64).reshape(2, 256)
