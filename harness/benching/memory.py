"""A picture that is too large for the machine costs its own row, not the whole measurement."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["room_for_data"]

SHARE = 0.9
"""ours: of the memory that is free when it begins; the rest is for what others need meanwhile."""


@contextmanager
def room_for_data(device: str) -> Iterator[None]:
    """Let allocations fail beyond the memory that is free now, where Linux would otherwise kill this process.

    Only on the CPU: an accelerator's driver maps more than it uses, and says itself when its memory is full.
    """
    if device != "cpu" or not sys.platform.startswith("linux"):
        yield
        return
    import resource

    import psutil

    before = resource.getrlimit(resource.RLIMIT_DATA)
    limit = _data() + int(SHARE * psutil.virtual_memory().available)
    ceiling = [bound for bound in before if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([limit, *ceiling]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _data() -> int:
    """Bytes that count against the limit today (proc(5), VmData)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:")) * 1024
