"""`--isolate` and `--timeout`: a method in a process of its own; one that dies or hangs costs its sample only."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cv2
import torch

from harness.runner.call import Answer, answer_of
from harness.runner.entries import Entry
from harness.runner.frames import Frame, Watch, receive, send
from harness.runner.units import Unit
from harness.store.keys import digest
from harness.suites import Task

__all__ = ["Broken", "Host", "IsolatedCaller", "Lost"]

START_SECONDS = 600.0
"""ours: for starting a process, importing and building a method. Large checkpoints on slow disks take minutes."""
WARM_UP_SECONDS = 60.0
"""ours: the first call of each size in a process, which may compile, has at least as long."""
MOST_STARTS = 2
"""ours: deaths at start-up in a row, until a method counts as broken. One may be bad luck: another's memory, a disk."""
WATCH_SECONDS = 0.2
_CHILD = """\
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from harness.runner.hosting import main
main(int(sys.argv[1]))
"""


class Lost(Exception):
    """The process gave no answer. `starting`: it had not yet come to a sample."""

    def __init__(self, reason: str, *, starting: bool) -> None:
        super().__init__(reason)
        self.starting = starting


class Broken(Exception):
    """The process will never answer: no further one is started."""


class Host:
    """One entry's process. Started when it is first asked, and again after it was lost.

    Args:
        timeout: seconds that a call may take a sample (a batch of n has n times as long); None: as long as it likes.
            Building and warming up have limits of their own.
    """

    def __init__(self, entry: Entry, device: str, timeout: float | None) -> None:
        self._entry = entry
        self._device = device
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._task: Task | None = None
        self._step, self._limit = "start", START_SECONDS
        self._deaths = 0
        self._broken = ""

    def ask(self, task: Task, units: Sequence[Unit], seeds: Sequence[int]) -> Frame:
        """What the process answers about samples of a task.

        Raises:
            Lost: it died, or did not answer in time, and is gone.
            Broken: it cannot be started.
        """
        if self._broken:
            raise Broken(self._broken)
        try:
            if self._process is None:
                self._start()
            return self._talk(task, units, seeds)
        except Lost as lost:
            self._deaths = self._deaths + 1 if lost.starting else 0
            if self._deaths >= MOST_STARTS:
                self._broken = str(lost)
            raise

    def _start(self) -> None:
        self._task = None
        self._step, self._limit = "start", START_SECONDS
        ours, theirs = socket.socketpair()
        ours.settimeout(WATCH_SECONDS)
        self._line = ours
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _CHILD, str(theirs.fileno()), json.dumps(sys.path)],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    process_group=0,  # Ctrl-C is the run's to handle; and what the method started goes with it
                )
            except OSError as error:  # no memory, or no process, is left for it
                raise self._lost(f"the method's process could not be started: {error.strerror}") from error

    def _talk(self, task: Task, units: Sequence[Unit], seeds: Sequence[int]) -> Frame:
        try:
            if self._step == "start":
                self._tell(self._introduction())
                self._await("ready")
            self._step, self._limit = "idle", START_SECONDS
            if task is not self._task:
                self._tell({"capability": task.capability, "role": task.role, "strategy": task.strategy})
                self._task = task
            self._tell(*_request(units, seeds, task))
            answer = self._await("answers")
        except (EOFError, OSError) as error:
            when = " at start-up" if self._starting else ""
            raise self._lost(f"the method's process died{when} ({self._end()})") from error
        self._deaths = 0
        return answer

    def _introduction(self) -> dict[str, Any]:
        return {
            "reference": self._entry.reference,
            "identity": digest(self._entry.identity()),
            "device": self._device,
            "torch_threads": torch.get_num_threads(),
            "cv2_threads": cv2.getNumThreads(),
        }

    def _tell(self, words: Mapping[str, Any], arrays: Sequence[Any] = ()) -> None:
        """Send a message: it is taken as a whole while the step lasts."""
        assert self._line is not None, "started before"
        send(self._line, words, arrays, watch=self._watch())

    def _await(self, wanted: str) -> Frame:
        """The message with `wanted`; what comes before it says which step the method is at, and so how long it has."""
        assert self._line is not None, "started before"
        while True:
            words, arrays = receive(self._line, watch=self._watch())
            if "refused" in words:
                self.close()
                self._broken = words["refused"]
                raise Broken(self._broken)
            if wanted in words or words.get("step") == wanted:
                return words, arrays
            self._step, self._limit = words["step"], self._limit_of(words)

    def _watch(self) -> Watch:
        """What ends the wait for a message, or for its rest: the step's limit from now on, or the process's death."""
        assert self._process is not None, "started before"
        process, deadline = self._process, time.monotonic() + self._limit

        def watch(idle: bool) -> None:
            if idle and process.poll() is not None:
                raise EOFError  # a process that it started may hold the line open
            if time.monotonic() >= deadline:
                what = {"call": "", "warm-up": " of warming up"}.get(self._step, " of starting up")
                raise self._lost(f"no answer within {self._limit:g} s{what}")

        return watch

    def _limit_of(self, words: Mapping[str, Any]) -> float:
        if words["step"] == "build" or self._timeout is None:
            return START_SECONDS if words["step"] == "build" else float("inf")
        seconds = self._timeout * int(words["samples"])
        return max(seconds, WARM_UP_SECONDS) if words["step"] == "warm-up" else seconds

    @property
    def _starting(self) -> bool:
        """Whether it has not yet come to a sample."""
        return self._step not in ("warm-up", "call")

    def _lost(self, reason: str) -> Lost:
        self.close()
        return Lost(reason, starting=self._starting)

    def _end(self) -> str:
        """How the process ended: the name of a signal, or its exit code."""
        assert self._process is not None, "asked of one that was lost just now"
        with contextlib.suppress(subprocess.TimeoutExpired):  # it closed the line and lives on: killed as we close
            self._process.wait(5)
        code = self._process.poll()
        if code is None:
            return "it closed its line"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def close(self) -> None:
        """End the process and what it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None


class IsolatedCaller:
    """Answers of one entry on one task from a `Host`, equal to those of a `Caller` but for seconds and memory."""

    def __init__(self, host: Host, task: Task, device: str) -> None:
        self._host = host
        self._task = task
        self._device = device

    def run(self, units: Sequence[Unit], seeds: Sequence[int]) -> list[Answer]:
        """Answers in order. A batch whose process is lost is repeated sample by sample; who loses it again fails."""
        try:
            words, arrays = self._host.ask(self._task, units, seeds)
        except Broken as broken:
            return [Answer(unit, "failed", str(broken)) for unit in units]
        except Lost as lost:
            if lost.starting:
                return self.run(units, seeds)
            if len(units) == 1:
                return [Answer(units[0], "failed", str(lost))]
            return [answer for unit, seed in zip(units, seeds, strict=True) for answer in self.run([unit], [seed])]
        pictures = iter(arrays)
        return [self._answer(unit, told, pictures) for unit, told in zip(units, words["answers"], strict=True)]

    def _answer(self, unit: Unit, told: Mapping[str, Any], pictures: Iterator[Any]) -> Answer:
        if not told["layout"] and told["score"] is None:
            return Answer(unit, told["status"], told["reason"], facts=told["facts"])
        lasting = {name: told[name] for name in ("facts", "seconds", "peak_mb")}
        if told["score"] is not None:
            maps = {name: torch.from_numpy(next(pictures)) for name in told["maps"]}
            return Answer(unit, score=told["score"], maps=maps, **lasting)
        levels = torch.from_numpy(next(pictures))
        levels = levels.permute(2, 0, 1) if told["layout"] == "hwc" else levels
        maps = {name: torch.from_numpy(next(pictures)) for name in told["maps"]}
        return answer_of(unit, levels, self._device, maps=maps, **lasting)


def _request(units: Sequence[Unit], seeds: Sequence[int], task: Task) -> tuple[dict[str, Any], list[Any]]:
    """What the method may see of some samples: no truth, no cluster, no mask that the task does not give."""
    masks = [unit.mask if "mask" in (*task.gives, *task.oracle) else None for unit in units]
    samples = [
        {
            "id": u.id, "prompt": u.prompt, "masked": mask is not None, "labelled": u.labels is not None,
            "referred": u.reference is not None, "exposed": u.exposures is not None, "precision": u.precision,
            "size": list(u.truth.shape[:2]),
        }
        for u, mask in zip(units, masks, strict=True)
    ]  # fmt: skip
    arrays = []
    for unit, mask in zip(units, masks, strict=True):
        arrays.append(unit.visible(task.role))
        if mask is not None:
            arrays.append(mask.view("uint8"))
        if unit.labels is not None:
            arrays.append(unit.labels.view("uint8"))
        arrays += [array for array in (unit.reference, unit.exposures) if array is not None]
    return {"samples": samples, "seeds": list(seeds)}, arrays
