"""What a plugin does beside its work: hosts, files, words, memory."""

from __future__ import annotations

import contextlib
import gc
import os
import tempfile
import tracemalloc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.places import home
from harness.testing.conformance.model import Fault, NotHere, check
from harness.testing.conformance.subjects.subject import Subject
from harness.testing.conformance.watch import watched

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.method import MethodSubject

__all__ = ["memory", "no_network", "no_writes", "silent"]

MEBIBYTE = 2**20
CALLS = 6
MOST_PYTHON = 64 * 1024
MOST_RESIDENT = 32 * MEBIBYTE
DEVICES = ("/dev/", "/proc/")


@check("method metric dataset mask embedder degradation", stage="static")
def no_network(subject: Subject) -> str:
    """Importing, building and using it asks for no host (sockets are closed; C libraries' own are not seen)."""
    try:
        subject.exercised()
    finally:
        if hosts := [*subject.imported.hosts, *subject.seen.hosts]:
            raise Fault(f"asks for {hosts[0]}: nothing is downloaded at run time; declare a WeightsSpec with fetch")
    return ""


@contextlib.contextmanager
def _in_an_empty_folder() -> Iterator[Path]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def _allowed(path: str) -> bool:
    """Temporary files, devices, Python's own caches and HARNESS_HOME may be written."""
    free = [os.path.realpath(place) for place in (tempfile.gettempdir(), home())]
    inside = any(Path(path).is_relative_to(place) for place in free)
    return inside or path.startswith(DEVICES) or "__pycache__" in path


@check("method metric dataset mask embedder degradation", stage="static")
def no_writes(subject: Subject) -> str:
    """Building and using it writes nothing into the working folder, and elsewhere only temporary files or below
    HARNESS_HOME (files that C libraries open are seen in the working folder only).
    """
    with _in_an_empty_folder() as folder:
        before = len(subject.seen.writes)
        subject.exercised()
        left = sorted(path.name for path in folder.iterdir())
        place = os.path.realpath(folder)
        inside = [path for path in subject.seen.writes[before:] if Path(path).is_relative_to(place)]
    if left or inside:
        name = left[0] if left else Path(inside[0]).name
        raise Fault(f"writes {name} into the working folder: give it back as a map or fact, or write it to tempfile")
    if strange := [path for path in subject.seen.writes[before:] if not _allowed(path)]:
        raise Fault(f"writes {strange[0]}: write nothing, or below HARNESS_HOME (harness.places.home())")
    return ""


@check("method metric dataset mask embedder degradation", stage="static")
def silent(subject: Subject) -> str:
    """Importing, building and using it prints nothing, from Python or from C."""
    with watched() as seen:  # what is printed is known when watching ends
        subject.exercised()
    if words := (subject.imported.printed + seen.printed).strip():
        raise Fault(f"prints {words.splitlines()[0][:80]!r}: remove it, or use logging")
    return ""


def _tensors() -> int:
    import torch

    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _use(subject: MethodSubject, method: Any, times: int) -> None:
    for _ in range(times):
        subject.ask(subject.calls[0], subject.batch(subject.calls[0]), method=method)


@contextlib.contextmanager
def _only_new_objects() -> Iterator[None]:
    """The collector looks at what is made from here on only: with torch loaded, a walk over all takes 0.1 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _kept(subject: MethodSubject, method: Any) -> tuple[int, float, int]:
    """What further calls leave behind: tensors, traced bytes a call, bytes of the process."""
    _use(subject, method, 2)
    gc.collect()
    tensors, resident = _tensors(), _resident()
    tracemalloc.start()
    try:
        _use(subject, method, 1)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        _use(subject, method, CALLS - 1)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    return _tensors() - tensors, grown / (CALLS - 1), _resident() - resident


def _hoards(tensors: int, traced: float, resident: int) -> str:
    """What is wrong with what calls leave behind; "" if nothing is."""
    if tensors >= CALLS:
        return f"{tensors} tensors are kept after {CALLS} calls"
    if traced > MOST_PYTHON:
        return f"each call keeps {traced / 1024:.0f} KiB"
    return f"the process grew by {resident / MEBIBYTE:.0f} MiB in {CALLS} calls" if resident > MOST_RESIDENT else ""


@check("method")
def memory(subject: MethodSubject) -> str:
    """A dropped object is freed; six further calls keep no tensor, less than 64 KiB of Python and numpy memory a call,
    and less than 32 MiB in all. Where they do, six more are asked: an allocator settles, a hoard grows on.
    """
    with _only_new_objects():
        method = subject.build()
        kept = _kept(subject, method)
        if _hoards(*kept):
            kept = _kept(subject, method)
        if line := _hoards(*kept):
            raise Fault(f"{line}: does a list or cache hold inputs or outputs?")
        try:
            dropped = weakref.ref(method)
        except TypeError:
            raise NotHere("calls keep nothing; objects of this class cannot be watched (no __weakref__)") from None
        del method
        gc.collect()
        if dropped() is not None:
            raise Fault("a dropped object is not freed: does a module-level list, cache or callback hold it?")
    return f"{max(0, kept[2]) / MEBIBYTE:.1f} MiB after {CALLS} calls"
