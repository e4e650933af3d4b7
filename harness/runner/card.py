"""`entry.json`: what the author of outputs in a folder says of the method that made them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, UnknownName

__all__ = ["CARD", "Card", "read_card"]

CARD = "entry.json"
UNSTATED = "unstated"
KINDS = ("official", "mini", "random", "none", UNSTATED)
_TEXTS = ("summary", "licence", "paper", "weights", "trained_on")
_EXAMPLE = '{"summary": "…", "licence": "…", "weights": "official"}'


@dataclass(frozen=True)
class Card:
    """What is known of a method that ran elsewhere; every field may be left out.

    Attributes:
        weights: `official`, `mini`, `random`, `none` (nothing was learned), or `unstated`.
        parameters_m: millions of parameters.
        seconds: "task/key" → seconds that the author measured. On another machine: shown as a fact of a record, never
            beside seconds that were measured here.
    """

    summary: str = "outputs computed elsewhere"
    licence: str = "not stated"
    paper: str = ""
    weights: str = UNSTATED
    trained_on: str = ""
    parameters_m: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)


def read_card(folder: Path) -> Card:
    """The card in a folder, or that of a method of which nothing is said. Raises `HarnessError` naming the key."""
    path = folder / CARD
    if not path.is_symlink() and not path.exists():
        return Card()
    if not path.resolve().is_relative_to(folder.resolve()):
        raise HarnessError(f"{path} is a link that leads out of the folder")
    try:
        stated = json.loads(path.read_bytes())
    except RecursionError as error:
        raise HarnessError(f"{path} is nested too deeply: write {_EXAMPLE}") from error
    except (OSError, ValueError) as error:
        raise HarnessError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(stated, dict):
        raise HarnessError(f"{path} holds no object: write {_EXAMPLE}")
    return Card(**{key: _checked(path, key, value) for key, value in stated.items()})


def _checked(path: Path, key: str, value: Any) -> Any:
    if key in _TEXTS:
        if not isinstance(value, str):
            raise HarnessError(f"{path}: {key} is a text, not {_shown(value)}")
        if key == "weights" and value not in KINDS:
            raise HarnessError(f"{path}: weights is one of {', '.join(KINDS)}, not {_shown(value)}")
        return value
    if key == "parameters_m":
        if not _is_amount(value):
            raise HarnessError(f"{path}: parameters_m is a number of millions, not {_shown(value)}")
        return value
    if key == "seconds":
        if not isinstance(value, dict) or not all(_is_amount(one) for one in value.values()):
            raise HarnessError(f'{path}: seconds is an object {{"task/key": seconds}}, not {_shown(value)}')
        return value
    raise UnknownName(f"key of {path}", key, [*_TEXTS, "parameters_m", "seconds"], "", listed=True)


def _is_amount(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value) and value >= 0
    except OverflowError:  # a whole number of more digits than a float can have
        return False


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
