"""Where studies lie: one folder each in `HARNESS_HOME/studies`."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.places import file_name, home
from harness.store.files import clear_errors, write_json
from harness.studies.model import SCHEMA, Study
from harness.studies.schema import check

__all__ = ["locked", "open_study", "save_study", "studies", "study_folder"]


def study_folder(name: str) -> Path:
    """The folder of a study, there or not. Raises `HarnessError` for a name that is a path."""
    return home() / "studies" / file_name("study", name)


def studies() -> list[str]:
    """Names of all studies, newest first."""
    found = (home() / "studies").glob("*/study.json")
    return [path.parent.name for path in sorted(found, key=lambda path: (-path.stat().st_mtime_ns, path))]


def open_study(name: str) -> Study:
    """Read a study. Raises `HarnessError` where there is none, it is damaged, or a newer harness wrote it."""
    path = study_folder(name) / "study.json"
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise HarnessError(f"no study '{name}' in {path.parent.parent}") from error
    except ValueError as error:
        raise HarnessError(f"{path} is damaged: {error}") from error
    schema = value.get("schema") if isinstance(value, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise HarnessError(f"{path} was written by a newer harness (schema {schema}): pip install --upgrade iq-harness")
    check("study", value, str(path))
    return Study.from_dict(value)


def save_study(study: Study) -> Path:
    """Write a new study and return its folder. A study never changes: raises `HarnessError` where it is there."""
    folder = study_folder(study.name)
    value = json.loads(json.dumps(study.to_dict()))
    check("study", value, f"study {study.name}")
    with locked(folder):
        if (folder / "study.json").exists():
            raise HarnessError(f"there is a study '{study.name}' already; take another name, or join it")
        write_json(folder / "study.json", value)
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a study's folder against every other process and thread, waiting for it: a hold is milliseconds short."""
    path = folder / ".lock"
    with clear_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        stream = path.open("ab")
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
