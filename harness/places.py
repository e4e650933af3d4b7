"""Where things live: `HARNESS_HOME` (weights, features, training) and `HARNESS_DATA` (data sets of the user's).

`HARNESS_HOME/config.toml` has a table `[data]`: name of a data set = folder, as `harness data add` writes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.specs import WeightsSpec

__all__ = ["config_file", "data_folder", "data_home", "file_name", "home", "locate", "named_data", "weights_folder",
           "weights_place"]  # fmt: skip

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


def config_file() -> Path:
    """`config.toml`, which need not exist."""
    return home() / "config.toml"


def named_data() -> Mapping[str, Path]:
    """Folders that the user gave names: table `[data]` of `config.toml`.

    Raises `HarnessError` for a file that is no TOML, and for a name or folder that is none.
    """
    path = config_file()
    if not path.is_file():
        return {}
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("data", {})
    except (OSError, ValueError) as error:
        raise HarnessError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(table, dict) or not all(isinstance(folder, str) and folder for folder in table.values()):
        raise HarnessError(f'{path}: [data] holds lines NAME = "FOLDER"')
    return {file_name(f"{path}: data set", name): Path(folder).expanduser() for name, folder in table.items()}


def data_folder(name: str) -> Path | None:
    """The folder of a data set: as named in `config.toml`, else `HARNESS_DATA/NAME`; None where neither is there."""
    named = named_data().get(name)
    if named is not None:
        return named
    path = data_home() / file_name("data set", name)
    return path if path.is_dir() else None


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


def weights_place(method: str, weights: WeightsSpec) -> Path:
    """Where a user places one checkpoint."""
    return weights_folder(weights.of or method) / weights.file


def locate(method: str, weights: WeightsSpec) -> Path | None:
    """The file of one checkpoint, or None where it is not here."""
    if weights.resource:
        from importlib import import_module  # not importlib.resources, which brings what reads zip files

        package, _, inside = weights.resource.partition(":")
        paths = [Path(folder, inside) for folder in import_module(package).__path__]
    else:
        paths = [weights_place(method, weights)]
    return next((path for path in paths if path.is_file()), None)
