"""Messages between a run and the process of a method: one line of JSON and plain arrays. Nothing is ever unpickled."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from socket import socket
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frame", "Watch", "receive", "send"]

Array = NDArray[np.uint8]
Frame = tuple[dict[str, Any], list[Array]]
Watch = Callable[[bool], None]
"""Asked after each part of a message that is not its last, with whether nothing moved for as long as the socket's own
timeout; it raises where the rest is not to be waited for."""
LENGTH = struct.Struct("!I")


def _patient(idle: bool) -> None:
    """Wait as long as the other side likes."""


def send(line: socket, words: Mapping[str, Any], arrays: Sequence[Array] = (), *, watch: Watch = _patient) -> None:
    """Send one message: JSON-able words and uint8 arrays of any shape. Raises OSError where nobody listens."""
    head = json.dumps({"words": words, "shapes": [array.shape for array in arrays]}).encode()
    _push(line, memoryview(LENGTH.pack(len(head)) + head), watch)
    for array in arrays:
        _push(line, np.ascontiguousarray(array).reshape(-1).data, watch)


def receive(line: socket, *, watch: Watch = _patient) -> Frame:
    """The next message. Raises EOFError or OSError where the other side is gone."""
    length = bytearray(LENGTH.size)
    _pull(line, memoryview(length), watch)
    text = bytearray(*LENGTH.unpack(length))
    _pull(line, memoryview(text), watch)
    head = json.loads(text)
    arrays = [np.empty(shape, np.uint8) for shape in head["shapes"]]
    for array in arrays:
        _pull(line, array.reshape(-1).data, watch)
    return head["words"], arrays


def _push(line: socket, rest: memoryview, watch: Watch) -> None:
    while rest:
        moved = 0
        with suppress(TimeoutError):
            moved = line.send(rest)
        rest = rest[moved:]
        if rest:
            watch(not moved)


def _pull(line: socket, rest: memoryview, watch: Watch) -> None:
    while rest:
        moved = -1
        with suppress(TimeoutError):
            moved = line.recv_into(rest)
        if moved == 0:
            raise EOFError
        rest = rest[max(moved, 0) :]
        if rest:
            watch(moved < 0)
