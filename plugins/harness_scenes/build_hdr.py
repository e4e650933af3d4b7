"""Build the committed scenes of `scenes-hdr`: `python -m harness_scenes.build_hdr FOLDER`.

Scenes are taken in the order of their evaluation seeds, from a number that no other committed set reaches; one is kept
when `BRIGHT` of its pixels have a channel brighter than white, so that there is something that one exposure cannot
hold. No method's result plays a part. Everything is rendered by numpy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from . import render_numpy
from .build import lay_out, save_picture
from .hdr import LEVELS, PEAK, Floats, mu_law
from .sampling import sample_scene
from .scene import Scene
from .vocabulary import SEEDS, VERSION

__all__ = ["COUNT", "FIRST", "SIDE", "main"]

COUNT = 24
SIDE = 64
FIRST = 30_000
"""Number of the first evaluation seed: no other set comes near."""
BRIGHT = 0.004
HEADER = {
    "name": "scenes-hdr",
    "title": "Twenty-four rendered scenes in linear light",
    "author": "the harness project",
    "licence": "CC0-1.0",
    "source": "plugins/harness_scenes (python -m harness_scenes.build_hdr)",
    "generator": f"harness_scenes {VERSION}, numpy renderer",
    "selection": f"first {COUNT} evaluation seeds from number {FIRST} on with {BRIGHT:.1%} or more of the pixels "
    "brighter than white in some channel",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, select and write; the folder is created."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.build_hdr", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=COUNT, help=f"number of scenes ({COUNT})")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (seed, scene, radiance) in zip(range(options.count), _chosen(), strict=False):
        name = f"hdr-{number:02d}"
        planes = np.concatenate(np.rint(mu_law(radiance) * LEVELS).astype(np.uint16).transpose(2, 0, 1))
        rows.append(
            {
                "id": name,
                "cluster": name,
                "seed": seed,
                "radiance": save_picture(options.folder, f"{name}.png", planes),
                "scene": scene.to_dict(),
            }
        )
        print(name, "seed", seed, "brightest", radiance.max(), file=sys.stderr)
    (options.folder / "manifest.json").write_text(lay_out(HEADER, rows), encoding="utf-8")


def _chosen() -> Iterator[tuple[int, Scene, Floats]]:
    for seed in SEEDS["eval"][FIRST:]:
        scene = sample_scene(seed, "eval")
        radiance = render_numpy.radiance(scene, SIDE)
        if (radiance.max(axis=2) > 1).mean() >= BRIGHT and radiance.max() < PEAK:
            yield seed, scene, radiance


if __name__ == "__main__":
    main()
