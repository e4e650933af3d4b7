"""`harness merge`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

__all__ = ["event_line", "merge_command"]

SHOWN = 10


def event_line(event: Mapping[str, Any]) -> str:
    """One reproducibility event in words: where, what differs, by how much, whose was kept."""
    kept, other = event["kept"], event["other"]
    figures = []
    for column in event["differs"]:
        a, b = (side["row"].get(f"score:{column}") for side in (kept, other))
        figures.append(f"{column} {a:.6g} / {b:.6g}" if a is not None and b is not None else column)
    levels = "" if event["levels"] is None else f", pictures by up to {event['levels']} levels"
    machines = f"kept {kept['host'] or kept['source']}, not {other['host'] or other['source']}"
    return f"{event['entry']} on {event['task']}, {event['sample']}: {', '.join(figures)} differ{levels}; {machines}"


@click.command("merge")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The merged folder: new, or empty.")
def merge_command(runs: tuple[Path, ...], out: Path) -> int:
    """Join RUN… of one suite into one folder: made on several machines, or one method at a time.

    The same sample computed twice must agree. Where it does not, the earlier one is kept, the other one stands in
    events.jsonl, and the exit code is 3.
    """
    from harness.merging import merge, resume_argv
    from harness.report.words import count

    done = merge(runs, out, argv=["harness", *sys.argv[1:]])
    manifest = done.folder.manifest
    entries = "1 entry" if len(manifest["entries"]) == 1 else f"{len(manifest['entries'])} entries"
    tasks = count(len(manifest["suite"]["tasks"]), "task")
    click.echo(
        f"{count(done.sources, 'source')}: {entries}, {tasks}, {count(done.rows, 'row')}; "
        f"{done.repeated} of them computed more than once, {count(len(done.events), 'reproducibility event')}"
    )
    for event in done.events[:SHOWN]:
        click.echo(f"  {event_line(event)}")
    if len(done.events) > SHOWN:
        click.echo(f"  and {len(done.events) - SHOWN} more in {out / 'events.jsonl'}")
    if manifest["status"] != "complete" and (argv := resume_argv(manifest, str(out))):
        click.echo(f"rows are missing; go on with: {shlex.join(argv)}")
    click.echo(f"merged: {out}   (harness report {shlex.quote(str(out))})")
    return 3 if done.events else 0
