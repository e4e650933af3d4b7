"""`harness status`."""

from __future__ import annotations

import json
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

__all__ = ["status_command"]


STALE = "stale"


def _state(manifest: dict[str, Any], behind: list[str]) -> str:
    """How the last call ended. A killed one could not say so: its manifest still reads "running"."""
    if manifest["seconds"] is None:
        return "running, or killed"
    but = f", but {' and '.join(behind)} below" if behind and manifest["status"] == "complete" else ""
    return f"{manifest['status']}{but}, {manifest['seconds']} s"


def _plugins(manifest: dict[str, Any]) -> str:
    """`; give --plugin f.py` where a call of the run loaded such a file; "" elsewhere."""
    given: list[str] = []
    for argv in (manifest["argv"], *(call["argv"] for call in manifest["history"])):
        for word, following in pairwise([*argv, ""]):
            if word == "--plugin" or word.startswith("--plugin="):
                given.append(following if word == "--plugin" else word.removeprefix("--plugin="))
    words = shlex.join(word for file in dict.fromkeys(given) for word in ("--plugin", file))
    return f"; give {words}" if words else ""


def _entry_notes(entry: dict[str, Any], digests: set[str], plugins: str) -> list[str]:
    """Why an entry's records (made by code with these `digests`) are stale today, or may be."""
    from harness.errors import HarnessError, UnknownName
    from harness.plugins import registry
    from harness.runner.entries import resolve_described

    try:
        now = resolve_described(entry, registry()).describe()
    except HarnessError as error:
        return [f"cannot run here today: {error}{plugins if isinstance(error, UnknownName) else ''}"]
    then, today = entry["identity"], now["identity"]
    notes = [f"{STALE}: {key} was {then[key]}, is {today[key]}" for key in today if then.get(key) != today[key]]
    if not notes and digests - {now["source_digest"]}:
        notes.append(f"code changed under version {now['version']}: results may not be reproducible; raise the version")
    return notes


def _metric_notes(task: dict[str, Any], records: Any) -> list[str]:
    from harness.errors import HarnessError
    from harness.plugins import registry
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


def _cells(manifest: dict[str, Any], records: Any) -> tuple[list[str], bool]:
    """A line a cell with its counts, and whether any lacks a sample, or some of its samples a repeat."""
    lines, short = [], False
    due = manifest.get("cell_keys")
    why = {(skip["what"], skip["task"]): skip["reason"] for skip in manifest["skipped"]}
    for entry in manifest["entries"]:
        for task in manifest["suite"]["tasks"]:
            if due is not None and task["id"] not in due.get(entry["reference"], {}):
                reason = why.get((entry["reference"], task["id"]), "no run was asked for it")
                lines.append(f"{entry['title']:26} {task['id']:20} skipped: {reason}")
                continue
            cell = records[(records["entry"] == entry["reference"]) & (records["task"] == task["id"])]
            counts, rows = cell["status"].value_counts(), cell["sample"].value_counts()
            failed = f", {counts['failed']} failed" if "failed" in counts else ""
            missing = task["n"] * int(rows.max() if len(rows) else 1) - len(cell)
            short |= missing > 0
            missed = f", {missing} missing" if missing > 0 else ""
            lines.append(f"{entry['title']:26} {task['id']:20} {counts.get('ok', 0)}/{task['n']} ok{failed}{missed}")
    return lines, short


def _notes(manifest: dict[str, Any], records: Any) -> list[str]:
    """What of the run is stale today, or cannot be computed any more: entries, then metrics."""
    told: dict[str, list[str]] = {}
    for entry in manifest["entries"]:
        mine = records[(records["entry"] == entry["reference"]) & (records["status"] == "ok")]
        digests = set(mine["source_digest"]) if len(mine) else set()
        for note in _entry_notes(entry, digests, _plugins(manifest)):
            told.setdefault(note, []).append(entry["title"])
    notes = [f"{', '.join(titles)}: {note}" for note, titles in told.items()]
    for task in manifest["suite"]["tasks"] if len(records) else ():
        notes += [f"{task['id']}: {note}" for note in _metric_notes(task, records)]
    return notes


@click.command("status")
@click.argument("run", type=click.Path(path_type=Path))
def status_command(run: Path) -> None:
    """What RUN holds: counts by cell, what is missing or stale and why, and the command that goes on."""
    from harness.store import open_run
    from harness.store.resuming import resume_command

    folder = open_run(run)
    manifest, records = folder.manifest, folder.records()
    suite = manifest["suite"]
    cells, short = _cells(manifest, records)
    notes = _notes(manifest, records)
    behind = [STALE] if any(note.partition(": ")[2].startswith(STALE) for note in notes) else []
    behind += ["rows missing"] if short else []
    click.echo(f"{suite['title']} v{suite['version']}: {_state(manifest, behind)}, started {manifest['started']}")
    for line in (*cells, *notes):
        click.echo(f"  {line}")
    for reason, group in records[records["status"] == "failed"].groupby("reason"):
        click.echo(f"  failed ×{len(group)}: {reason}")
    if manifest["seconds"] is None:
        click.echo("if a method crashed it: with --isolate only the sample that does so fails, and is named")
    if "merged" in manifest:
        from harness.merging import merged_line

        click.echo(f"  {merged_line(manifest)}")
    if behind or manifest["status"] != "complete":
        click.echo(f"go on with: {resume_command(manifest, str(run))}")
