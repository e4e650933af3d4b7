"""`harness leaderboard`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.leaderboard.adding import Added
    from harness.leaderboard.places import Board

__all__ = ["add_command", "check_command", "export_command", "leaderboard_command", "show_command"]

FORMATS = ["csv", "md", "tex", "json"]
TIERS = ["measured here", "reproduced by a third party"]
_ROOT = click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False),
    help="A folder that holds measured/ and reported/. Default: the shipped one and HARNESS_HOME/leaderboards.",
)  # fmt: skip


@click.group("leaderboard")
def leaderboard_command() -> None:
    """Published results: boards of measured runs, and papers' numbers beside them, never in one table."""


@leaderboard_command.command("show")
@click.argument("suite", required=False)
@_ROOT
def show_command(suite: str | None, root: Path | None) -> None:
    """Print the boards of SUITE (or one, SUITE/v2-cpu; default: all), then papers' numbers, each with its source."""
    from harness.leaderboard.exporting import find_boards
    from harness.leaderboard.papers import reported
    from harness.leaderboard.places import boards

    tables = reported((suite or "").partition("/")[0], [root] if root else None)
    only_reported = suite and any(table.suite == suite for table in tables)
    if suite and not only_reported:
        found = find_boards(suite, root)
    else:
        known = boards([(root, False)] if root else None)
        found = [board for board in known if suite in (None, board.suite)]
    if not found and not tables:
        click.echo("no leaderboard is here yet: harness run --suite demo, then harness leaderboard add RUN")
        return
    for board in found:
        _print_board(board)
    if tables:
        from rich.console import Console

        from harness.report.reported import WHY_APART, print_reported

        click.echo(f"\n{WHY_APART}")
        print_reported(tables, Console(), plain=not sys.stdout.isatty())


def _print_board(board: Board) -> None:
    from rich.console import Console

    from harness.leaderboard.places import vouched
    from harness.report import print_summary
    from harness.report.opened import Opened

    opened = Opened(board.path)
    click.echo(f"\n{board.id}{'' if board.shipped else f'  ({board.path})'}")
    print_summary(opened.summary, opened.manifest, Console(), plain=not sys.stdout.isatty())
    tiers: dict[str, list[str]] = {}
    for row in vouched(board.path).values():
        by = f" ({row['by']})" if row["by"] else ""
        commit = f" at {row['commit'][:8]}" if row["commit"] else ""
        tiers.setdefault(f"{row['tier']}{by}, added {row['added']}{commit}", []).append(row["entry"])
    for said, entries in tiers.items():
        click.echo(f"{said}: {', '.join(entries)}")


@leaderboard_command.command("add")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False),
    help="Where measured/ lies. Default: HARNESS_HOME/leaderboards.",
)  # fmt: skip
@click.option("--tier", type=click.Choice(TIERS), default=TIERS[0], show_default=True, help="Who vouches for the rows.")
@click.option("--by", default="", metavar="NAME", help="Who made the run.")
@click.option("--replace", is_flag=True, help="Drop the board's rows of RUN's entries first.")
@click.option(
    "--megabytes", type=click.FloatRange(min=0), default=5.0, show_default=True,
    help="How large the board may be: beside its rows, pictures of as many samples as fit; 0: no pictures.",
)  # fmt: skip
def add_command(run: Path, root: Path | None, tier: str, by: str, replace: bool, megabytes: float) -> None:
    """Put RUN's entries on the board of its suite, suite version and device.

    RUN must be complete, undamaged and of the board's protocol; what differs is named. Equal rows of an entry that
    stands there already are one.
    """
    from harness.leaderboard.adding import add

    argv = ["harness", *sys.argv[1:]]
    done = add(run, root=root, tier=tier, by=by, replace=replace, megabytes=megabytes, argv=argv)
    for line in _told(done):
        click.echo(line)
    where = f" --root {shlex.quote(str(root))}" if root else ""
    click.echo(f"board: {done.board.path}   (harness leaderboard show {done.board.id}{where})")


def _told(done: Added) -> list[str]:
    said = [f"{done.board.id}: {len(done.new)} added{': ' if done.new else ''}{', '.join(done.new)}"]
    if done.again:
        said.append(f"stood there already, and agree: {', '.join(done.again)}")
    kept = ", ".join(f"{len(samples)} of {task}" for task, samples in done.pictures.items() if samples)
    return [*said, f"{done.size / 1e6:.1f} MB; pictures of samples kept: {kept or 'none'}"]


@leaderboard_command.command("export")
@click.argument("suite")
@click.option(
    "--format", "layout", type=click.Choice(FORMATS), default="csv", show_default=True, help="What is written."
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to. Default: standard output."
)
@click.option("--reported", "papers", is_flag=True, help="Papers' numbers related to SUITE instead of measured ones.")
@_ROOT
def export_command(suite: str, layout: str, out: Path | None, papers: bool, root: Path | None) -> None:
    """Write the boards of SUITE (or one, SUITE/v2-cpu) for another program; every row with its tier and commit."""
    from harness.errors import HarnessError
    from harness.leaderboard.exporting import export, export_reported

    if out is not None and not out.parent.is_dir():
        raise HarnessError(f"no folder {out.parent} to write into: mkdir -p {shlex.quote(str(out.parent))}")
    text = (export_reported if papers else export)(suite, layout, root=root)
    if out is None:
        click.echo(text, nl=False)
        return
    from harness.store.files import write_atomic

    write_atomic(out, text.encode())
    click.echo(f"written: {out}")


@leaderboard_command.command("check")
@_ROOT
@click.option(
    "--against", type=click.Path(path_type=Path, file_okay=False),
    help="Such a folder too: tell which entries, values and ranks differ from it.",
)  # fmt: skip
@click.option("--stale", is_flag=True, help="Rows that today's code would not give again are an error, not only told.")
def check_command(root: Path | None, against: Path | None, stale: bool) -> int:
    """Check boards and reported tables: places, cards, hashes, protocol, size, schemas, duplicates, what is stale.

    One line a check: ✓ holds, ✗ does not, – has something to tell. Exit code 1 where anything does not hold.
    """
    from harness.cli.verify import print_checks
    from harness.leaderboard.checking import check

    answers = check(root, against=against, stale=stale)
    if not answers:
        click.echo("no leaderboard is here: harness leaderboard add RUN")
    for done in answers:
        click.echo(f"{done.path}")
        print_checks(done.checks)
    return 0 if all(done.ok for done in answers) else 1
