"""`harness report`."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.cards import MethodCard, Published, SuiteCard
    from harness.report.site_pages import Shown
    from harness.store import RunFolder

__all__ = ["report_command"]

FORMATS = ["html", "table", "csv", "json", "latex", "markdown"]


@click.command("report")
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write. Default: RUN/report.html; other formats to standard output.",
)  # fmt: skip
@click.option(
    "--format", "layout", type=click.Choice(FORMATS), default="html", show_default=True, help="What is written."
)
@click.option("--records", is_flag=True, help="Every sample's row instead of the standings, as csv or json.")
@click.option(
    "--site", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write a static site of the RUNs (or boards) into the folder DIR: pages that any file server gives out.",
)  # fmt: skip
def report_command(runs: tuple[Path, ...], out: Path | None, layout: str, records: bool, site: Path | None) -> None:
    """Rebuild RUN's aggregates, summary and self-contained HTML report from its records; print the tables.

    Another format, and a site, export the standings as they are recorded now, and change nothing in RUN. Only a site
    takes several runs.
    """
    from harness.errors import HarnessError
    from harness.store import open_run
    from harness.store.files import write_atomic

    if site is not None:
        if out is not None or records or layout != "html":
            raise HarnessError("--site goes without --out, --format and --records")
        _site(runs, site)
        return
    if len(runs) > 1:
        raise HarnessError("a report is of one run: add --site DIR for a site of several")
    folder = open_run(runs[0])
    if records and layout not in ("csv", "json"):
        raise HarnessError(f"records are exported as csv or json, not {layout}: add --format csv")
    if out is not None and not out.parent.is_dir():
        raise HarnessError(f"no folder {out.parent} to write into: mkdir -p {shlex.quote(str(out.parent))}")
    if layout == "html":
        _rebuild(folder, out or folder.report_path)
        return
    text = _exported(folder, layout, records)
    if out is None:
        click.echo(text, nl=False)
        return
    write_atomic(out, text.encode())
    click.echo(f"written: {out}")


def _rebuild(folder: RunFolder, target: Path) -> None:
    from rich.console import Console

    from harness.plugins import registry
    from harness.report import print_summary, write_report
    from harness.runner.execute import finish

    with folder.locked():
        summary = finish(folder, registry())
        write_report(folder, summary, target)
    print_summary(summary, folder.manifest, Console(), plain=not sys.stdout.isatty())
    click.echo(f"report: {target}")


def _site(runs: tuple[Path, ...], target: Path) -> None:
    from dataclasses import asdict
    from importlib.metadata import version

    from harness.leaderboard.speeds import speeds
    from harness.plugins import missing, registry
    from harness.report.cards import method_cards, suite_cards
    from harness.report.site import write_site
    from harness.suites import load_suites

    known = registry()
    suites = [asdict(suite) for suite in load_suites(known.all("suites"))[0]]

    def about(boards: Sequence[Published]) -> tuple[list[MethodCard], list[SuiteCard]]:
        return method_cards(known, missing, suites, boards), suite_cards(suites, known, boards)

    written = write_site(_shown(runs), target, about, version=version("iq-harness"), timings=speeds())
    size = f"{written.bytes / 1e6:.1f} MB"
    click.echo(f"site: {target / 'index.html'} ({written.pages} pages, {written.pictures} pictures, {size})")


def _shown(runs: tuple[Path, ...]) -> list[Shown]:
    """Runs and boards opened; those of one name are told apart by a number."""
    from harness.leaderboard.places import CARD, read_card
    from harness.report.opened import Opened
    from harness.report.site_pages import Shown

    found = list[Shown]()
    for path in runs:
        tiers = {str(row["entry"]): str(row["tier"]) for row in read_card(path)["rows"]}
        folder = path.resolve()
        name = f"{folder.parent.name} {folder.name}" if (folder / CARD).exists() else folder.name
        taken = sum(one.name == name or one.name.startswith(f"{name} (") for one in found)
        told = f"{name} ({taken + 1})" if taken else name
        found.append(Shown(told, told, Opened(path, tiers)))
    return found


def _exported(folder: RunFolder, layout: str, records: bool) -> str:
    from rich.console import Console

    from harness.report import print_summary
    from harness.report.export import export_records, export_summary
    from harness.runner import Run

    done = Run(folder)
    if records:
        return export_records(done.records, layout)
    if layout == "table":
        stream = io.StringIO()
        print_summary(done.summary, folder.manifest, Console(file=stream), plain=True)
        return stream.getvalue()
    return export_summary(done.summary, folder.manifest, layout)
