"""Messages between a run and a method's process: whole, or lost in time, whatever the process does in the middle."""

from __future__ import annotations

import socket
import struct
import time
from threading import Thread

import numpy as np
import pytest

from harness.plugins import registry
from harness.runner import isolation
from harness.runner.entries import resolve_entry
from harness.runner.frames import receive, send
from harness.runner.units import Unit
from harness.suites import load_suite

CHILD = """
import os, struct, subprocess, sys, time
line = int(sys.argv[1])
def say(head, length=None):
    os.write(line, struct.pack("!I", length or len(head)) + head)
def leave_somebody():  # who holds the line open
    subprocess.Popen(["sleep", "60"], pass_fds=[line])
"""
HALF = "say(b'{\"words\":', 1000)\n"
HALF_ARRAY = 'say(b\'{"words": {"step": "ready"}, "shapes": [[100, 100]]}\')\nos.write(line, b"x" * 10)\n'
READY = 'say(b\'{"words": {"step": "ready"}, "shapes": []}\')\n'
DIED = "leave_somebody()"
HANGS = "time.sleep(60)"
TRICKLES = "while True: os.write(line, b' '); time.sleep(0.02)"


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (HALF + DIED, "the method's process died at start-up (exit code 0)"),
        (HALF + HANGS, "no answer within 1 s of starting up"),
        (HALF + TRICKLES, "no answer within 1 s of starting up"),
        (HALF_ARRAY + DIED, "the method's process died at start-up (exit code 0)"),
        (HALF_ARRAY + HANGS, "no answer within 1 s of starting up"),
        (READY + DIED, "the method's process died at start-up (exit code 0)"),
        (READY + HANGS, "no answer within 1 s of starting up"),
    ],
    ids=["half, died", "half, hangs", "half, trickles", "array, died", "array, hangs", "deaf, died", "deaf, hangs"],
)
def test_a_message_that_stops_in_its_middle_is_lost_in_time(
    monkeypatch: pytest.MonkeyPatch, does: str, told: str
) -> None:
    """What the run sends (3 MiB here) as well as what it gets."""
    monkeypatch.setattr(isolation, "_CHILD", CHILD + does)
    monkeypatch.setattr(isolation, "START_SECONDS", 1.0)
    host = isolation.Host(resolve_entry("mean", registry()), "cpu", None)
    unit = Unit("a", "", np.zeros((1024, 1024, 3), np.uint8), np.zeros((1024, 1024), bool), None, "", "", "")
    began = time.monotonic()
    try:
        with pytest.raises(isolation.Lost) as lost:
            host.ask(load_suite(registry().suite("demo")).tasks[0], [unit], [0])
    finally:
        host.close()
    assert str(lost.value) == told
    assert lost.value.starting
    assert time.monotonic() - began < 10


def test_what_was_sent_comes_out_whole_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    arrays = [np.arange(300_000, dtype=np.uint8).reshape(3, 1000, 100)[:, ::2], np.zeros((0, 4), np.uint8)]
    with ours, theirs:
        ours.settimeout(0.01)  # shorter than the other side sleeps

        def say() -> None:
            send(theirs, {"n": 1}, arrays)
            time.sleep(0.05)
            send(theirs, {"n": "é"})

        sender = Thread(target=say)
        sender.start()
        words, found = receive(ours)
        assert words == {"n": 1}
        assert [a.shape for a in found] == [(3, 500, 100), (0, 4)]
        assert all((a == b).all() for a, b in zip(found, arrays, strict=True))
        assert found[0].flags.writeable
        assert receive(ours) == ({"n": "é"}, [])
        sender.join()


def test_a_line_that_is_closed_in_mid_message_has_an_end() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(struct.pack("!I", 1000) + b"x" * 10)
        with pytest.raises(EOFError):
            receive(ours)
        with pytest.raises(OSError, match="Broken pipe"):
            send(ours, {"a": 1})
