"""`harness report`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

__all__ = ["report_command"]


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write. Default: RUN/report.html."
)
def report_command(run: Path, out: Path | None) -> None:
    """Rebuild RUN's aggregates, summary and self-contained HTML report from its records; print the tables."""
    from rich.console import Console

    from harness.plugins import registry
    from harness.report import write_report
    from harness.report.terminal import print_summary
    from harness.runner.execute import finish
    from harness.store import open_run

    folder = open_run(run)
    target = out or folder.report_path
    with folder.locked():
        summary = finish(folder, registry())
        write_report(folder, summary, target)
    print_summary(summary, folder.manifest, Console(), plain=not sys.stdout.isatty())
    click.echo(f"report: {target}")
