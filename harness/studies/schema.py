"""JSON Schemas (draft 2020-12) of `study.json` and of a line of `answers.jsonl`, shipped beside this module."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import HarnessError

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = ["check"]


@cache
def _validator(name: str) -> Validator:
    from jsonschema import Draft202012Validator

    text = files(__package__).joinpath(f"schemas/{name}.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(name: Literal["study", "answer"], value: Any, where: str) -> None:
    """Raise `HarnessError` with the first place where a value departs from its schema; `where` says whose it is."""
    for error in _validator(name).iter_errors(value):
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        raise HarnessError(f"{where} is no {name}: {place.lstrip('.') or name}: {error.message[:200]}")
