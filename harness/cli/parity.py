"""`harness parity`."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from harness.cli.completion import complete_methods
from harness.errors import HarnessError
from harness.plugins import registry

__all__ = ["parity_command"]


@click.command("parity")
@click.argument("method", shell_complete=complete_methods)
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of fixtures. Default: HARNESS_PARITY_DIR, else tests/parity/data.",
)
def parity_command(method: str, fixtures: Path | None) -> None:
    """Compare METHOD's network with stored outputs of the official one; exit code 1 on any disagreement."""
    spec = registry().method(method)
    folder = fixtures or Path(os.environ.get("HARNESS_PARITY_DIR", "tests/parity/data"))
    package = spec.target.partition(":")[0].partition(".")[0]
    try:
        check = importlib.import_module(f"{package}.parity").check
    except ModuleNotFoundError as error:
        if error.name != f"{package}.parity":
            raise
        if not spec.weights:
            raise HarnessError(f"{spec.name} learned nothing: it has no official network to compare with") from error
        raise HarnessError(f"{spec.name} has no stored outputs of an official network to compare with") from error
    if not folder.is_dir():
        raise HarnessError(f"no fixtures at {folder}: name a folder by --fixtures or HARNESS_PARITY_DIR")
    rows = check(folder)
    click.echo(f"{'case':24} {'variant':10} {'tensor':12} {'max |Δ|':>10} {'99.9 %':>10} {'bar':>8}")
    for row in rows:
        mark = "ok" if row.ok else "DIFFERS"
        figures = f"{row.max_abs:10.2e} {row.p999:10.2e} {row.tolerance:8.0e}"
        click.echo(f"{row.case:24} {row.variant:10} {row.tensor:12} {figures}  {mark}")
    sys.exit(0 if rows and all(row.ok for row in rows) else 1)
