"""`harness export`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.completion import complete_suites, complete_tasks

__all__ = ["export_command"]


@click.command("export")
@click.argument("suite", shell_complete=complete_suites)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--task",
    "tasks",
    multiple=True,
    metavar="ID",
    shell_complete=complete_tasks,
    help="Only this task of the suite; repeat.",
)
@click.option("--limit", type=click.IntRange(min=0), default=0, help="At most so many images a task; 0: all.")
def export_command(suite: str, folder: Path, tasks: tuple[str, ...], limit: int) -> None:
    """Write SUITE's pictures with blanked holes, masks and prompts into DIR, for a program that cannot live here.

    DIR/README.txt tells its author what to write. Then: harness run --suite SUITE -m NAME=folder:OUT.
    """
    from harness.plugins import registry
    from harness.suites import suite_named

    suite_named(suite, registry().suite)  # a mistyped name fails before numpy is imported
    from harness.runner.export import export, run_options

    manifest = export(suite, folder, tasks=tasks, limit=limit)
    for row in manifest["left_out"]:
        click.echo(f"Warning: {row['sample']} of {row['task']} is not exported: {row['reason']}", err=True)
    named = ", ".join(task["id"] for task in manifest["tasks"])
    click.echo(f"{len(manifest['samples'])} samples of {named} in {folder}; its README.txt says what to write")
    click.echo(f"then: harness run --suite {suite}{run_options(tasks, limit)} -m NAME=folder:OUT")
