"""What methods made of some samples, as a sheet: `python -m tools.edit_pictures RUN OUT.webp --task NAME=COUNT`.

A row a sample, with what was asked above it: what methods were shown, what each made of it, the truth. The run needs
`--keep all`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import HarnessError
from harness.report import strip_png
from harness.report.pictures import at_size, hole_layer, overlay
from harness.store import RunFolder, open_run

Pixels = NDArray[np.uint8]


def _picture(run: RunFolder, name: str) -> Pixels:
    pixels = run.artifacts.get(name)
    if pixels is None:
        raise HarnessError(f"{run.path} did not keep {name[:12]}…: run with --keep all")
    return pixels


def _shown(run: RunFolder, sample: Mapping[str, Any], truth: Pixels) -> Pixels:
    """What methods saw, at the truth's size, with the outline of the mask that they were told."""
    seen = at_size(_picture(run, sample["shown"]), truth.shape) if sample["shown"] else truth
    if not sample["mask"] or not sample["told"]:
        return seen
    return overlay(seen, hole_layer(_picture(run, sample["mask"]) > 127, visible=True))


def _row(run: RunFolder, sample: Mapping[str, Any], outputs: Mapping[tuple[str, str, str], str]) -> list[Pixels]:
    truth = _picture(run, sample["truth"])
    made = [_picture(run, outputs[sample["task"], entry, sample["sample"]]) for entry in sample["entries"]]
    return [_shown(run, sample, truth), *made, truth]


def sheet(run: RunFolder, counts: Mapping[str, int], entries: tuple[str, ...], tile: int) -> bytes:
    """PNG. ``counts``: samples of each task, taken evenly; ``entries``: references, all of the run where empty.

    Raises `HarnessError` for an unknown task and for pictures that are not there.
    """
    shown = entries or tuple(entry["reference"] for entry in run.manifest["entries"])
    tasks = {task["id"]: task for task in run.manifest["suite"]["tasks"]}
    records = run.records()
    places = zip(records["task"], records["entry"], records["sample"], strict=True)
    outputs = dict(zip(places, records["output_hash"], strict=True))
    samples, rows, captions = run.samples(), [], []
    for name, count in counts.items():
        if name not in tasks:
            raise HarnessError(f"no task {name} in {run.path}: it has {', '.join(tasks)}")
        mine = samples[samples["task"] == name].to_dict("records")
        for place in np.linspace(0, len(mine) - 1, count).round().astype(int):
            sample = mine[place] | {"entries": shown, "told": "mask" in tasks[name]["identity"]["gives"]}
            rows.append(_row(run, sample, outputs))
            captions.append(sample["prompt"] or tasks[name]["title"])
    # the font of the sheets has no such sign
    captions = [caption.replace("×", "x") for caption in captions]
    return strip_png(rows, ["shown", *shown, "truth"], tile=tile, captions=captions)


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--task", "tasks", multiple=True, required=True, metavar="NAME=COUNT", help="Samples of a task.")
@click.option("--entry", "entries", multiple=True, help="Which, in this order; all where none is named.")
@click.option("--tile", default=128, show_default=True, help="Width of a picture in pixels.")
def main(run: Path, out: Path, tasks: tuple[str, ...], entries: tuple[str, ...], tile: int) -> None:
    """Write OUT as WebP."""
    counts = {name: int(count or 1) for name, _, count in (task.partition("=") for task in tasks)}
    Image.open(io.BytesIO(sheet(open_run(run), counts, entries, tile))).save(out, quality=75, method=6)


if __name__ == "__main__":
    main()
