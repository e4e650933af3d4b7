"""`harness verify`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.verifying import Check

__all__ = ["print_checks", "verify_command"]

SHOWN = 5
_MARKS = {"ok": "✓", "wrong": "✗", "skipped": "–"}
_ASCII = {"ok": "ok", "wrong": "WRONG", "skipped": "-"}


@click.command("verify")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--rescore", type=click.IntRange(min=0), default=8, show_default=True, metavar="N",
    help="Judge N kept outputs again with today's metrics; 0: none.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Which outputs are judged again.")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to answer."
)
def verify_command(run: Path, rescore: int, seed: int, style: str) -> int:
    """Check RUN: schemas, keys, hashes of pictures and shards, counts, what is derived, scores of kept outputs.

    One line a check: ✓ holds, ✗ does not, – cannot be checked here. Exit code 1 where anything does not hold.
    """
    from harness.verifying import verify

    done = verify(run, rescore=rescore, seed=seed)
    if style == "json":
        click.echo(json.dumps(done.to_dict(), indent=1, ensure_ascii=False))
        return 0 if done.ok else 1
    print_checks(done.checks, shown=SHOWN)
    return 0 if done.ok else 1


def print_checks(checks: Iterable[Check], shown: int | None = None) -> None:
    """One line a check, below it at most `shown` lines of what is wrong or told (None: all)."""
    marks = _MARKS if (sys.stdout.encoding or "").lower().startswith("utf") else _ASCII
    for check in checks:
        count = f"{len(check.problems)} wrong: " if check.state == "wrong" else ""
        click.echo(f"{marks[check.state]} {check.name:15} {count}{check.said}")
        for problem in check.problems[:shown]:
            click.echo(f"  {'':15} {problem}")
        if shown is not None and len(check.problems) > shown:
            click.echo(f"  {'':15} and {len(check.problems) - shown} more (--format json)")
