"""`harness detect`: how well fills of finished runs can be told from photographs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.stats.model import Interval
    from harness_scat.crossfit import CrossFit

__all__ = ["detect_command"]

LOG_WIDTH = 120


@click.command("detect")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@click.option("--task", "tasks", multiple=True, metavar="ID", help="Only this task; repeat. Default: all with holes.")
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=2,
    show_default=True,
    help="Parts that the photographs are split into.",
)
@click.option(
    "--steps", type=click.IntRange(min=1), default=150, show_default=True, help="Of each detector's training."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the split, the weights and the crops.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, file_okay=False),
    help="Folder for detect.json and a picture of each fill with its maps.",
)  # fmt: skip
def detect_command(
    runs: tuple[Path, ...], tasks: tuple[str, ...], folds: int, steps: int, seed: int, out: Path | None
) -> None:
    """How well each method's fills can be told from photographs, pixel by pixel.

    Of runs with kept outputs (harness run --keep all). SCAT's segmentation network, small and trained anew for each
    fold, judges photographs that it never saw: once trained on every method's fills of the others, once without the
    method that it judges. AUROC 0.5: cannot be told. The control is the same detector on the untouched truth: what
    place and content alone tell.
    """
    from harness_scat.crossfit import Settings, cross_fit
    from harness_scat.paintings import read_paintings

    found = cross_fit(read_paintings(runs, tasks), Settings(folds=folds, steps=steps), seed)
    _print(found)
    if out is not None:
        _write(found, out)
        click.echo(out)


def _print(found: CrossFit) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("method", "trained on", "pixel AUROC", "control", "difference", "n"):
        table.add_column(heading)
    for row in found.rows:
        trained = "others" if row.unseen else "all"
        numbers = [_told(interval) for interval in (row.auroc, row.control, row.difference)]
        table.add_row(row.method, trained, *numbers, str(row.auroc.n))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else LOG_WIDTH)
    console.print(table)
    photographs, settings = found.rows[0].auroc.clusters, found.settings
    console.print(
        f"{photographs} photographs in {settings.folds} folds, {settings.steps} steps each, {found.seconds:.0f} s; "
        "95 % intervals over photographs; ours, after SCAT's segmentation loss"
    )


def _told(interval: Interval) -> str:
    bounds = "" if interval.lo != interval.lo else f" [{interval.lo:.2f}, {interval.hi:.2f}]"
    return f"{interval.value:.2f}{bounds}"


def _write(found: CrossFit, out: Path) -> None:
    """`detect.json`, and a PNG a fill: the picture, its hole, the map of the detector that saw all, of the other."""
    import numpy as np
    from PIL import Image

    from harness.store.files import write_json
    from harness.store.keys import slug

    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "detect.json", found.to_dict())
    maps: dict[tuple[str, str], list[NDArray[np.uint8]]] = {}
    for finding in found.findings:
        painting = finding.painting
        columns = maps.setdefault((painting.method, painting.sample), [painting.picture, _grey(painting.hole)])
        columns.append(_grey(finding.generated))
    for (method, sample), columns in maps.items():
        Image.fromarray(np.concatenate(columns, 1)).save(out / f"{slug(f'{sample} {method}')}.png")


def _grey(values: NDArray[Any]) -> NDArray[np.uint8]:
    """H×W of bool or uint8 as a grey picture."""
    levels = 255 * values.astype("uint8") if values.dtype == bool else values
    return levels[..., None].repeat(3, 2)
