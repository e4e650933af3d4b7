"""Remembering where a data set lies: the table `[data]` of `config.toml`, whose other lines stay as they are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.places import config_file, file_name, named_data

__all__ = ["remember"]


def remember(name: str, folder: Path) -> Path:
    """Write `name = "folder"` into `config.toml` and return that file.

    Raises:
        HarnessError: `folder` is none, its path is no text, or the file has a form that is not edited here.
    """
    file_name("data set", name)
    if not folder.is_dir():
        raise HarnessError(f"{folder}: no such folder")
    place = os.path.abspath(folder)
    try:
        place.encode()
    except UnicodeEncodeError:
        raise HarnessError(f"{folder!r}: its path is no UTF-8 text; rename it, or link to it") from None
    wanted = {**{key: str(value) for key, value in named_data().items()}, name: place}
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _with_table(path.read_text(encoding="utf-8") if path.is_file() else "", wanted)
    _check(path, text, wanted)
    new = path.with_suffix(".tmp")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)
    return path


def _with_table(text: str, table: Mapping[str, str]) -> str:
    """`text` with its `[data]` table replaced, or one added at its end."""
    lines = [f"{json.dumps(key)} = {_quoted(value)}" for key, value in sorted(table.items())]
    block = "\n".join(["[data]", *lines, ""])
    section = re.compile(r"^\[data\][ \t]*(?:#.*)?\n(?:(?!\[).*(?:\n|\Z))*", re.MULTILINE)
    if not text.endswith("\n") and text:
        text += "\n"
    if section.search(text):
        return section.sub(lambda _: block, text, count=1)
    return f"{text}{block}"


def _quoted(value: str) -> str:
    """A basic TOML string: JSON's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _check(path: Path, text: str, wanted: Mapping[str, str]) -> None:
    import tomllib

    try:
        told: Any = tomllib.loads(text).get("data")
    except ValueError as error:
        raise HarnessError(f"{path}: [data] is written in a form that is not edited here: {error}") from error
    if told != dict(wanted):
        raise HarnessError(f"{path}: [data] is written in a form that is not edited here; write {wanted!r} by hand")
