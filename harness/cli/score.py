"""`harness score`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.completion import complete_devices, complete_metrics

if TYPE_CHECKING:
    import pandas as pd

    from harness.scoring import Scored

__all__ = ["score_command"]


@click.command("score")
@click.argument("outputs", type=click.Path(path_type=Path))
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    help="Folder (or picture) of truths; pairs by name up to the suffix.",
)
@click.option(
    "--mask", type=click.Path(path_type=Path), help="Folder of masks by the same names, or one mask; white = hole."
)
@click.option(
    "--metrics",
    default="",
    metavar="A,B,…",
    shell_complete=complete_metrics,
    help="Columns, name or name@region. Default: psnr, ssim, l1.",
)
@click.option(
    "--device", default="auto", show_default=True, shell_complete=complete_devices, help="auto, cpu, cuda, cuda:1."
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(["table", "json", "csv", "latex", "markdown"]),
    default="table",
    show_default=True,
    help="How it is printed.",
)
def score_command(
    outputs: Path, reference: Path | None, mask: Path | None, metrics: str, device: str, layout: str
) -> None:
    """Judge a folder of images (OUTPUTS) against references; or a run folder's kept outputs again."""
    from harness.runner.api import pick_device
    from harness.scoring import score

    names = [name.strip() for name in metrics.split(",") if name.strip()]
    scored = score(outputs, reference, mask=mask, metrics=names, device=pick_device(device))
    for line in scored.unmatched:
        click.echo(line, err=True)
    if scored.unmatched:
        done = len(scored.table)
        click.echo(f"scored {done} of {done + len(scored.unmatched)}", err=True)
    click.echo(_render(scored, layout), nl=False)


def _render(scored: Scored, layout: str) -> str:
    """Every picture for programs; means with intervals for people and papers."""
    from harness.datasets.decode import printable
    from harness.report.export import export_records, frame_sheet
    from harness.report.sheet import latex_tabular, markdown_table

    table = scored.table
    if layout in ("csv", "json"):
        return export_records(table, layout)
    summary = _summary(scored)
    if layout != "table":
        return {"latex": latex_tabular, "markdown": markdown_table}[layout](frame_sheet(summary))
    named = table.assign(sample=table["sample"].map(printable))
    shown = named.round(4).to_string(index=False) + "\n\n" if len(table) <= 20 else ""
    return shown + summary.to_string(index=False) + "\n"


def _summary(scored: Scored) -> pd.DataFrame:
    """One row a metric (and entry, task): mean over repeats, then pictures; 95 % interval resampled by cluster."""
    import pandas as pd

    keys = [key for key in ("entry", "task") if key in scored.table]
    clusters = "cluster" if "cluster" in scored.table else "sample"
    means = scored.table.groupby([*keys, *dict.fromkeys((clusters, "sample"))], sort=False, as_index=False)[
        list(scored.metrics)
    ].mean()
    rows = []
    for names, group in means.groupby(keys, sort=False) if keys else [((), means)]:
        for metric in scored.metrics:
            known = group.dropna(subset=[metric])
            shown = _interval(known, metric, clusters)
            rows.append({**dict(zip(keys, names, strict=True)), "metric": metric, **shown, "n": len(known)})
    return pd.DataFrame(rows)


def _interval(known: pd.DataFrame, metric: str, clusters: str) -> dict[str, str]:
    """Mean and interval in words, as a run's table has them."""
    import math

    import numpy as np

    from harness.plugins import registry
    from harness.references import parse_metric
    from harness.stats.intervals import mean_intervals

    values = known[[metric]].to_numpy(np.float64)
    geometric = registry().metric(parse_metric(metric)[0]).mean == "geometric"
    if not len(values) or (geometric and not (values > 0).all()):
        return {"mean": "undefined", "lo": "", "hi": ""}
    (found,) = mean_intervals(np.log(values) if geometric else values, known[clusters].to_numpy())
    found = found.exponential() if geometric else found
    low, high = (f"{found.lo:.4f}", f"{found.hi:.4f}") if math.isfinite(found.lo) else ("too few", "too few")
    return {"mean": f"{found.value:.4f}", "lo": low, "hi": high}
