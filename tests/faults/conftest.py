"""Real `harness` processes that start at once, to be killed."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

ZYGOTE = Path(__file__).with_name("zygote.py")


class Child:
    """One running command."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self.pid = int(answers.readline())

    def wait(self, seconds: float) -> int | None:
        """How it ended, or None while it runs."""
        ready, _, _ = select.select([self._answers], [], [], seconds)
        return int(self._answers.readline()) if ready else None

    def kill(self) -> int:
        """SIGKILL; returns how it ended, which is not -9 if it had just finished."""
        os.kill(self.pid, signal.SIGKILL)
        ended = self.wait(60)
        assert ended is not None
        return ended


class Zygote:
    """Starts commands, one at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders, self._answers = process.stdin, process.stdout
        assert self._answers.readline() == "ready\n"

    def start(self, args: list[str], cwd: Path) -> Child:
        """Start `harness ARGS` in a folder; what it prints goes to `log.txt` there."""
        self._orders.write(json.dumps({"args": args, "cwd": str(cwd), "log": str(cwd / "log.txt")}) + "\n")
        self._orders.flush()
        return Child(self._answers)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One for a module."""
    # bufsize=0 would be bytes only: a line is read whole before the next one is awaited, so select() tells the truth
    process = subprocess.Popen(
        [sys.executable, ZYGOTE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    with process:
        yield Zygote(process)
