"""Asking a fresh interpreter: what an import brings, and whether another process draws the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.plugin_files import VARIABLE
from harness.plugins import BUILTIN, PluginReport
from harness.testing.conformance.model import Fault

__all__ = ["ask"]

MARK = "conformance-answer:"


def ask(code: str, *arguments: str, plugin: PluginReport) -> Any:
    """Run `code` in a fresh interpreter that finds what this one finds; returns what it passes to `answer(value)`.

    Args:
        code: Python; `sys` and `answer` are there, `arguments` are `sys.argv[1:]`.
        plugin: the one that is loaded there besides the engine's own.

    Raises:
        Fault: it ended with an error; the line is the error's.
    """
    prelude = f"import sys, json\ndef answer(value): print({MARK!r} + json.dumps(value))\n"
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    file = str(plugin.home) if isinstance(plugin.home, Path) else ""
    module = "" if file or plugin.module == BUILTIN else plugin.module
    env = {**os.environ, "PYTHONPATH": path, "HARNESS_PLUGINS": module, VARIABLE: file}
    env["PYTHONHASHSEED"] = "random"  # another salt of hash() than this process's: it must decide nothing
    command = [sys.executable, "-c", prelude + code, *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    told = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not told:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Fault(f"fails in a fresh process: {words[-1][:200]}")
    return json.loads(told[-1].removeprefix(MARK))
