"""`harness par`: what a run's fills say of PAR itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

    from harness_par.study import Studied

__all__ = ["par_command", "study_command"]


@click.group("par")
def par_command() -> None:
    """Artifacts in fills: studies of the ratio itself."""


@par_command.command("study")
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--network", default="par-proxy@mini-b", show_default=True,
    help="What finds artifacts: par@official where its file is here, or a network of par-proxy.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(0), default=0, help="Samples of a task to look at. [default: all]")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1.")
@click.option(
    "--format", "layout", type=click.Choice(["table", "csv"]), default="table", show_default=True,
    help="csv: every threshold with its interval.",
)  # fmt: skip
def study_command(run: Path, network: str, limit: int, device: str, layout: str) -> None:
    """Look at the kept outputs of RUN (harness run --keep all), and at the originals in the same holes.

    Two things are told of every entry: the mean share of artifact pixels in the hole at thresholds from 0.1 to 0.9 (a
    ranking that turns with the threshold is none), and Spearman's correlation of the share at 0.5 with the hole's size
    (a ratio should not measure the hole). Intervals are 95 %, by picture.
    """
    from harness.store import open_run
    from harness_par.study import study

    found = study(open_run(run), network, device=device, limit=limit)
    table = _long(found) if layout == "csv" else _wide(found)
    click.echo(table.to_csv(index=False) if layout == "csv" else table.to_string(index=False) + "\n", nl=False)


def _long(found: list[Studied]) -> pd.DataFrame:
    """A row an entry, task and threshold, then one of the correlation."""
    import pandas as pd

    rows = []
    for one in found:
        named = [(f"share above {threshold}", of) for threshold, of in one.sweep.items()]
        for name, of in [*named, ("spearman with hole ratio", one.by_hole)]:
            rows.append({"task": one.task, "entry": one.entry, "what": name, "value": of.value, "lo": of.lo,
                         "hi": of.hi, "samples": of.n, "pictures": of.clusters})  # fmt: skip
    return pd.DataFrame(rows)


def _wide(found: list[Studied]) -> pd.DataFrame:
    import math

    import pandas as pd

    rows = []
    for one in found:
        of = one.by_hole
        ends = f" [{of.lo:+.2f}, {of.hi:+.2f}]" if math.isfinite(of.lo) else " [too few]"
        shares = {f">{threshold}": f"{value.value:.4f}" for threshold, value in one.sweep.items()}
        rows.append({"task": one.task, "entry": one.entry, **shares, "with hole size": f"{of.value:+.2f}{ends}",
                     "samples": of.n, "pictures": of.clusters})  # fmt: skip
    return pd.DataFrame(rows)
