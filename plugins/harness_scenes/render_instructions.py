"""Write training scenes with what may be asked of them: `python -m harness_scenes.render_instructions OUT --count N`.

OUT becomes a folder with

- `instructions.npy`: uint8 [M, S, S, 3], every scene whole and without each of some of its objects;
- `instructions_instances.npy`: uint8 [M, S, S], 0 background, k + 1 object k of the whole scene's list;
- `instructions.json`: title, licence, source, `words` (every word that is used) and `scenes`: `whole` (number of its
  picture), `scene` (the scene graph), `without` (object → number of the picture without it), `prompts` (object →
  instructions that mean it alone), `text` (every object → its description), `absent` (instructions that mean nothing
  there). Objects are texts of their numbers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .brush import local_text
from .instructions import WORDS, absent_instructions, instructions
from .render import Backend, render
from .sampling import sample_scene
from .scene import Scene
from .vocabulary import VERSION, looks

__all__ = ["FIRST", "Packed", "main"]

FIRST = 20_000
"""Number of the first training seed: `render_removals` ends below."""
AREA = (0.006, 0.15)
"""ours: share of the picture that an object covers which is taken out."""
MOST = 4
"""Objects of a scene that are taken out at most."""


class Packed:
    """Pictures and what is known of them, scene by scene."""

    def __init__(self, size: int, backend: Backend) -> None:
        self.size, self.backend = size, backend
        self.images: list[NDArray[np.uint8]] = []
        self.instances: list[NDArray[np.uint8]] = []
        self.scenes: list[dict[str, Any]] = []

    def _render(self, scene: Scene) -> int:
        picture = render(scene, self.size, self.backend)
        self.images.append(picture.image)
        self.instances.append(picture.instances)
        return len(self.images) - 1

    def add(self, seed: int) -> None:
        """Render training scene ``seed``, and the same without up to `MOST` of its objects."""
        scene, draw = sample_scene(seed, "train"), Random(f"harness_scenes/instructions/{VERSION}/{seed}")
        whole = self._render(scene)
        areas = np.bincount(self.instances[whole].ravel(), minlength=len(scene.objects) + 1)[1:] / self.size**2
        asked = {k: instructions(scene, k, draw) for k, area in enumerate(areas) if AREA[0] <= area <= AREA[1]}
        able = [k for k, found in asked.items() if found]
        taken = sorted(draw.sample(able, min(MOST, len(able))))
        self.scenes.append(
            {
                "whole": whole,
                "scene": scene.to_dict(),
                "without": {str(k): self._without(scene, k) for k in taken},
                "prompts": {str(k): [one.text for one in asked[k]] for k in taken},
                "text": {str(k): local_text(item) for k, item in enumerate(scene.objects)},
                "absent": [one.text for one in absent_instructions(scene, draw, looks("train"))],
            }
        )

    def _without(self, scene: Scene, k: int) -> int:
        number = self._render(replace(scene, objects=scene.objects[:k] + scene.objects[k + 1 :]))
        shifted = self.instances[number]
        shifted[shifted > k] += 1  # as the whole scene counts its objects
        return number


def main(arguments: Sequence[str] | None = None) -> None:
    """Render what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.render_instructions", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder")
    parser.add_argument("--count", type=int, required=True, help="number of scenes")
    parser.add_argument("--size", type=int, default=128, help="side in pixels (128)")
    parser.add_argument("--seed", type=int, default=FIRST, help=f"number of the first scene ({FIRST})")
    parser.add_argument("--backend", choices=("auto", "gl", "numpy"), default="auto")
    options = parser.parse_args(arguments)
    packed = Packed(options.size, options.backend)
    for done in range(options.count):
        packed.add(options.seed + done)
        if (done + 1) % 50 == 0:
            print(f"{done + 1} of {options.count} scenes", file=sys.stderr, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "instructions.npy", np.stack(packed.images))
    np.save(options.out / "instructions_instances.npy", np.stack(packed.instances))
    facts = {
        "title": f"{options.count} CLEVR-like scenes of the train split, whole and without some objects, with "
        "instructions",
        "licence": "CC0-1.0",
        "source": f"python -m harness_scenes.render_instructions OUT --count {options.count} --size {options.size} "
        f"--seed {options.seed}",
        "words": list(WORDS),
        "scenes": packed.scenes,
    }
    (options.out / "instructions.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
