"""A board's card, `board.json`: who vouches for the rows of each entry, and where they come from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.leaderboard.places import CARD
from harness.merging.pool import source_of
from harness.store import RunFolder
from harness.store.files import write_json

__all__ = ["TIERS", "card_rows", "joined_rows", "write_card"]

TIERS = ("measured here", "reproduced by a third party")
"""Who vouches for rows, the stronger first. Papers' numbers are *reported*: they are no rows of a board."""

Row = dict[str, Any]


def card_rows(run: RunFolder, tier: str, by: str) -> list[Row]:
    """A card's rows for every entry of a run that is being added today."""
    added = datetime.now(UTC).date().isoformat()
    sources = _sources(run.manifest)
    rows = []
    for entry in run.manifest["entries"]:
        source = sources[_origin(run, entry["reference"])]
        git = source["git"]
        rows.append(
            {
                "entry": entry["reference"], "tier": tier, "by": by, "source": source["id"], "added": added,
                "command": shlex.join(source["argv"]), "seconds": source["seconds"],
                "commit": f"{git['commit']}{'-dirty' if git['dirty'] else ''}" if git else "",
            }
        )  # fmt: skip
    return rows


def _sources(manifest: Mapping[str, Any]) -> dict[str, Row]:
    """What computed a run's rows, by id: itself, and of a merged one its sources, each with the seconds it took."""
    own = source_of(manifest)
    found = {own["id"]: {**own, "seconds": manifest["seconds"]}}
    for source in manifest.get("merged", {}).get("sources", ()):
        calls = [call["seconds"] for call in manifest["history"] if call.get("source") == source["id"]]
        found[source["id"]] = {**source, "seconds": round(sum(filter(None, calls)), 2)}
    return found


def _origin(run: RunFolder, entry: str) -> str:
    """The source of an entry's first row; the run itself where a row names none."""
    for task in run.manifest["suite"]["tasks"]:
        rows = run.rows(entry, task)
        if len(rows):
            first = rows.iloc[0].to_dict().get("origin")
            return first if isinstance(first, str) else str(source_of(run.manifest)["id"])
    return str(source_of(run.manifest)["id"])


def joined_rows(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """The card of both: of an entry that stands on both, the one that the stronger vouches for, else the old."""
    rows = {row["entry"]: row for row in old}
    for row in new:
        standing = rows.get(row["entry"])
        if standing is None or TIERS.index(row["tier"]) < TIERS.index(standing["tier"]):
            rows[row["entry"]] = row
    return list(rows.values())


def write_card(board: Path, rows: Sequence[Row]) -> None:
    """Write `board.json`."""
    write_json(board / CARD, {"schema": 1, "rows": list(rows)})
