"""JSON Schemas (draft 2020-12) of what a run folder and a file of timings hold, shipped beside this module."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from harness.errors import UnknownName

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = ["SCHEMAS", "faults", "problems", "schema_text"]

SCHEMAS = ("manifest", "record", "sample", "feature", "summary", "event", "bench")
MOST = 3
"""ours: problems told of one value; a wrong folder has the same one many times."""


@cache  # each of a folder's rows asks for its schema
def schema_text(name: str) -> str:
    """A schema as JSON text. Raises `UnknownName`."""
    if name not in SCHEMAS:
        raise UnknownName("schema", name, SCHEMAS, "harness show schema:manifest", listed=True)
    return files(__package__).joinpath(f"schemas/{name}.schema.json").read_text(encoding="utf-8")


@cache
def _validator(text: str) -> Validator:
    from jsonschema import Draft202012Validator

    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def problems(name: str, value: Any) -> Iterator[str]:
    """Where a value departs from one of `SCHEMAS`, at most `MOST` lines: the place, then what is wrong."""
    yield from faults(name, schema_text(name), value)


def faults(name: str, schema: str, value: Any) -> Iterator[str]:
    """Where a value departs from a schema given as JSON text; `name` stands for the value itself."""
    found = sorted(_validator(schema).iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
    for error in found[:MOST]:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        yield f"{place.lstrip('.') or name}: {error.message[:200]}"
