"""`harness compare`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from harness.cli.completion import complete_metrics, complete_runs, complete_tasks

if TYPE_CHECKING:
    from harness.stats.contests import Comparison

__all__ = ["compare_command"]


@click.command("compare")
@click.argument("a", shell_complete=complete_runs)
@click.argument("b", shell_complete=complete_runs)
@click.option(
    "--task", "tasks", multiple=True, metavar="ID", shell_complete=complete_tasks,
    help="Only this task; repeat. Default: all of both.",
)  # fmt: skip
@click.option(
    "--metric", "metrics", multiple=True, metavar="COLUMN", shell_complete=complete_metrics,
    help="Show only this column beside the primary metric; repeat. Default: all of both.",
)  # fmt: skip
@click.option("--gate", is_flag=True, help="Exit with 1 where B is worse, or lacks results that A has. For CI.")
@click.option(
    "--margin", type=float, metavar="X",
    help="In the primary metric's unit: what is too small to matter. With --gate, B must be shown to be within it.",
)  # fmt: skip
@click.option(
    "--format", "layout", type=click.Choice(["table", "json", "csv", "markdown", "latex"]), default="table",
    show_default=True, help="How it is printed.",
)  # fmt: skip
@click.option(
    "--worst", type=click.IntRange(min=0), default=3, show_default=True, help="Samples to name on which B loses most."
)
def compare_command(
    a: str, b: str, tasks: tuple[str, ...], metrics: tuple[str, ...], gate: bool, margin: float | None, layout: str,
    worst: int,
) -> None:  # fmt: skip
    """Judge B against A on the samples that both have.

    A and B are run folders, or RUN::ENTRY: one entry of a run, by reference or title. Two entries are one pair; two
    runs are as many pairs as they share references. Rows that are not comparable are refused, and why.
    """
    from harness.comparison import compare
    from harness.report.verdicts import gate_lines

    found = compare(a, b, tasks=tasks, metrics=metrics or None, margin=margin, worst=worst)
    _show(found, layout)
    if gate:
        # Where the comparison itself is for a program, the gate must not stand in its way.
        for line in gate_lines(found):
            click.echo(line, err=layout != "table")
        sys.exit(0 if found.passed else 1)


def _show(found: Comparison, layout: str) -> None:
    from harness.report import sheet, versus

    if layout == "table":
        from rich.console import Console

        versus.print_comparison(found, Console(), plain=not sys.stdout.isatty())
        return
    if layout == "json":
        text = sheet.json_text(found.to_dict())
    elif layout == "csv":
        text = sheet.csv_text(versus.comparison_sheet(found))
    else:
        write = {"markdown": sheet.markdown_table, "latex": sheet.latex_tabular}[layout]
        text = write(versus.effects_sheet(found))
    click.echo(text, nl=False)
