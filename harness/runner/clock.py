"""Synchronised seconds and peak memory of one call."""

from __future__ import annotations

import os
import time
from types import TracebackType

import torch

__all__ = ["Clock"]

_CLEAR = "/proc/self/clear_refs"
_STATUS = "/proc/self/status"


def _resident() -> tuple[float, float] | None:
    """(peak, current) resident MB of this process, None where the system does not tell."""
    try:
        opened = os.open(_STATUS, os.O_RDONLY)
    except OSError:
        return None
    try:
        status = os.read(opened, 8192)
    finally:
        os.close(opened)
    return _kilobytes(status, b"VmHWM:") / 1024, _kilobytes(status, b"VmRSS:") / 1024


def _kilobytes(status: bytes, name: bytes) -> int:
    return int(status[status.index(name) + len(name) :].split(None, 1)[0])


class Clock:
    """Times a `with` block on a device: `seconds`, and `peak_mb` that the block added (None where unknown)."""

    def __init__(self, device: str) -> None:
        self._cuda = device.startswith("cuda")
        self._device = device
        self.seconds = 0.0
        self.peak_mb: float | None = None
        self._before: float | None = None

    def __enter__(self) -> Clock:
        if self._cuda:
            torch.cuda.synchronize(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            self._before = torch.cuda.memory_allocated(self._device) / 2**20
        else:
            self._reset_peak()
        self._start = time.perf_counter()
        return self

    def _reset_peak(self) -> None:
        try:
            clear = os.open(_CLEAR, os.O_WRONLY)
        except OSError:
            return
        try:
            os.write(clear, b"5")
        finally:
            os.close(clear)
        resident = _resident()
        self._before = resident[1] if resident else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._cuda:
            torch.cuda.synchronize(self._device)
        self.seconds = time.perf_counter() - self._start
        if self._before is None:
            return
        if self._cuda:
            self.peak_mb = torch.cuda.max_memory_allocated(self._device) / 2**20 - self._before
        else:
            resident = _resident()
            self.peak_mb = max(0.0, resident[0] - self._before) if resident else None
