"""Build the committed pairs: `python -m harness_scenes.build_removal FOLDER`.

Scenes are taken in the order of their evaluation seeds, after those of `scenes-holes`. One object a scene is drawn, by
the seed, among those whose silhouette covers `AREA` of the picture and that change `SHADOW` of it outside; scenes
without one are left out. No method's result plays a part. Everything is rendered by numpy.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np

from . import render_numpy
from .build import SIZE
from .build_pairs import Pair, drawn_pair, write_pairs
from .sampling import sample_scene
from .vocabulary import SEEDS, VERSION

__all__ = ["COUNT", "FIRST", "main"]

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


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, select and write; the folder is created."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.build_removal", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=COUNT, help=f"number of pairs ({COUNT})")
    options = parser.parse_args(arguments)
    write_pairs(options.folder, HEADER, islice(_pairs(), options.count), "pair", "removed", shows=True)


def _pairs() -> Iterator[Pair]:
    for seed in SEEDS["eval"][FIRST:]:
        scene = sample_scene(seed, "eval")
        image, instances = render_numpy.render(scene, SIZE)
        areas = np.bincount(instances.ravel(), minlength=len(scene.objects) + 1)[1:] / instances.size
        candidates = [k for k, area in enumerate(areas) if AREA[0] <= area <= AREA[1]]
        draw = Random(f"harness_scenes/removal/{VERSION}/{seed}")
        if pair := drawn_pair(seed, scene, (image, instances), candidates, draw, SHADOW):
            yield pair


if __name__ == "__main__":
    main()
