"""Manifests to read and to tell apart: what differs between two, field by field, and one of any size on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["Difference", "differences", "shortened", "shown"]

MOST_ITEMS = 40
MOST_CHARACTERS = 240
_NAMED_BY = ("reference", "id", "what", "plugin", "title")
_MISSING = object()


class Difference(NamedTuple):
    """A field, and what each manifest says; "" for nothing.

    `section` is what it stands under: `entries`, `packages`, and `run` for what stands under nothing.
    """

    section: str
    field: str
    a: str
    b: str


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """Every field in which two manifests differ, in the order of the first, then of the second.

    Items of a list are told apart by their name (an entry's reference, a task's id), not by their place. What only one
    of them has is one difference, however much it holds.
    """
    found = []
    for path, mine, theirs in _differing(a, b, ()):
        section, field = (path[0], " › ".join(path[1:])) if len(path) > 1 else ("run", path[0])
        found.append(Difference(section, field, _side(mine), _side(theirs)))
    return sorted(found, key=lambda one: one.section != "run")


def _differing(a: Any, b: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    mine, theirs = _parts(a), _parts(b)
    if mine is None or theirs is None:
        if a != b:
            yield path, a, b
        return
    for name in dict.fromkeys((*mine, *theirs)):
        yield from _differing(mine.get(name, _MISSING), theirs.get(name, _MISSING), (*path, name))


def _parts(value: Any) -> dict[str, Any] | None:
    """A mapping, or a list of mappings by their names; None for anything else."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        return None
    named = dict[str, Any]()
    for item in value:
        name = next((str(item[key]) for key in _NAMED_BY if item.get(key)), "item")
        number = sum(key == name or key.startswith(f"{name} (") for key in named)
        named[name if not number else f"{name} ({number + 1})"] = item
    return named


def _side(value: Any) -> str:
    if value is _MISSING:
        return ""
    return "there" if _parts(value) else shown(value)


def shown(value: Any) -> str:
    """A value in one line: hashes and long texts shortened, of a long list the count and the first few."""
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, list):
        few = ", ".join(map(shown, value[:MOST_ITEMS]))
        whole = len(value) <= MOST_ITEMS and len(few) <= MOST_CHARACTERS
        return few if whole else f"{len(value)} items: {few[:MOST_CHARACTERS]}…"
    text = str(value)
    if len(text) >= 16 and not set(text) - set("0123456789abcdef"):
        return f"{text[:12]}…"
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def shortened(value: Any) -> Any:
    """The same JSON with long lists cut, so that a run of a million samples fits on a page; what was cut is said."""
    if isinstance(value, Mapping):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        kept = [shortened(item) for item in value[:MOST_ITEMS]]
        return kept if len(value) <= MOST_ITEMS else [*kept, f"… and {len(value) - MOST_ITEMS} more"]
    return value
