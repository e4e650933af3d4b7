"""Real `harness` processes that start at once, to be killed.

`zygote()` starts this file as a process that imports the engine once, then forks one `harness` command a line of stdin,
which saves seconds of imports each.

A line is JSON {"args", "cwd", "log", "stopped"}. The answers are two lines: the process's id, then how it ended (a
code, or minus a signal's number). The child runs the console script's own function and nothing of ours is shared with
it; a child that is to be "stopped" waits for SIGCONT first, so that strace can be attached.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn


class Child:
    """One running command."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self.pid = int(answers.readline())

    def wait(self, seconds: float) -> int | None:
        """How it ended (a code, or minus a signal's number), or None while it runs."""
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

    def start(self, args: list[str], cwd: Path, *, stopped: bool = False) -> Child:
        """Start `harness ARGS` in a folder; what it prints goes to `log.txt` there."""
        order = {"args": args, "cwd": str(cwd), "log": str(cwd / "log.txt"), "stopped": stopped}
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        return Child(self._answers)


@contextmanager
def zygote() -> Iterator[Zygote]:
    """A process that has imported everything and forks."""
    # bufsize=0 would be bytes only: a line is read whole before the next one is awaited, so select() tells the truth
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        yield Zygote(process)


def _preload() -> None:
    """Import, and compute nothing: a fork must not inherit threads."""
    import harness.cli.running
    import harness.report.html
    import harness.runner.engine
    import harness.runner.execute
    import harness.stats.summary

    assert harness.plugins.registry().specs["methods"]


def _become(order: Mapping[str, Any]) -> NoReturn:
    from harness.cli import main

    if order["stopped"]:
        os.kill(os.getpid(), signal.SIGSTOP)
    os.chdir(order["cwd"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["harness", *order["args"]]
    try:
        main()
    except SystemExit as stop:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(stop.code if isinstance(stop.code, int) else 1)
    os._exit(0)


def main() -> None:
    """Serve until stdin closes."""
    _preload()
    gc.collect()
    gc.freeze()  # a fork that looked for garbage in what is here would copy all of its pages
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
