"""How this process holds memory: kept for the next sample, and given back before a peak is measured."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["give_back_freed", "keep_freed"]

# glibc, malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
LARGEST_KEPT = 32 << 20  # glibc's largest: allocations above it go straight to the system, as they always did
KEPT = 512 << 20  # ours: what may lie free at the end of a heap


def _libc() -> ctypes.CDLL | None:
    """The C library where it is glibc."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "malloc_trim") else None


def keep_freed() -> None:
    """Let glibc keep freed memory instead of returning it after every sample.

    A picture's tensors are large enough that it would otherwise map and unmap them each time: the page faults cost
    several milliseconds of CPU a sample, more than everything else that the engine does.
    """
    libc = _libc()
    if libc is not None:
        libc.mallopt(_MMAP_THRESHOLD, LARGEST_KEPT)
        libc.mallopt(_TRIM_THRESHOLD, KEPT)


def give_back_freed() -> None:
    """Return free memory to the system, so that the next call's peak counts what it allocates."""
    libc = _libc()
    if libc is not None:
        libc.malloc_trim(0)
