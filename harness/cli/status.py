"""`harness status`."""

from __future__ import annotations

import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

__all__ = ["status_command"]


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


@click.command("status")
@click.argument("run", type=click.Path(path_type=Path))
def status_command(run: Path) -> None:
    """What RUN holds: counts by cell, what is missing or stale and why, and the command that goes on."""
    from harness.store import open_run
    from harness.store.resuming import resume_command
    from harness.verifying.stale import STALE, notes, stale_notes

    folder = open_run(run)
    manifest, records = folder.manifest, folder.records()
    suite = manifest["suite"]
    cells, short = _cells(manifest, records)
    told = notes(manifest, records, _plugins(manifest))
    behind = [STALE] if any(stale_notes(told)) else []
    behind += ["rows missing"] if short else []
    click.echo(f"{suite['title']} v{suite['version']}: {_state(manifest, behind)}, started {manifest['started']}")
    for line in (*cells, *told):
        click.echo(f"  {line}")
    for reason, group in records[records["status"] == "failed"].groupby("reason"):
        click.echo(f"  failed ×{len(group)}: {reason}")
    if manifest["seconds"] is None:
        click.echo("if a method crashed it: with --isolate only the sample that does so fails, and is named")
    if "merged" in manifest:
        from harness.merging import merged_line

        click.echo(f"  {merged_line(manifest)}")
    if "pictures" in manifest and behind:
        click.echo("a board is not continued: run its stale entries again, then harness leaderboard add RUN --replace")
    elif behind or manifest["status"] != "complete":
        click.echo(f"go on with: {resume_command(manifest, str(run))}")
