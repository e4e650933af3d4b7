"""What the builders of pairs share: a scene with and without one object, drawn among candidates, and written down."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from . import render_numpy
from .build import lay_out, save_picture
from .removal import changed
from .scene import Scene

__all__ = ["Pair", "drawn_pair", "write_pairs"]


@dataclass(frozen=True)
class Pair:
    """One scene, the picture of all of it and the one without object `k`; arrays uint8."""

    seed: int
    scene: Scene
    k: int
    whole: NDArray[np.uint8]
    without: NDArray[np.uint8]
    instances: NDArray[np.uint8]


def drawn_pair(
    seed: int,
    scene: Scene,
    rendered: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    candidates: list[int],
    draw: Random,
    least: float,
) -> Pair | None:
    """The first of the shuffled candidates that changes ``least`` of the picture outside its silhouette, if any.

    ``rendered``: picture and instances of the whole scene.
    """
    whole, instances = rendered
    draw.shuffle(candidates)
    for k in candidates:
        objects = scene.objects[:k] + scene.objects[k + 1 :]
        without, _ = render_numpy.render(replace(scene, objects=objects), len(whole))
        if (changed(whole, without) & (instances != k + 1)).mean() >= least:
            return Pair(seed, scene, k, whole, without, instances)
    return None


def write_pairs(
    folder: Path, header: Mapping[str, str], pairs: Iterable[Pair], prefix: str, key: str, *, shows: bool
) -> None:
    """Write pictures and manifest; the folder is created.

    ``key`` is what the manifest calls the object's number. ``shows``: the object is in the picture that is shown, and
    the truth is without it; else the other way round.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, pair in enumerate(pairs):
        name = f"{prefix}-{number:02d}"
        image, target = (pair.whole, pair.without) if shows else (pair.without, pair.whole)
        rows.append(
            {
                "id": name,
                "cluster": name,
                "seed": pair.seed,
                key: pair.k,
                "image": save_picture(folder, f"{name}.webp", image),
                "target": save_picture(folder, f"{name}-{'without' if shows else 'with'}.webp", target),
                "instances": save_picture(folder, f"{name}-instances.png", pair.instances),
                "scene": pair.scene.to_dict(),
            }
        )
        print(name, "seed", pair.seed, file=sys.stderr)
    (folder / "manifest.json").write_text(lay_out(header, rows), encoding="utf-8")
