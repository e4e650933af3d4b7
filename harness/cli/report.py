"""`harness report`."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.store import RunFolder

__all__ = ["report_command"]

FORMATS = ["html", "table", "csv", "json", "latex", "markdown"]


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write. Default: RUN/report.html; other formats to standard output.",
)  # fmt: skip
@click.option(
    "--format", "layout", type=click.Choice(FORMATS), default="html", show_default=True, help="What is written."
)
@click.option("--records", is_flag=True, help="Every sample's row instead of the standings, as csv or json.")
def report_command(run: Path, out: Path | None, layout: str, records: bool) -> None:
    """Rebuild RUN's aggregates, summary and self-contained HTML report from its records; print the tables.

    Another format exports the standings as they are recorded now, and changes nothing in RUN.
    """
    from harness.errors import HarnessError
    from harness.store import open_run
    from harness.store.files import write_atomic

    folder = open_run(run)
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
