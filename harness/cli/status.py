"""`harness status`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import click

__all__ = ["status_command"]


def _state(manifest: dict[str, Any]) -> str:
    """How the last call ended. A killed one could not say so: its manifest still reads "running"."""
    if manifest["seconds"] is None:
        return "running, or killed"
    return f"{manifest['status']}, {manifest['seconds']} s"


def _entry_notes(entry: dict[str, Any], digests: set[str]) -> list[str]:
    """Why an entry's records (made by code with these `digests`) are stale today, or may be."""
    from harness.errors import HarnessError
    from harness.plugins import registry
    from harness.runner.entries import resolve_described

    try:
        now = resolve_described(entry, registry()).describe()
    except HarnessError as error:
        return [f"cannot run here today: {error}"]
    then, today = entry["identity"], now["identity"]
    notes = [f"stale: {key} was {then[key]}, is {today[key]}" for key in today if then.get(key) != today[key]]
    if not notes and digests - {now["source_digest"]}:
        notes.append(f"code changed under version {now['version']}: results may not be reproducible; raise the version")
    return notes


def _metric_notes(task: dict[str, Any], records: Any) -> list[str]:
    from harness.plugins import registry
    from harness.runner.measure import Judge

    ok = records[(records["task"] == task["id"]) & (records["status"] == "ok")]
    current = Judge(task["metrics"], registry(), "cpu").identities
    stale = {c for ids in ok["metric_ids"].map(json.loads) for c, identity in current.items() if ids.get(c) != identity}
    return [f"stale metric: {column} (version, weights or library changed)" for column in sorted(stale)]


@click.command("status")
@click.argument("run", type=click.Path(path_type=Path))
def status_command(run: Path) -> None:
    """What RUN holds: counts by cell, what is missing or stale and why, and the command that goes on."""
    from harness.store import open_run

    folder = open_run(run)
    manifest, records = folder.manifest, folder.records()
    suite = manifest["suite"]
    click.echo(f"{suite['title']} v{suite['version']}: {_state(manifest)}, started {manifest['started']}")
    told: dict[str, list[str]] = {}
    for entry in manifest["entries"]:
        for task in manifest["suite"]["tasks"]:
            cell = records[(records["entry"] == entry["reference"]) & (records["task"] == task["id"])]
            counts = cell["status"].value_counts() if len(cell) else {}
            failed = f", {counts['failed']} failed" if "failed" in counts else ""
            click.echo(f"  {entry['title']:26} {task['id']:20} {counts.get('ok', 0)}/{task['n']} ok{failed}")
        mine = records[(records["entry"] == entry["reference"]) & (records["status"] == "ok")]
        for note in _entry_notes(entry, set(mine["source_digest"]) if len(mine) else set()):
            told.setdefault(note, []).append(entry["title"])
    for note, titles in told.items():
        click.echo(f"  {', '.join(titles)}: {note}")
    if len(records):
        for task in manifest["suite"]["tasks"]:
            for note in _metric_notes(task, records):
                click.echo(f"  {task['id']}: {note}")
    for reason, group in records[records["status"] == "failed"].groupby("reason"):
        click.echo(f"  failed ×{len(group)}: {reason}")
    if manifest["seconds"] is None:
        click.echo("if a method crashed it: with --isolate only the sample that does so fails, and is named")
    argv = manifest["argv"]
    if "merged" in manifest:
        from harness.merging import merged_line, resume_argv

        click.echo(f"  {merged_line(manifest)}")
        argv = resume_argv(manifest, str(run))
    if manifest["status"] != "complete" and argv:
        click.echo(f"go on with: {shlex.join(argv)}")
