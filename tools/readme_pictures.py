"""Make the README's pictures from a run with `--keep all`: `python -m tools.readme_pictures RUN docs/pictures`."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import HarnessError
from harness.report import strip_png
from harness.report.pictures import hole_layer, overlay
from harness.store import RunFolder, open_run

SAMPLES = {"photos-thick": 5, "scenes-holes": 3}
HIDDEN = ("mean", "nearest", "telea-blur")
CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip


def _pixels(run: RunFolder, name: str) -> NDArray[np.uint8]:
    pixels = run.artifacts.get(name)
    if pixels is None:
        raise HarnessError(f"{run.path} did not keep {name[:12]}…: run with --keep all")
    return pixels


def _random(entry: Mapping[str, Any]) -> bool:
    """Random weights make noise, which is no result."""
    return bool(entry["weights"]) and entry["weights"]["kind"] == "random"


def strips(run: RunFolder) -> bytes:
    """A sheet: input with its hole, every method but the plainest, the truth; samples evenly by id."""
    shown = [e for e in run.manifest["entries"] if e["method"] not in HIDDEN and not _random(e)]
    records = run.records().set_index(["task", "entry", "sample"])
    samples, rows = run.samples(), []
    for task, count in SAMPLES.items():
        mine = samples[samples["task"] == task]
        for sample in mine.iloc[np.linspace(2, len(mine) - 3, count).round().astype(int)].to_dict("records"):
            truth, hole = _pixels(run, sample["truth"]), _pixels(run, sample["mask"]) > 127
            outputs = [records.loc[(task, e["reference"], sample["sample"]), "output_hash"] for e in shown]
            fills = [np.where(hole[..., None], _pixels(run, name), truth) for name in outputs]
            rows.append([overlay(truth, hole_layer(hole, visible=False)), *fills, truth])
    return strip_png(rows, ["input", *(e["title"] for e in shown), "truth"], tile=128)


def screenshot(page: Path, out: Path, height: int) -> None:
    """The top of an HTML file at 1280 px, as a reader's browser shows it."""
    with tempfile.TemporaryDirectory() as profile:
        taken = Path(profile) / "page.png"
        where = [f"--user-data-dir={profile}", f"--window-size=1280,{height}", f"--screenshot={taken}"]
        subprocess.run([*CHROMIUM, *where, page.resolve().as_uri()], check=True, capture_output=True, timeout=120)
        flat = Image.open(taken).convert("P", palette=Image.Palette.ADAPTIVE, colors=256)
        flat.convert("RGB").save(out, lossless=True, method=6)


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
def main(run: Path, out: Path) -> None:
    """Write `strips.webp` and `report.webp`."""
    out.mkdir(parents=True, exist_ok=True)
    folder = open_run(run)
    Image.open(io.BytesIO(strips(folder))).save(out / "strips.webp", quality=70, method=6)
    screenshot(folder.report_path, out / "report.webp", 2000)


if __name__ == "__main__":
    main()
