"""`harness weights`: bring a published checkpoint into the form that a method loads."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.completion import complete_methods

__all__ = ["import_command", "weights_command"]


@click.group("weights")
def weights_command() -> None:
    """Published checkpoints: bring one into the form that a method loads.

    Nothing is downloaded: `harness show METHOD` says where its checkpoints come from; `harness list weights` which are
    here.
    """


@weights_command.command("import")
@click.argument("method", shell_complete=complete_methods)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Write the file anew where it is there already.")
def import_command(method: str, path: Path, replace: bool) -> None:
    """Read the checkpoint at PATH as METHOD's and write it as safetensors where METHOD looks for it.

    \b
    harness weights import hifill Hifill-tensorflow/model_logs/places2/0.index
    METHOD may name which weights: hifill@official. Nothing in the file is run.
    """
    from harness.plugins import registry
    from harness.references import parse_reference
    from harness.weights.importing import import_weights, importable
    from harness.weights.resolve import sha256_of

    named = parse_reference(method)
    spec = registry().method(named.name)
    weights = importable(spec, named.weights)
    target = import_weights(spec, weights, path, replace=replace)
    click.echo(f"{spec.name}@{weights.name}: {target}")
    click.echo(f"sha256 {sha256_of(target)}")
