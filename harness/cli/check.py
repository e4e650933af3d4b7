"""`harness check`."""

from __future__ import annotations

import sys

import click

from harness.cli.completion import complete_names
from harness.errors import HarnessError

__all__ = ["check_command"]


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_names)
@click.option("--all", "everything", is_flag=True, help="Check everything that is registered.")
@click.option(
    "--format", "form", type=click.Choice(("text", "markdown", "json")), default="text", show_default=True,
    help="How to print the report.",
)  # fmt: skip
def check_command(names: tuple[str, ...], everything: bool, form: str) -> None:
    """Check plugins: ✓, ✗ with how to mend it, or – with what is absent here; exit code 1 if anything fails.

    NAME is a method, metric, data set, mask set or suite (a bare name, kind:name, or a reference such as
    coordfill@mini), or a plugin: everything that it registers.
    """
    from harness.testing import conformance
    from harness.testing.conformance import report

    if bool(names) == everything:
        raise HarnessError("name what to check, or give --all: harness check NAME (harness list shows the names)")
    cases = conformance.everything() if everything else [case for name in names for case in conformance.cases(name)]
    rows = report.asked(cases, click.echo if form == "text" else lambda line: None)
    if form == "text":
        click.echo(report.counts(rows))
    else:
        click.echo(report.as_markdown(rows) if form == "markdown" else report.as_json(rows))
    sys.exit(1 if any(outcome.status == "failed" for _, outcome in rows) else 0)
