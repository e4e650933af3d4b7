"""Synchronised seconds and peak memory of one call."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

import torch

__all__ = ["Clock"]

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def _resident() -> tuple[float, float] | None:
    """(peak, current) resident MB of this process, None where the system does not tell."""
    try:
        lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines() if line.startswith("Vm"))
    except OSError:
        return None
    return int(lines["VmHWM"].split()[0]) / 1024, int(lines["VmRSS"].split()[0]) / 1024


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
            _CLEAR.write_text("5")
        except OSError:
            return
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
