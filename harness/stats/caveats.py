"""What a reader must know of two entries before believing a verdict on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.stats.model import TABLE_HEADINGS

if TYPE_CHECKING:
    from harness.stats.compare import Party

__all__ = ["caveats"]


def caveats(primary: str, a: Party, b: Party) -> tuple[str, ...]:
    """Lines about A, B or both on a task judged by the column `primary`, each once."""
    sides = (("A", a), ("B", b))
    said: dict[str, list[str]] = {}
    for name, party in sides:
        for line in _lines(party.entry, primary.partition("@")[0]):
            said.setdefault(line, []).append(name)
    notes = [f"{' and '.join(names)}: {line}" for line, names in said.items()]
    repeats = [party.records["repeat"].nunique() if len(party.records) else 1 for _, party in sides]
    if max(repeats) > 1:
        notes.append(f"means over repeats: {repeats[0]} of A, {repeats[1]} of B")
    return tuple(notes)


def _lines(entry: Mapping[str, Any], metric: str) -> Iterator[str]:
    kind = entry["weights"]["kind"] if entry["weights"] else ""
    if kind and kind != "official":
        yield TABLE_HEADINGS[kind]
    if "oracle" in entry["tags"]:
        yield "an oracle: given what the others must find"
    if entry.get("leak"):
        yield f"leak: {entry['leak']}: its outputs were computed elsewhere"
    if metric in entry["optimises"]:
        yield f"optimises {metric}, which judges it here"
