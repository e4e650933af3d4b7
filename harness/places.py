"""Where things live: `HARNESS_HOME` (weights, features, training) and `HARNESS_DATA` (data sets of the user's)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.specs import WeightsSpec

__all__ = ["data_home", "file_name", "home", "locate", "weights_folder"]

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


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


def file_name(kind: str, name: Any) -> str:
    """`name`, which names a file. Raises `HarnessError` for a path: it may come from somebody else's folder."""
    if not isinstance(name, str) or not _FILE_NAME.fullmatch(name):
        raise HarnessError(
            f"{kind} {name!r} cannot name a file: letters, digits, '.', '_' and '-', the first a letter or digit"
        )
    return name


def weights_folder(method: str) -> Path:
    """Where a user places a method's checkpoints."""
    return home() / "weights" / method


def locate(method: str, weights: WeightsSpec) -> Path | None:
    """The file of one checkpoint, or None where it is not here."""
    if weights.resource:
        from importlib.resources import files

        package, _, inside = weights.resource.partition(":")
        path = Path(str(files(package).joinpath(inside)))
    else:
        path = weights_folder(method) / weights.file
    return path if path.is_file() else None
