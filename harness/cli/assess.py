"""`harness assess`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.completion import complete_devices, complete_methods

if TYPE_CHECKING:
    from harness.assessment import AssessedFile

__all__ = ["assess_command"]

BRIEF = 24
"""Characters of the longest fact that a line shows."""


@click.command("assess")
@click.argument("method", shell_complete=complete_methods)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--maps", type=click.Path(path_type=Path, file_okay=False), help="Write an assessor's maps there, as grey PNG."
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write every score and fact there, as CSV."
)
@click.option(
    "--device", default="auto", show_default=True, shell_complete=complete_devices, help="auto, cpu, cuda, cuda:1."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of a stochastic method.")
def assess_command(
    method: str, files: tuple[Path, ...], maps: Path | None, out: Path | None, device: str, seed: int
) -> int:
    """Judge FILES (pictures, folders of pictures) with METHOD: higher is better.

    A picture that METHOD refuses (no face in it) or that cannot be read is told with the reason, and the rest go on.
    Any metric that needs the picture alone is a METHOD too: metric:niqe, pyiqa:NAME. Exit code 1 where nothing was
    judged.
    """
    from harness.datasets.decode import printable
    from harness.plugins import registry

    registry().method(method.partition("@")[0].partition("[")[0])
    from harness.assessment import assess_files

    rows = []
    for row in assess_files(method, files, maps=maps, device=device, seed=seed):
        rows.append(row)
        shown = f"{row.score:10.4f}" if row.score is not None else f"{row.status:>10}"
        said = row.reason or ", ".join(f"{name} {_brief(row.facts[name])}" for name in _shown(row))
        click.echo(f"{shown}  {printable(str(row.path))}" + (f"  {printable(said)}" if said else ""))
    good = [row for row in rows if row.score is not None]
    if out is not None:
        _write(out, rows)
    named = f" {good[0].name}, higher is better;" if good else ""
    lost = ", ".join(f"{sum(r.status == s for r in rows)} {s}" for s in ("skipped", "failed"))
    click.echo(f"{method}:{named} {len(good)} of {len(rows)} pictures judged, {lost}", err=True)
    return 0 if good else 1


def _shown(row: AssessedFile) -> list[str]:
    """Facts that fit behind a path; all of them go to the CSV."""
    return [name for name, value in row.facts.items() if len(str(_brief(value))) <= BRIEF]


def _brief(value: str | int | float) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _write(out: Path, rows: list[AssessedFile]) -> None:
    """One line a picture."""
    import pandas as pd

    from harness.report.export import export_records
    from harness.store.files import write_atomic

    table = pd.DataFrame(
        [{"file": str(r.path), "status": r.status, "reason": r.reason, "score": r.score, **r.facts} for r in rows]
    )
    write_atomic(out, export_records(table, "csv").encode())
