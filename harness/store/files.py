"""Writing so that a kill or a full disk never leaves a half file under its final name."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import HarnessError

__all__ = ["clear_errors", "jsonable", "write_atomic", "write_json"]


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Turn an operating-system error (disk full, read-only) into one line that names the path."""
    try:
        yield
    except OSError as error:
        raise HarnessError(f"cannot write {path}: {error.strerror or error}") from error


def write_atomic(path: Path, content: bytes) -> None:
    """Write beside the target, fsync, then `os.replace`. Raises `HarnessError` naming the path."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with clear_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def jsonable(value: Any) -> Any:
    """The same value with NaN and infinities as null: JSON has neither, and neither may be averaged."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return value


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, readable by people."""
    write_atomic(path, (json.dumps(jsonable(value), indent=1, ensure_ascii=False) + "\n").encode())
