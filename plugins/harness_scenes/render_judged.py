"""Write what the judge of objects learns from: `python -m harness_scenes.render_judged OUT --count N`.

OUT becomes a folder with `judged.npy`, uint8 [3N, 128, 128, 3]: of every scene of the split `judge` the picture,
the same without one object, and with that object's pixels filled from around (Telea, as a simple inpainter would);
and `judged_places.npy`, int16 [M, 8], a row a place: picture, row, column, 1 if an object is centred there, then its
shape, colour, material and size as indices into `vocabulary` (0 where there is none).

Places are the centres of the boxes of objects that are seen well enough, the place that the object left, and ground
away from every object.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from .brush import attributes
from .render import Backend, Rendered, render
from .sampling import sample_scene
from .scene import Scene
from .seen import box_centre, shown_share
from .vocabulary import SEEDS, VERSION

__all__ = ["SIDE", "Place", "main", "scene_places"]

SIDE = 128
LEAST = 90
"""ours: visible pixels that an object needs; half the area of a small one."""
LEAST_SHARE = 0.5
"""ours: share of the object that must be seen: of less, nobody can tell the shape."""
AWAY = 7
"""ours: pixels between a place on the ground and the nearest object."""
FILLED_AROUND = 4
"""ours: pixels around a silhouette that are filled with it."""

Place = tuple[int, ...]
Picture = NDArray[np.uint8]


def scene_places(number: int, backend: Backend = "auto") -> tuple[list[Picture], list[Place]]:
    """Return the three pictures of scene `number` of the split and its places; their picture is 0, 1 or 2.

    Both are empty for a scene none of whose objects is seen well enough.
    """
    seed = SEEDS["judge"].start + number
    scene, draw = sample_scene(seed, "judge"), Random(f"harness_scenes/judged/{VERSION}/{seed}")
    whole = render(scene, SIDE, backend)
    good = [k for k, shown in enumerate(whole.silhouettes) if _well_seen(scene, k, shown)]
    if not good:
        return [], []
    k = draw.choice(good)
    without = render(replace(scene, objects=scene.objects[:k] + scene.objects[k + 1 :]), SIDE, backend)
    places: list[Place] = [(0, *box_centre(whole.silhouettes[j]), 1, *attributes(scene.objects[j])) for j in good]
    gone = box_centre(whole.silhouettes[k])
    places += [(picture, *gone, 0, 0, 0, 0, 0) for picture in (1, 2)]
    places += [(picture, *_ground(shown, draw), 0, 0, 0, 0, 0) for picture, shown in enumerate((whole, without))]
    return [whole.image, without.image, _filled(whole, k)], places


def _well_seen(scene: Scene, k: int, shown: NDArray[np.bool_]) -> bool:
    return int(shown.sum()) >= LEAST and shown_share(scene, k, shown) >= LEAST_SHARE


def _ground(shown: Rendered, draw: Random) -> tuple[int, int]:
    """Draw a pixel of the ground that is `AWAY` from every object."""
    away = cv2.distanceTransform((shown.instances == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    rows, columns = np.nonzero(away >= AWAY)
    at = draw.randrange(len(rows))
    return int(rows[at]), int(columns[at])


def _filled(whole: Rendered, k: int) -> Picture:
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * FILLED_AROUND + 1,) * 2)
    hole = cv2.dilate(whole.silhouettes[k].astype(np.uint8), around)
    return np.asarray(cv2.inpaint(whole.image, hole, 3, cv2.INPAINT_TELEA), np.uint8)


def _numbered(count: int, first: int, backend: Backend) -> Iterator[tuple[list[Picture], list[Place]]]:
    """Yield pictures and places of `count` scenes from `first` on that have any; places name pictures of the whole."""
    number, done = first, 0
    while done < count:
        pictures, places = scene_places(number, backend)
        number += 1
        if pictures:
            yield pictures, [(3 * done + picture, *rest) for picture, *rest in places]
            done += 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Render what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.render_judged", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder")
    parser.add_argument("--count", type=int, required=True, help="number of scenes")
    parser.add_argument("--first", type=int, default=0, help="number of the first scene of the split (0)")
    parser.add_argument("--backend", choices=("auto", "gl", "numpy"), default="auto")
    options = parser.parse_args(arguments)
    images: list[Picture] = []
    table: list[Place] = []
    for done, (pictures, places) in enumerate(_numbered(options.count, options.first, options.backend), 1):
        images += pictures
        table += places
        if done % 50 == 0:
            print(f"{done} of {options.count} scenes", file=sys.stderr, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "judged.npy", np.stack(images))
    np.save(options.out / "judged_places.npy", np.array(table, np.int16))


if __name__ == "__main__":
    main()
