"""Write training scenes with and without one object: `python -m harness_scenes.render_removals OUT --count N`.

OUT becomes a folder with `removals.npy`, uint8 [3N, S, S, 3]: of every scene in turn the picture with the object,
without it, and with another in its place; `removals_masks.npy`, uint8 [2N, S, S], 1 where the object is seen, then
where the other is; and `removals.json`, title, licence and source. What is wrong in a removal is known to the pixel
then, and so is what is right but different.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from .render import Backend, render
from .sampling import sample_scene
from .scene import Scene
from .vocabulary import SIZES, VERSION, looks

__all__ = ["FIRST", "main", "triples"]

FIRST = 10_000
"""Number of the first training seed: `render_training` ends below."""
AREA = (0.012, 0.12)
"""ours: share of the picture that the object covers."""

Triple = tuple[tuple[NDArray[np.uint8], ...], tuple[NDArray[np.bool_], ...]]


def triples(size: int, first: int, backend: Backend = "auto") -> Iterator[Triple]:
    """Training scenes from seed ``first`` on, without end: (with, without, another), (its silhouette, the other's).

    Pictures uint8 [S, S, 3], silhouettes bool [S, S]. A scene none of whose objects covers `AREA` is left out.
    """
    seed = first
    while True:
        scene, draw = sample_scene(seed, "train"), Random(f"harness_scenes/removals/{VERSION}/{seed}")
        whole = render(scene, size, backend)
        seen = [k for k, shown in enumerate(whole.silhouettes) if AREA[0] <= shown.mean() <= AREA[1]]
        seed += 1
        if seen:
            k = draw.choice(seen)
            without = render(replace(scene, objects=scene.objects[:k] + scene.objects[k + 1 :]), size, backend)
            other = render(_exchanged(scene, k, draw), size, backend)
            yield (whole.image, without.image, other.image), (whole.silhouettes[k], other.silhouettes[k])


def _exchanged(scene: Scene, k: int, draw: Random) -> Scene:
    """The scene with object ``k`` of another look, no larger, in the same place."""
    old = scene.objects[k]
    colour, shape, material = draw.choice([look for look in looks("train") if look[0] != old.colour])
    size = draw.choice([name for name, half in SIZES.items() if half <= old.half])
    place = (*old.position[:2], SIZES[size])
    new = replace(old, colour=colour, shape=shape, material=material, size=size, position=place)
    return replace(scene, objects=(*scene.objects[:k], new, *scene.objects[k + 1 :]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Render what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.render_removals", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder")
    parser.add_argument("--count", type=int, required=True, help="number of scenes")
    parser.add_argument("--size", type=int, default=192, help="side in pixels (192)")
    parser.add_argument("--seed", type=int, default=FIRST, help=f"number of the first scene ({FIRST})")
    parser.add_argument("--backend", choices=("auto", "gl", "numpy"), default="auto")
    options = parser.parse_args(arguments)
    images: list[NDArray[np.uint8]] = []
    masks: list[NDArray[np.bool_]] = []
    for done, (pictures, silhouettes) in enumerate(triples(options.size, options.seed, options.backend), 1):
        images += pictures
        masks += silhouettes
        if done % 20 == 0:
            print(f"{done} of {options.count} scenes", file=sys.stderr, flush=True)
        if done == options.count:
            break
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "removals.npy", np.stack(images))
    np.save(options.out / "removals_masks.npy", np.stack(masks).astype(np.uint8))
    facts = {
        "title": f"{options.count} CLEVR-like scenes of the train split with, without and with another object",
        "licence": "CC0-1.0",
        "source": f"python -m harness_scenes.render_removals OUT --count {options.count} --size {options.size} "
        f"--seed {options.seed}",
    }
    (options.out / "removals.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
