"""Bytes of a prepared file as what their role says; errors name the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from harness.datasets.decode import ImageError, decode, decode_mask
from harness.datasets.labels import decode_labels
from harness.datasets.layouts import Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole

__all__ = ["hole_of", "read_role"]

T = TypeVar("T")


def hole_of(data: bytes, name: str, *, white: bool) -> Hole:
    """bool H×W of a mask file, True = hole whatever its polarity. Raises `ImageError` naming the file."""
    bright = _named(name, lambda: decode_mask(data))
    return bright if white else ~bright


def read_role(role: str, data: bytes, name: str, split: Split) -> NDArray[Any]:
    """uint8 H×W×3 of pictures, bool H×W of masks (True = hole), int64 H×W of labels. Raises `ImageError`."""
    if split.binary and role in ("mask", "labels"):
        marked = np.asarray(_named(name, lambda: decode(data).pixels).any(axis=2))
        if role == "labels":
            return marked.astype(np.int64)
        return marked if split.hole == "white" else ~marked
    if role == "mask":
        return hole_of(data, name, white=split.hole == "white")
    if role in ("labels", "instances"):
        return decode_labels(data, name)
    return _named(name, lambda: decode(data).pixels)


def _named(name: str, read: Callable[[], T]) -> T:
    """Bytes have no name: what is wrong with them gets the file's."""
    try:
        return read()
    except ImageError as error:
        raise ImageError(f"{name}: {str(error).partition(': ')[2]}") from error
