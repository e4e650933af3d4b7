"""Imports the engine once, then forks one `harness` command a line of stdin, which saves seconds of imports each.

A line is JSON {"args", "cwd", "log", "stopped"}. The answers are two lines: the process's id, then how it ended (a
code, or minus a signal's number). The child runs the console script's own function and nothing of ours is shared with
it; a child that is to be "stopped" waits for SIGCONT first, so that strace can be attached.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any, NoReturn


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
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
