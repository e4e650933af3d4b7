"""The process of one method: `harness run --isolate` talks to it by `harness.runner.isolation`.

It gets what the method may see and nothing else: the truth never enters it.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from socket import socket
from threading import Thread
from typing import Any

import cv2
import numpy as np
import torch

from harness.errors import HarnessError
from harness.interfaces import Batch
from harness.plugins import registry
from harness.runner.call import Answer, Caller
from harness.runner.entries import Entry, resolve_entry
from harness.runner.frames import Frame, receive, send
from harness.runner.memory import keep_freed
from harness.runner.units import Unit
from harness.store.keys import digest
from harness.strategies import Strategy

__all__ = ["Hosted", "main"]

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Hosted:
    """A method that tells the run which step it is at, so that the run knows what it is waiting for."""

    def __init__(self, entry: Entry, device: str, line: socket) -> None:
        self._entry = entry
        self._device = device
        self._line = line
        self._method: Any = None

    def build(self) -> Any:
        """The method, made once."""
        if self._method is None:
            send(self._line, {"step": "build"})
            self._method = self._entry.build(self._device)
        return self._method

    def caller(self, capability: str, role: str, strategy: str) -> Caller:
        """What calls it on one task."""
        spec = self._entry.spec
        return Caller(
            lambda: _Telling(self.build(), capability, self._line), capability, spec.needs, self._device, role,
            Strategy.parse(strategy),
        )  # fmt: skip


class _Telling:
    """The method with every call announced: the first of each size is the caller's warm-up."""

    def __init__(self, method: Any, capability: str, line: socket) -> None:
        call: Callable[[Batch], Any] = getattr(method, capability)
        warm: set[tuple[int, ...]] = set()

        def announced(batch: Batch) -> Any:
            size = (len(batch.ids), *(batch.target_size or ()))
            send(line, {"step": "call" if size in warm else "warm-up", "samples": len(batch.ids)})
            given = call(batch)
            warm.add(size)
            return given

        setattr(self, capability, announced)


def main(descriptor: int) -> None:
    """Serve the run at the other end of a socket until it is gone."""
    _die_with_the_run()
    line = socket(fileno=descriptor)
    asked: queue.Queue[Frame] = queue.Queue()
    Thread(target=_listen, args=(line, asked), daemon=True).start()
    words, _ = asked.get()
    try:
        hosted = _host(words, line)
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        send(line, {"refused": first if isinstance(error, HarnessError) else f"{type(error).__name__}: {first}"})
        return
    send(line, {"step": "ready"})
    caller: Caller | None = None
    while True:
        words, arrays = asked.get()
        if "capability" in words:
            caller = hosted.caller(words["capability"], words["role"], words["strategy"])
        elif caller is not None:
            _answer(line, caller.run(_units(words, arrays), words["seeds"]))


def _die_with_the_run() -> None:
    """Linux ends this process when the one that started it ends, even if the method never gives the thread back."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _listen(line: socket, asked: queue.Queue[Frame]) -> None:
    """Read ahead of the method. When the run is gone, end this process and those that it started."""
    try:
        while True:
            asked.put(receive(line))
    except (EOFError, OSError):
        os.killpg(os.getpid(), signal.SIGKILL)


def _host(words: Mapping[str, Any], line: socket) -> Hosted:
    keep_freed()
    torch.set_num_threads(words["torch_threads"])
    cv2.setNumThreads(words["cv2_threads"])
    entry = resolve_entry(words["reference"], registry())
    if digest(entry.identity()) != words["identity"]:
        raise HarnessError(f"{words['reference']} is another method in a process of its own: was its plugin edited?")
    return Hosted(entry, words["device"], line)


def _units(words: Mapping[str, Any], arrays: Sequence[Any]) -> list[Unit]:
    """Samples as the method may see them: what stands in for the truth is the visible picture, or a black one."""
    units, rest = [], iter(arrays)
    for sample in words["samples"]:
        visible = next(rest)
        mask = next(rest).astype(np.bool_) if sample["masked"] else None
        labels = next(rest).view(np.int64) if sample["labelled"] else None
        reference = next(rest) if sample["referred"] else None
        exposures = next(rest) if sample["exposed"] else None
        size = tuple(sample["size"])
        truth, image = (visible, None) if visible.shape[:2] == size else (np.zeros((*size, 3), np.uint8), visible)
        given = {"labels": labels, "reference": reference, "exposures": exposures, "precision": sample["precision"]}
        units.append(Unit(sample["id"], "", truth, mask, sample["prompt"], "", "", "", image, **given))
    return units


def _answer(line: socket, answers: Sequence[Answer]) -> None:
    """Send what every sample got; pixels in the order in which they lie in memory, for metrics may round by it."""
    words, arrays = [], []
    for answer in answers:
        told: dict[str, Any] = {"status": answer.status, "reason": answer.reason, "facts": dict(answer.facts)}
        told |= {"seconds": answer.seconds, "peak_mb": answer.peak_mb, "layout": "", "maps": list(answer.maps)}
        told["score"] = answer.score
        if answer.pixels is not None:
            interleaved = answer.pixels.stride(0) == 1
            told["layout"] = "hwc" if interleaved else "chw"
            arrays.append((answer.pixels.permute(1, 2, 0) if interleaved else answer.pixels).cpu().numpy())
        arrays += [levels.cpu().numpy() for levels in answer.maps.values()]
        words.append(told)
    send(line, {"answers": words}, arrays)
