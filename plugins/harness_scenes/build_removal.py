"""Build the committed pairs: `python -m harness_scenes.build_removal FOLDER`.

Scenes are taken in the order of their evaluation seeds, after those of `scenes-holes`. One object a scene is drawn, by
the seed, among those whose silhouette covers `AREA` of the picture and that change `SHADOW` of it outside; scenes
without one are left out. No method's result plays a part. Everything is rendered by numpy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np

from . import render_numpy
from .build import SIZE, lay_out, save_picture
from .removal import changed
from .sampling import sample_scene
from .scene import Scene
from .vocabulary import SEEDS, VERSION

__all__ = ["COUNT", "FIRST", "Pair", "main"]

COUNT = 24
FIRST = 1000
"""Number of the first evaluation seed: `scenes-holes` ends far below."""
AREA = (0.015, 0.12)
SHADOW = 0.006
HEADER = {
    "name": "scenes-removal",
    "title": "Twenty-four rendered scenes, each with and without one object",
    "author": "the harness project",
    "licence": "CC0-1.0",
    "source": "plugins/harness_scenes (python -m harness_scenes.build_removal)",
    "generator": f"harness_scenes {VERSION}, numpy renderer",
    "selection": f"first {COUNT} evaluation seeds from number {FIRST} on with an object that covers "
    f"{AREA[0]:.1%} to {AREA[1]:.0%} of the picture and changes {SHADOW:.1%} or more of it outside; "
    "which of several is drawn by the seed",
}


@dataclass(frozen=True)
class Pair:
    """One scene with object `removed` and its picture without."""

    seed: int
    scene: Scene
    removed: int
    image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    target: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    instances: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, select and write; the folder is created."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.build_removal", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=COUNT, help=f"number of pairs ({COUNT})")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, pair in zip(range(options.count), _pairs(), strict=False):
        name = f"pair-{number:02d}"
        rows.append(
            {
                "id": name,
                "cluster": name,
                "seed": pair.seed,
                "removed": pair.removed,
                "image": save_picture(options.folder, f"{name}.webp", pair.image),
                "target": save_picture(options.folder, f"{name}-without.webp", pair.target),
                "instances": save_picture(options.folder, f"{name}-instances.png", pair.instances),
                "scene": pair.scene.to_dict(),
            }
        )
        print(name, "seed", pair.seed, file=sys.stderr)
    (options.folder / "manifest.json").write_text(lay_out(HEADER, rows), encoding="utf-8")


def _pairs() -> Iterator[Pair]:
    for seed in SEEDS["eval"][FIRST:]:
        scene = sample_scene(seed, "eval")
        image, instances = render_numpy.render(scene, SIZE)
        areas = np.bincount(instances.ravel(), minlength=len(scene.objects) + 1)[1:] / instances.size
        candidates = [k for k, area in enumerate(areas) if AREA[0] <= area <= AREA[1]]
        Random(f"harness_scenes/removal/{VERSION}/{seed}").shuffle(candidates)
        for k in candidates:
            without = replace(scene, objects=scene.objects[:k] + scene.objects[k + 1 :])
            target, _ = render_numpy.render(without, SIZE)
            if (changed(image, target) & (instances != k + 1)).mean() >= SHADOW:
                yield Pair(seed, scene, k, image, target, instances)
                break


if __name__ == "__main__":
    main()
