"""`harness train`."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.completion import complete_methods

__all__ = ["train_command"]


@click.command("train", context_settings={"ignore_unknown_options": True})
@click.argument("method", shell_complete=complete_methods)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[--OPTION VALUE]...")
@click.option("--recipe", default="mini", show_default=True, help="One of the method's recipes: mini, paper.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of packed training sets. [HARNESS_HOME/training/data]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Checkpoint, log, samples and weights. [HARNESS_HOME/training/METHOD-RECIPE]",
)
@click.option("--minutes", type=click.FloatRange(min=0), help="Budget in minutes; counts over resumes.")
@click.option("--steps", type=click.IntRange(min=0), help="Budget in optimiser steps; counts over resumes.")
@click.option("--resume/--fresh", default=True, show_default=True, help="Go on from the checkpoint, or start anew.")
@click.option(
    "--every", type=click.FloatRange(min=0), default=3.0, show_default=True, help="Minutes between checkpoints."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of weights, crops and holes.")
@click.option("--device", type=click.Choice(["auto", "cpu"]), default="auto", show_default=True, help="Where to train.")
def train_command(
    method: str,
    options: tuple[str, ...],
    recipe: str,
    data: Path | None,
    out: Path | None,
    minutes: float | None,
    steps: int | None,
    resume: bool,
    every: float,
    seed: int,
    device: str,
) -> None:
    """Train METHOD's weights by one of its recipes.

    \b
    harness train coordfill --recipe mini --data DIR --minutes 90
    A killed training loses at most --every minutes: the same command goes on.
    OMP_NUM_THREADS=1 keeps it to one core.

    A recipe's own options follow the method: harness train par-proxy --backbone small --head fcn.
    """
    from harness.places import home
    from harness.training.command import open_recipe
    from harness.training.loop import train
    from harness.training.progress import reporting

    chosen = open_recipe(method, recipe, data or home() / "training" / "data", seed, _own(options))
    folder = out or home() / "training" / f"{chosen.method}-{chosen.name}"
    with reporting() as (tell, pulse):
        result = train(
            chosen,
            folder,
            minutes=minutes,
            steps=steps,
            resume=resume,
            seed=seed,
            cpu=device == "cpu",
            every_minutes=every,
            tell=tell,
            pulse=pulse,
        )
    again = "the same command goes on" if resume else "the same command without --fresh goes on"
    state = "finished" if result.finished else f"stopped; {again}"
    click.echo(f"{state} after {result.counters.step} steps, {result.counters.samples} images")
    click.echo(f"weights: {result.weights}")


def _own(words: tuple[str, ...]) -> dict[str, str]:
    """``--key value`` or ``--key=value`` of what the command does not know itself."""
    found, left = {}, list(words)
    while left:
        key, given, value = left.pop(0).partition("=")
        if not key.startswith("--") or not (given or left):
            raise click.UsageError(f"expected --OPTION VALUE, found {key}")
        found[key[2:].replace("-", "_")] = value if given else left.pop(0)
    return found
