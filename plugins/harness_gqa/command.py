"""`harness gqa`: pairs with and without an object, and the words for it, from GQA's scene graphs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from harness_gqa.building import Split

__all__ = ["build_command", "counts_command", "gqa_command"]

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group("gqa")
def gqa_command() -> None:
    """GQA-Inpaint: build it from GQA's scene graphs and photographs, count what a folder of it has."""


@gqa_command.command("build")
@click.argument("scene_graphs", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("images", type=_FOLDER)
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--split", type=click.Choice(["test", "train"]), default="test", show_default=True)
@click.option("--inpainter", default="coordfill", show_default=True, help="What fills: harness list methods.")
@click.option(
    "--segmenter", "segmenters", multiple=True, default=("grabcut", "ring"), show_default=True,
    help="grabcut, ring; mask-rcnn, lr-aspp (torchvision's files, which you bring). Repeat: the best mask is kept.",
)  # fmt: skip
@click.option("--refiner", type=click.Choice(["grabcut", "none"]), default="grabcut", show_default=True)
@click.option("--common", type=click.IntRange(min=1), default=100, show_default=True, help="Least count of a name.")
@click.option("--least-area", type=click.FloatRange(0, 1), default=0.01, show_default=True, help="Of a box.")
@click.option("--most-area", type=click.FloatRange(0, 1), default=0.3, show_default=True, help="Of a box.")
@click.option("--least-iou", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Of mask and box.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many pictures of the scene graphs.")
@click.option("--device", default="auto", show_default=True, help="Of the inpainter: auto, cpu, cuda.")
def build_command(
    scene_graphs: Path, images: Path, out: Path, split: str, inpainter: str, segmenters: tuple[str, ...], refiner: str,
    common: int, least_area: float, most_area: float, least_iou: float, limit: int | None, device: str,
) -> None:  # fmt: skip
    """Make GQA-Inpaint pairs in OUT from SCENE_GRAPHS (train_sceneGraphs.json, …) and photographs IMAGES/ID.jpg.

    Five steps: choose objects, find a mask of each, refine and dilate it, fill it, say which object is meant. The same
    call goes on where a stopped one was. Then: harness data add gqa-inpaint OUT; harness data prepare gqa-inpaint.
    """
    from harness.filling import open_filler
    from harness_gqa.building import build
    from harness_gqa.choosing import Limits
    from harness_gqa.graphs import read_graphs
    from harness_gqa.pairing import Recipe
    from harness_gqa.segmenters import open_segmenter

    opened = tuple(open_segmenter(name) for name in dict.fromkeys(segmenters))
    filler = open_filler(inpainter, device=device)
    scenes, digest = read_graphs(scene_graphs)
    recipe = Recipe(Limits(common, least_area, most_area), least_iou, refiner, pictures=limit or 0)
    built = build(scenes, digest, images, out, cast("Split", split), opened, filler, recipe, _progress())
    for step, number in built.counts.items():
        click.echo(f"{number:9,}  {step}")
    for reason, number in built.dropped.items():
        click.echo(f"dropped {number:,}: {reason}")
    click.echo(out / f"{split}_build.json")


def _progress() -> Callable[[int, int], None]:
    """One line on a terminal that says how far it is; nothing elsewhere."""

    def tick(done: int, of: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done:,} of {of:,} objects", err=True, nl=done == of)

    return tick


@gqa_command.command("counts")
@click.argument("folder", type=_FOLDER)
def counts_command(folder: Path) -> None:
    """Count the pictures and pairs of each split of FOLDER, and say where they are not the paper's."""
    from harness.errors import HarnessError
    from harness_gqa.counting import count
    from harness_gqa.spec import PAPER_COUNTS

    splits = [split for split in PAPER_COUNTS if (folder / f"{split}_scenes.json").is_file()]
    if not splits:
        raise HarnessError(f"{folder}: neither train_scenes.json nor test_scenes.json in it")
    for split in splits:
        found = count(folder, split)
        click.echo(f"{split}: {found.words}")
        if found != PAPER_COUNTS[split]:
            click.echo(f"Warning: {split} is not the paper's: {PAPER_COUNTS[split].words}", err=True)
