"""Writing so that a kill, a full disk or a power loss never leaves a half file under its final name."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import HarnessError

__all__ = ["clear_errors", "json_bytes", "jsonable", "sync_folder", "write_atomic", "write_json"]

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def clear_errors(path: Path, needed: int = 0) -> Iterator[None]:
    """Turn an operating-system error (disk full, read-only) into one line that names the path.

    Where there was no room for `needed` bytes, it says how many were needed and how many are free.
    """
    try:
        yield
    except OSError as error:
        room = f" ({needed} bytes needed, {_free(path)} free)" if error.errno in _NO_ROOM and needed else ""
        raise HarnessError(f"cannot write {path}: {error.strerror or error}{room}") from error


def _free(path: Path) -> int:
    """Bytes free where `path` is to lie; its folder may not be there yet."""
    folder = next(parent for parent in path.absolute().parents if parent.is_dir())
    return shutil.disk_usage(folder).free


def sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder survive a power loss: its entries are not synced with its files."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_atomic(path: Path, content: bytes) -> None:
    """Write beside the target, fsync, `os.replace`, sync the folder. Raises `HarnessError` naming the path."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with clear_errors(path, len(content)):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
            sync_folder(path.parent)
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


def json_bytes(value: Any) -> bytes:
    """JSON, readable by people."""
    return (json.dumps(jsonable(value), indent=1, ensure_ascii=False) + "\n").encode()


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, readable by people."""
    write_atomic(path, json_bytes(value))
