"""What code does beside its work: hosts it asks for (refused), files it writes, words it prints.

Python's audit events tell of the first two whoever imported what before; they cannot be taken back, so one hook
stays in the process and does nothing while nobody watches. Not seen: sockets and files opened by C libraries.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

__all__ = ["NetworkBlocked", "Seen", "blocked", "watched"]

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MOVES = frozenset(("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link"))


class NetworkBlocked(OSError):
    """Raised into whoever asks for a host while being watched."""


@dataclass
class Seen:
    """What was noted: hosts as `name:port`, paths written to, text printed."""

    hosts: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    printed: str = ""

    def add(self, other: Seen) -> None:
        """Take over what was noted elsewhere."""
        self.hosts += other.hosts
        self.writes += other.writes
        self.printed += other.printed


_watching: list[Seen] = []


def _host(event: str, args: tuple[Any, ...]) -> str:
    """The host that an audit event asks for, "" for a local socket."""
    address = args[1] if event in {"socket.connect", "socket.sendto"} else args
    if not isinstance(address, tuple) or not address or address[0] is None:
        return ""  # a Unix socket's address is a path
    words = [word.decode("ascii", "replace") if isinstance(word, bytes) else str(word) for word in address[:2]]
    return ":".join(words)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event in {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}:
        if host := _host(event, args):
            _watching[-1].hosts.append(host)
            raise NetworkBlocked(f"the network is closed while a plugin is checked: {host}")
    elif (event == "open" and isinstance(args[2], int) and args[2] & WRITING) or event in MOVES:
        place = args[1] if event == "os.rename" else args[0]
        if isinstance(place, str | bytes | os.PathLike):
            _watching[-1].writes.append(os.path.realpath(os.fsdecode(place)))


@cache
def _install() -> None:
    sys.addaudithook(_audit)


@contextlib.contextmanager
def _caught(seen: Seen) -> Iterator[None]:
    """Python's and C's standard output and error go into `seen`."""
    text = io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with tempfile.TemporaryFile() as file:
        saved = [os.dup(1), os.dup(2)]
        try:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
                yield
        finally:
            if os.name == "posix":
                ctypes.CDLL(None).fflush(None)  # what C code printed waits in its own buffer
            for copy, number in zip(saved, (1, 2), strict=True):
                os.dup2(copy, number)
                os.close(copy)
            file.seek(0)
            seen.printed += text.getvalue() + file.read().decode("utf-8", "replace")


@contextlib.contextmanager
def watched() -> Iterator[Seen]:
    """Note what the block does; every attempt to reach a host raises `NetworkBlocked` inside it. May be nested."""
    _install()
    seen = Seen()
    with _caught(seen), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning is its author's way of talking, not a fault
        _watching.append(seen)
        try:
            yield seen
        finally:
            _watching.pop()


def blocked(error: BaseException | None) -> bool:
    """Whether an error comes of the closed network."""
    while error is not None:
        if isinstance(error, NetworkBlocked):
            return True
        error = error.__cause__ or error.__context__
    return False
