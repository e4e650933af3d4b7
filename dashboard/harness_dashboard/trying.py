"""Running one method on one picture for the page Try it: which can run here, and a process that is ended in time.

The dashboard itself never imports a method: `harness inpaint` does, in a process group of its own.
"""

from __future__ import annotations

import atexit
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.datasets.decode import decode, encode_png, printable
from harness.errors import HarnessError
from harness.places import locate
from harness.plugin_files import plugin_files
from harness.plugins import Registry, missing
from harness.specs import MethodSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole

    Pixels = NDArray[np.uint8]

__all__ = ["Absent", "Choice", "Job", "Outcome", "choices", "command_line", "start"]

MOST_TOLD = 4096
"""ours: bytes of what a command printed that are read, from its end."""
GIVEN = frozenset({"image", "mask"})


@dataclass(frozen=True)
class Choice:
    """A method that can run here, at one checkpoint. `kind` of its weights is "" (none needed), official or mini."""

    reference: str
    summary: str
    kind: str
    licence: str


@dataclass(frozen=True)
class Absent:
    """A method that fills holes and cannot run here: why, and the command that helps ("" for none)."""

    name: str
    why: str
    command: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    Attributes:
        pixels: uint8 [H, W, 3], None where it failed.
        line: the one line that says why it failed, "" where it did not.
        seconds: what the method took, as the command says; None where it failed.
        whole: seconds of the process, with start and loading.
        warnings: lines that the command printed beside its result.
    """

    pixels: Pixels | None
    line: str
    seconds: float | None
    whole: float
    warnings: tuple[str, ...] = ()


def choices(known: Registry) -> tuple[list[Choice], list[Absent]]:
    """Inpainters that can run here, and those that cannot. Random weights are never offered: they are for timing."""
    found, absent = list[Choice](), list[Absent]()
    for spec in known.all("methods"):
        if not isinstance(spec, MethodSpec) or "inpaint" not in spec.capabilities:
            continue
        if lacking := _lacks(spec):
            absent.append(lacking)
        elif not spec.weights:
            found.append(Choice(spec.name, spec.summary, "", spec.licence))
        else:
            here = [one for one in spec.weights if one.kind != "random" and locate(spec.name, one)]
            found += [Choice(f"{spec.name}@{one.name}", spec.summary, one.kind, one.licence) for one in here]
            if not here:
                absent.append(Absent(spec.name, "no weights here", f"harness show {spec.name}"))
    return found, absent


def _lacks(spec: MethodSpec) -> Absent | None:
    """What keeps a method from running here, its weights aside."""
    if line := missing(spec.requires):
        why, _, command = line.partition(": ")
        return Absent(spec.name, why, command)
    if spec.wraps is not None:
        return Absent(spec.name, "needs an inner method: name both on the command line", f"harness show {spec.name}")
    if further := sorted(spec.needs - GIVEN):
        return Absent(spec.name, f"needs {', '.join(further)}, which this page does not give")
    if "hole" not in spec.roles:
        return Absent(spec.name, "edits what it sees instead of filling a hole")
    module = spec.target.partition(":")[0]
    try:
        there = find_spec(module) is not None
    except ModuleNotFoundError:  # of a package on the way to it
        there = False
    if not there:
        return Absent(spec.name, f"broken: no module {module}", "harness list plugins")
    return None


def command_line(reference: str, name: str) -> str:
    """The command that does the same to `name`.png and `name`-mask.png, to be copied."""
    plugins = [word for path in plugin_files() for word in ("--plugin", str(path))]
    files = [f"{name}.png", "--mask", f"{name}-mask.png", "-o", f"{name}-filled.png"]
    return shlex.join(["harness", *plugins, "inpaint", reference, *files])


class Job:
    """One `harness inpaint` in a process group of its own, in a temporary folder; killed when its time is over.

    Attributes:
        limit: seconds it may take.
        outcome: None while it runs.
    """

    def __init__(self, reference: str, picture: Pixels, hole: Hole, limit: float) -> None:
        self.reference, self.picture, self.hole, self.limit = reference, picture, hole, limit
        self.outcome: Outcome | None = None
        self._ended_by = ""
        self._folder = tempfile.TemporaryDirectory(prefix="harness-try-")
        inside = Path(self._folder.name)
        (inside / "picture.png").write_bytes(encode_png(picture))
        (inside / "mask.png").write_bytes(encode_png(hole))
        files = [str(inside / "picture.png"), "--mask", str(inside / "mask.png"), "-o", str(inside / "filled.png")]
        self._began = time.monotonic()
        with (inside / "told").open("wb") as told, (inside / "errors").open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "harness", "inpaint", reference, *files],
                stdin=subprocess.DEVNULL, stdout=told, stderr=errors, start_new_session=True,
            )  # fmt: skip
        atexit.register(self.stop)  # nothing that we started outlives us
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def stop(self) -> None:
        """End it now, with all that it started."""
        self._kill("stopped")

    def _kill(self, why: str) -> None:
        if self._process.poll() is None:
            self._ended_by = why
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return  # it ended by itself meanwhile

    def _watch(self) -> None:
        try:
            self._process.wait(self.limit)
        except subprocess.TimeoutExpired:
            self._kill(f"took longer than {self.limit:g} s, and was ended: harness dashboard --timeout SECONDS")
            self._process.wait()
        try:
            self.outcome = self._collect()
        finally:
            atexit.unregister(self.stop)
            self._folder.cleanup()

    def _collect(self) -> Outcome:
        folder, whole = Path(self._folder.name), self.seconds
        told, errors = (_lines(folder / name) for name in ("told", "errors"))
        if self._ended_by:
            return Outcome(None, f"{self.reference} {self._ended_by}", None, whole)
        if self._process.returncode != 0:
            line = next((one for one in reversed(errors) if one.startswith("Error")), errors[-1] if errors else "")
            ended = f"it ended with code {self._process.returncode} and said nothing"
            return Outcome(None, line or f"{self.reference}: {ended}", None, whole)
        try:
            pixels = decode(folder / "filled.png").pixels
        except HarnessError as error:
            return Outcome(None, str(error), None, whole)
        if pixels.shape != self.picture.shape:
            return Outcome(None, f"{self.reference} gave {pixels.shape[1]}×{pixels.shape[0]} pixels", None, whole)
        stated = re.search(r"  (\d+\.\d+) s$", told[-1]) if told else None
        return Outcome(pixels, "", float(stated[1]) if stated else None, whole, tuple(errors))


def _lines(path: Path) -> list[str]:
    """The last lines that a command printed, each fit to be shown."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - MOST_TOLD))
        text = stream.read().decode(errors="replace")
    return [printable(line.rstrip()) for line in text.splitlines() if line.strip()]


_last: list[Job] = []
_starting = threading.Lock()


def start(reference: str, picture: Pixels, hole: Hole, limit: float) -> Job:
    """Begin a run. Raises `HarnessError` while another one goes on: this machine does one at a time."""
    with _starting:
        if _last and _last[0].outcome is None:
            raise HarnessError("another picture is being filled on this machine: wait until it is done, or stop it")
        _last[:] = [Job(reference, picture, hole, limit)]
        return _last[0]
