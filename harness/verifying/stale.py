"""What of stored rows today's code would not give again: methods, weights, metrics and suites that changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.plugins import registry
from harness.suites import load_suite

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STALE", "entry_notes", "metric_notes", "notes", "stale_notes", "suite_notes"]

STALE = "stale"
"""Begins the notes that say for certain that a row is not what today's code gives."""


def entry_notes(entry: Mapping[str, Any], digests: Set[str], hint: str = "") -> list[str]:
    """Why an entry's records (made by code with these `digests`) are stale today, or may be.

    `hint` stands behind a name that is not known here: what would make it known.
    """
    from harness.runner.entries import resolve_described

    try:
        now = resolve_described(entry, registry()).describe()
    except HarnessError as error:
        return [f"cannot run here today: {error}{hint if isinstance(error, UnknownName) else ''}"]
    then, today = entry["identity"], now["identity"]
    notes = [f"{STALE}: {key} was {then[key]}, is {today[key]}" for key in today if then.get(key) != today[key]]
    if not notes and digests - {now["source_digest"]}:
        notes.append(f"code changed under version {now['version']}: results may not be reproducible; raise the version")
    return notes


def metric_notes(task: Mapping[str, Any], records: pd.DataFrame) -> list[str]:
    """Which metrics of a task are no longer what its records were judged by, and which cannot be judged here."""
    from harness.runner.measure import Judge

    ok = records[(records["task"] == task["id"]) & (records["status"] == "ok")]
    noted = [json.loads(text) for text in sorted(set(ok["metric_ids"]))] if len(ok) else []
    notes = []
    for column in sorted(task["metrics"]) if noted else ():
        try:
            today = Judge([column], registry(), "cpu").identities
        except HarnessError as error:
            notes.append(f"{column} cannot be judged here today: {error}")
            continue
        if any(ids.get(c) != identity for ids in noted for c, identity in today.items()):
            notes.append(f"{STALE} metric: {column} (version, weights or library changed)")
    return notes


def suite_notes(suite: Mapping[str, Any]) -> list[str]:
    """Whether a manifest's suite is today's: at most one note."""
    try:
        today = load_suite(registry().suite(suite["name"]))
    except (UnknownName, MissingRequirement) as error:
        return [f"suite cannot be run here today: {error}"]
    if today.version != suite["version"]:
        return [f"{STALE} suite: version {suite['version']}, today {today.version}"]
    if today.sha256 != suite["sha256"]:
        return [f"{STALE} suite: its file changed under version {suite['version']}"]
    return []


def notes(manifest: Mapping[str, Any], records: pd.DataFrame, hint: str = "") -> list[str]:
    """What of a run is stale today, or cannot be computed any more: entries, then metrics. Equal notes are one."""
    told: dict[str, list[str]] = {}
    for entry in manifest["entries"]:
        mine = records[(records["entry"] == entry["reference"]) & (records["status"] == "ok")]
        digests = set(mine["source_digest"]) if len(mine) else set()
        for note in entry_notes(entry, digests, hint):
            told.setdefault(note, []).append(entry["title"])
    found = [f"{', '.join(titles)}: {note}" for note, titles in told.items()]
    for task in manifest["suite"]["tasks"] if len(records) else ():
        found += [f"{task['id']}: {note}" for note in metric_notes(task, records)]
    return found


def stale_notes(found: list[str]) -> Iterator[str]:
    """Those of `notes` that are certain; the others say what cannot be known here."""
    yield from (note for note in found if note.partition(": ")[2].startswith(STALE))
