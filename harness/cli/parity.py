"""`harness parity`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.completion import complete_methods
from harness.errors import HarnessError
from harness.plugins import registry
from harness.specs import MethodSpec

if TYPE_CHECKING:
    from harness.testing.parity import ParityRow

__all__ = ["parity_command"]


@click.command("parity")
@click.argument("method", required=False, shell_complete=complete_methods)
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of fixtures. Default: HARNESS_PARITY_DIR, else tests/parity/data.",
)
def parity_command(method: str | None, fixtures: Path | None) -> None:
    """Compare METHOD's network with stored outputs of the official one; exit code 1 on any disagreement.

    Without METHOD: every method that has such outputs.
    """
    # Stored outputs were made by these kernels of oneDNN; others sum in another order, which plain weights amplify.
    os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")
    folder = fixtures or Path(os.environ.get("HARNESS_PARITY_DIR", "tests/parity/data"))
    checks = {method: _check(registry().method(method))} if method else _checks()
    if not folder.is_dir():
        raise HarnessError(f"no fixtures at {folder}: name a folder by --fixtures or HARNESS_PARITY_DIR")
    rows: list[ParityRow] = []
    for check in checks.values():
        found = check(folder)
        if not rows:
            click.echo(f"{'case':24} {'variant':10} {'tensor':12} {'max |Δ|':>10} {'99.9 %':>10} {'bar':>8}")
        _tell(found)
        rows += found
    sys.exit(0 if rows and all(row.ok for row in rows) else 1)


def _check(spec: MethodSpec) -> Callable[[Path], list[ParityRow]]:
    """`check` of the `parity.py` beside a method. Raises `HarnessError` where there is nothing to compare with."""
    package = spec.target.partition(":")[0].partition(".")[0]
    try:
        check: Callable[[Path], list[ParityRow]] = importlib.import_module(f"{package}.parity").check
    except ModuleNotFoundError as error:
        if error.name != f"{package}.parity":
            raise
        if not spec.weights:
            raise HarnessError(f"{spec.name} learned nothing: it has no official network to compare with") from error
        raise HarnessError(f"{spec.name} has no stored outputs of an official network to compare with") from error
    return check


def _checks() -> dict[str, Callable[[Path], list[ParityRow]]]:
    """Of every package of methods that has a `parity.py`."""
    specs = [spec for spec in registry().all("methods") if isinstance(spec, MethodSpec) and spec.weights]
    packages = {spec.target.partition(":")[0].partition(".")[0]: spec for spec in specs}
    found = {name: spec for name, spec in sorted(packages.items()) if find_spec(f"{name}.parity")}
    return {name: _check(spec) for name, spec in found.items()}


def _tell(rows: list[ParityRow]) -> None:
    for row in rows:
        mark = "ok" if row.ok else "DIFFERS"
        figures = f"{row.max_abs:10.2e} {row.p999:10.2e} {row.tolerance:8.0e}"
        click.echo(f"{row.case:24} {row.variant:10} {row.tensor:12} {figures}  {mark}")
