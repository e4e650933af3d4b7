"""Build the committed evaluation set: `python -m harness_scenes.build FOLDER`.

Scenes are taken in the order of their evaluation seeds; one is kept when it has `LEAST_OBJECTS` objects that
cover `LEAST_COVER` of the picture and both holes of `scene-cuts` can be drawn. No method's result plays a
part. Everything is rendered by numpy, so no driver's version is part of the data.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import HarnessError
from harness.interfaces import Sample
from harness.masks.identity import mask_hash

from . import render_numpy
from .masks import NAME, SceneCuts
from .packed import pixel_hash
from .sampling import sample_scene
from .scene import Scene
from .vocabulary import SEEDS, VERSION

__all__ = ["COUNT", "SIZE", "lay_out", "main", "save_picture"]

COUNT = 60
SIZE = 256
LEAST_OBJECTS = 5
LEAST_COVER = 0.14
HEADER = {
    "name": "scenes-holes",
    "title": "Sixty rendered scenes of cubes, spheres and cylinders",
    "author": "the harness project",
    "licence": "CC0-1.0",
    "source": "plugins/harness_scenes (python -m harness_scenes.build)",
    "generator": f"harness_scenes {VERSION}, numpy renderer",
    "selection": f"first {COUNT} evaluation seeds with {LEAST_OBJECTS} or more objects that cover "
    f"{LEAST_COVER:.0%} or more of the picture and leave room for both holes of {NAME}",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, select and write; the folder is created."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.build", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=COUNT, help=f"number of scenes ({COUNT})")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (seed, scene, image, instances, holes) in zip(range(options.count), _chosen(), strict=False):
        name = _name(number)
        rows.append(
            {
                "id": name,
                "cluster": name,
                "seed": seed,
                "image": save_picture(options.folder, f"{name}.webp", image),
                "instances": save_picture(options.folder, f"{name}-instances.png", instances),
                "holes": holes,
                "scene": scene.to_dict(),
            }
        )
        print(name, "seed", seed, file=sys.stderr)
    (options.folder / "manifest.json").write_text(lay_out(HEADER, rows), encoding="utf-8")


def _chosen() -> Iterator[tuple[int, Scene, NDArray[np.uint8], NDArray[np.uint8], list[str]]]:
    """Yield seed, scene, picture, instances and the hashes of its holes for every scene worth keeping."""
    kept = 0
    for seed in SEEDS["eval"]:
        scene = sample_scene(seed, "eval")
        if len(scene.objects) < LEAST_OBJECTS:
            continue
        image, instances = render_numpy.render(scene, SIZE)
        if (instances > 0).mean() < LEAST_COVER:
            continue
        name, cuts = _name(kept), SceneCuts()
        sample = Sample(id=name, cluster=name, image=image, truth={"instances": instances})
        try:
            holes = [mask_hash(cuts.draw(sample, k)) for k in range(cuts.count)]
        except HarnessError as error:
            print(f"seed {seed} left out: {error}", file=sys.stderr)
            continue
        kept += 1
        yield seed, scene, image, instances, holes


def _name(number: int) -> str:
    return f"scene-{number:02d}"


def save_picture(folder: Path, name: str, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> dict[str, str]:
    """Write a picture without loss; return what the manifest says of it."""
    buffer = io.BytesIO()
    if name.endswith(".webp"):
        Image.fromarray(pixels).save(buffer, "WEBP", lossless=True, quality=100, method=6)
    else:
        Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    (folder / name).write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    return {"file": name, "sha256": digest, "pixels": pixel_hash(pixels)}


def lay_out(header: Mapping[str, str], rows: list[dict[str, Any]]) -> str:
    """Write JSON with one line a scene."""
    head = json.dumps(header, indent=1)[:-2]
    lines = ",\n  ".join(json.dumps(row, separators=(",", ":")) for row in rows)
    return f'{head},\n "scenes": [\n  {lines}\n ]\n}}\n'


if __name__ == "__main__":
    main()
