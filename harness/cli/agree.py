"""`harness agree`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.completion import complete_devices, complete_metrics

if TYPE_CHECKING:
    import pandas as pd

    from harness.choosing import Agreed

__all__ = ["agree_command"]


@click.command("agree")
@click.argument("choices", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--metrics", required=True, metavar="A,B,…", shell_complete=complete_metrics,
    help="Columns, name or name@region: par,pyiqa:hyperiqa,lpips_alex@hole,niqe.",
)  # fmt: skip
@click.option(
    "--device", default="auto", show_default=True, shell_complete=complete_devices, help="auto, cpu, cuda, cuda:1."
)
@click.option(
    "--format", "layout", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
    help="How it is printed.",
)  # fmt: skip
def agree_command(choices: Path, metrics: str, device: str, layout: str) -> int:
    """Say how often metrics prefer the picture that people prefer.

    CHOICES is a CSV file: columns picture, a, b, choice (b is "better" than a, the "same", or "worse"), and truth and
    mask where a metric needs them; files are named relative to it. Agreement: a decided choice counts 1 where the
    metric prefers the same picture, 1/2 where its values are equal; with a 95 % interval by picture. "same" is not
    counted there: same_told says how well the size of the metric's difference tells decided choices from these (area
    under the ROC curve). Exit code 1 where no metric could be asked.
    """
    from harness.choosing import agreement, read_choices
    from harness.report.export import export_records
    from harness.runner.api import pick_device

    names = list(dict.fromkeys(name.strip() for name in metrics.split(",") if name.strip()))
    rows = agreement(read_choices(choices), names, device=pick_device(device))
    for row in rows:
        if row.skipped:
            click.echo(f"{row.metric}: {row.skipped}", err=True)
    table = _table(rows)
    if table.empty:
        return 1
    click.echo(table.to_string(index=False) if layout == "table" else export_records(table, layout).rstrip("\n"))
    return 0


def _table(rows: list[Agreed]) -> pd.DataFrame:
    """One line a metric that was asked."""
    import math

    import pandas as pd

    from harness.stats.model import Interval

    nothing = Interval(math.nan, math.nan, math.nan, 0, 0)
    lines = []
    for row in rows:
        if (found := row.found) is None:
            continue
        of = found.agreement or nothing
        shown = {name: round(value, 4) for name, value in (("agreement", of.value), ("lo", of.lo), ("hi", of.hi))}
        counts = {"pictures": of.clusters, "decided": found.decided, "ties": found.ties, "same": found.same}
        lines.append({"metric": row.metric, **shown, **counts, "same_told": round(found.told, 4),
                      "undefined": found.undefined})  # fmt: skip
    return pd.DataFrame(lines)
