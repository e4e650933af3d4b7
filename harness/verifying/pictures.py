"""Kept pictures, looked at before they are decoded: OpenCV tells of a damaged one on stderr, past any handler."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.store.artifacts import Artifacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["read_picture", "whole_png"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read_picture(artifacts: Artifacts, name: str) -> NDArray[np.uint8] | None:
    """Pixels by hash, uint8 H×W×3 or H×W; None where they were not kept. Raises `HarnessError` where damaged."""
    path = artifacts.path(name)
    if path.exists() and not whole_png(path.read_bytes()):
        raise HarnessError(f"{path}: damaged picture; remove it and run again")
    return artifacts.get(name)


def whole_png(content: bytes) -> bool:
    """Whether every chunk to the last one agrees with its CRC-32, its length and the place it stands at (PNG 5.3)."""
    at, kinds = len(SIGNATURE), list[bytes]()
    if not content.startswith(SIGNATURE):
        return False
    while kinds[-1:] != [b"IEND"]:
        data = content[at + 4 : (end := at + 8 + int.from_bytes(content[at : at + 4]))]
        if end + 4 > len(content) or zlib.crc32(data) != int.from_bytes(content[end : end + 4]):
            return False
        kinds.append(data[:4])
        at = end + 4
    return kinds[0] == b"IHDR" and b"IDAT" in kinds
