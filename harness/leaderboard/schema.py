"""JSON Schemas of a board's card and of reported tables, shipped beside this module."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from harness.errors import UnknownName
from harness.store import schema as store

__all__ = ["SCHEMAS", "problems", "schema_text"]

SCHEMAS = ("board", "reported")


def schema_text(name: str) -> str:
    """A schema, ours or of a run folder, as JSON text. Raises `UnknownName`."""
    if name in store.SCHEMAS:
        return store.schema_text(name)
    if name not in SCHEMAS:
        raise UnknownName("schema", name, (*store.SCHEMAS, *SCHEMAS), "harness show schema:manifest", listed=True)
    return files(__package__).joinpath(f"schemas/{name}.schema.json").read_text(encoding="utf-8")


def problems(name: str, value: Any) -> Iterator[str]:
    """Where a value departs from one of `SCHEMAS`, a few lines: the place, then what is wrong."""
    yield from store.faults(name, schema_text(name), value)
