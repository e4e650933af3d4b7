"""`harness new`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from harness.errors import HarnessError
from harness.plugins import registry
from harness.scaffold import KINDS, checked_name, write_package

__all__ = ["new_command"]

CAPABILITIES = ("inpaint", "restore", "assess")


@click.command("new")
@click.argument("kind", type=click.Choice(["method", "metric", "dataset", "suite", "mask"]))
@click.argument("name")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=".", help="Folder to write into. Default: here."
)
@click.option("--capability", type=click.Choice(CAPABILITIES), help="What a method does.  [default: inpaint]")
def new_command(kind: str, name: str, into: Path, capability: str | None) -> None:
    """Write an installable plugin package harness-NAME that works as it stands; change it into yours."""
    if capability and kind != "method":
        raise HarnessError(f"--capability is said of a method; a {kind} has none: harness new {kind} {name}")
    chosen = (capability or "inpaint") if kind == "method" else kind
    written = write_package(chosen, checked_name(chosen, name, registry()), into)
    click.echo("\n".join(f"wrote {into / path}" for path in written))
    click.echo(f"\nnext:\n  cd {shlex.quote(str(into / f'harness-{name}'))}\n  pip install -e '.[test]'\n  pytest")
    for line in KINDS[chosen].try_it.replace("$name", name).splitlines():
        click.echo(f"  {line}")
