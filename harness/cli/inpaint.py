"""`harness inpaint`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.completion import complete_devices, complete_methods

__all__ = ["inpaint_command"]


@click.command("inpaint")
@click.argument("method", shell_complete=complete_methods)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--mask",
    type=click.Path(path_type=Path),
    help="One mask, or a folder of masks named as the pictures; white = hole. Needed unless METHOD takes none.",
)
@click.option("--prompt", default="", metavar="TEXT", help="What to do or to paint, for a METHOD that reads it.")
@click.option(
    "--precision",
    type=click.IntRange(0, 5),
    default=5,
    show_default=True,
    help="How closely the mask follows the object, for a METHOD that is told: 0 exactly, 5 its box.",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="A .png for one picture, else a folder."
)
@click.option(
    "--device", default="auto", show_default=True, shell_complete=complete_devices, help="auto, cpu, cuda, cuda:1."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of a stochastic method.")
@click.option(
    "--strategy",
    default="",
    metavar="KIND-SIDE",
    help="For pictures with a longer side: resize-up-512, crop-512 or tiled-512; native. Default: the method's own.",
)
def inpaint_command(
    method: str, files: tuple[Path, ...], mask: Path | None, prompt: str, precision: int, out: Path, device: str,
    seed: int, strategy: str,
) -> None:  # fmt: skip
    """Fill the holes of FILES with METHOD, or do what a text says. What a mask does not mark comes back as it was.

    \b
    harness inpaint telea photo.jpg --mask hole.png -o out.png
    harness inpaint instinpaint scene.png --prompt "remove the small red metal cube" -o out.png
    """
    from harness.plugins import registry
    from harness.strategies import Strategy

    Strategy.parse(strategy)
    registry().method(method.partition("@")[0].partition("[")[0].partition(":")[0])
    from harness.application import inpaint_files

    def warn(line: str) -> None:
        click.echo(f"Warning: {line}", err=True)

    for written, seconds in inpaint_files(
        method, files, mask, out, warn=warn, device=device, seed=seed, strategy=strategy, prompt=prompt,
        precision=precision,
    ):  # fmt: skip
        click.echo(f"{written}  {seconds:.2f} s")
