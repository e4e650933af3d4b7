"""Build the committed pairs of `scenes-brush`: `python -m harness_scenes.build_brush FOLDER`.

Scenes are taken in the order of their evaluation seeds, from a number that no other committed set reaches. One object a
scene is drawn, by the seed, among those whose silhouette covers `AREA` of the picture, that others hide no more than
`HIDDEN` of and that change `SHADOW` of the picture outside; scenes without one are left out. No method's result plays a
part. Everything is rendered by numpy.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np

from . import render_numpy
from .build_pairs import Pair, drawn_pair, write_pairs
from .sampling import sample_scene
from .scene import Scene
from .seen import shown_share
from .vocabulary import SEEDS, VERSION

__all__ = ["COUNT", "FIRST", "SIDE", "main"]

COUNT = 100
SIDE = 128
FIRST = 20_000
"""Number of the first evaluation seed: no other set comes near."""
AREA = (0.008, 0.12)
HIDDEN = 0.25
SHADOW = 0.006
HEADER = {
    "name": "scenes-brush",
    "title": "A hundred rendered scenes, each without and with one object",
    "author": "the harness project",
    "licence": "CC0-1.0",
    "source": "plugins/harness_scenes (python -m harness_scenes.build_brush)",
    "generator": f"harness_scenes {VERSION}, numpy renderer",
    "selection": f"first {COUNT} evaluation seeds from number {FIRST} on with an object that covers "
    f"{AREA[0]:.1%} to {AREA[1]:.0%} of the picture, is hidden by no more than {HIDDEN:.0%} and changes "
    f"{SHADOW:.1%} or more of the picture outside; which of several is drawn by the seed",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, select and write; the folder is created."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.build_brush", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=COUNT, help=f"number of pairs ({COUNT})")
    options = parser.parse_args(arguments)
    write_pairs(options.folder, HEADER, islice(_pairs(), options.count), "brush", "object", shows=False)


def _pairs() -> Iterator[Pair]:
    for seed in SEEDS["eval"][FIRST:]:
        scene = sample_scene(seed, "eval")
        instances = render_numpy.instances(scene, SIDE)
        candidates = [k for k in range(len(scene.objects)) if _fits(scene, k, instances == k + 1)]
        if candidates:
            rendered = render_numpy.render(scene, SIDE)
            draw = Random(f"harness_scenes/brush/{VERSION}/{seed}")
            if pair := drawn_pair(seed, scene, rendered, candidates, draw, SHADOW):
                yield pair


def _fits(scene: Scene, k: int, silhouette: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> bool:
    return AREA[0] <= silhouette.mean() <= AREA[1] and shown_share(scene, k, silhouette) >= 1 - HIDDEN


if __name__ == "__main__":
    main()
