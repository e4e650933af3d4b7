"""Hashes: every identity is the sha256 of a canonical JSON text whose ingredients are stored beside it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["digest", "pixels_hash", "seed_of", "slug"]


def digest(ingredients: Any) -> str:
    """sha256 (hex) of a JSON-able value, independent of key order."""
    text = json.dumps(ingredients, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def pixels_hash(pixels: NDArray[np.uint8]) -> str:
    """sha256 of 8-bit pixels with their shape, so that equal bytes of another shape differ."""
    import numpy as np

    hasher = hashlib.sha256(f"{pixels.shape}".encode())
    hasher.update(np.ascontiguousarray(pixels).data)
    return hasher.hexdigest()


def seed_of(*parts: str | int) -> int:
    """A 63-bit seed from run seed, sample and repeat: never from the method, order or batch."""
    return int(digest(list(parts))[:16], 16) >> 1


def slug(reference: str) -> str:
    """A file name for a reference: readable, and unique by its hash."""
    readable = "".join(c if c.isalnum() or c in "-._" else "-" for c in reference).strip("-.")[:60]
    return f"{readable}-{digest(reference)[:8]}"
