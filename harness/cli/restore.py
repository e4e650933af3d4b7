"""`harness restore`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.completion import complete_degradations, complete_devices, complete_methods

__all__ = ["restore_command"]


@click.command("restore")
@click.argument("method", shell_complete=complete_methods)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="A .png for one picture, else a folder."
)
@click.option(
    "--task",
    default="",
    shell_complete=complete_degradations,
    metavar="DEGRADATION",
    help="What FILES went through, name[k=v]: told to a METHOD that needs it, and gives the size of the result.",
)
@click.option(
    "--degrade",
    default="",
    shell_complete=complete_degradations,
    metavar="DEGRADATION",
    help="FILES are clean: put them through it first, and write what is observed as NAME.observed.png too.",
)
@click.option(
    "--device", default="auto", show_default=True, shell_complete=complete_devices, help="auto, cpu, cuda, cuda:1."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of a stochastic method.")
def restore_command(
    method: str, files: tuple[Path, ...], out: Path, task: str, degrade: str, device: str, seed: int
) -> None:
    """Undo with METHOD what degraded FILES: they are taken as they are, unless --degrade is given.

    \b
    harness restore gdp small.png --task DEGRADATION -o out.png
    harness restore gdp photo.jpg --degrade DEGRADATION -o seen/
    harness list degradations
    """
    from harness.plugins import registry

    registry().method(method.partition("@")[0].partition("[")[0].partition(":")[0])
    from harness.restoring import restore_files

    for made in restore_files(method, files, out, task=task, degrade=degrade, device=device, seed=seed):
        click.echo(f"{made.path}  {made.seconds:.2f} s" + (f"  (observed: {made.observed})" if made.observed else ""))
