"""Where things live: `HARNESS_HOME` (weights, features, training) and `HARNESS_DATA` (data sets of the user's)."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["data_home", "home", "weights_folder"]


def home() -> Path:
    """`HARNESS_HOME`, else `$XDG_DATA_HOME/harness`, else `~/.local/share/harness`."""
    named = os.environ.get("HARNESS_HOME")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "harness"


def data_home() -> Path:
    """`HARNESS_DATA`, else `data` inside `home()`."""
    named = os.environ.get("HARNESS_DATA")
    return Path(named).expanduser() if named else home() / "data"


def weights_folder(method: str) -> Path:
    """Where a user places a method's checkpoints."""
    return home() / "weights" / method
