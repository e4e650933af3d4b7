"""Messages between a run and the process of a method: one line of JSON and plain arrays. Nothing is ever unpickled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frame", "receive", "send"]

Array = NDArray[np.uint8]
Frame = tuple[dict[str, Any], list[Array]]


def send(line: Connection, words: Mapping[str, Any], arrays: Sequence[Array] = ()) -> None:
    """Send one message: JSON-able words and uint8 arrays of any shape. Raises OSError where nobody listens."""
    head = {"words": words, "shapes": [array.shape for array in arrays]}
    line.send_bytes(json.dumps(head).encode())
    for array in arrays:
        line.send_bytes(np.ascontiguousarray(array).tobytes())


def receive(line: Connection) -> Frame:
    """The next message. Raises EOFError or OSError where the other side is gone."""
    head = json.loads(line.recv_bytes())
    arrays = [np.frombuffer(bytearray(line.recv_bytes()), np.uint8).reshape(shape) for shape in head["shapes"]]
    return head["words"], arrays
