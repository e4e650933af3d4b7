"""Build the list of `scenes-instruct`: `python -m harness_scenes.build_instruct FOLDER`.

Every pair of `scenes-brush` gets one instruction, by its number: two in five a plain one and two in five a relational
one that means its object, one in five one that means nothing there, of looks held out of training. A pair whose object
no instruction of its kind can mean gets one of the other kind. Which of several is drawn by the scene's seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from .brush import BrushScenes
from .build import lay_out
from .instruct import KINDS
from .instructions import Instruction, absent_instructions, instructions
from .scene import Scene
from .vocabulary import VERSION, looks

__all__ = ["main", "rows"]

TURNS = ("plain", "relational", "plain", "relational", "absent")
MOST = 8
HEADER = {
    "name": "scenes-instruct",
    "title": "A hundred instructions to take an object out of a rendered scene, some of which name none",
    "author": "the harness project",
    "licence": "CC0-1.0",
    "source": "plugins/harness_scenes (python -m harness_scenes.build_instruct), pictures of scenes-brush",
    "generator": f"harness_scenes {VERSION}",
}


def _drawn(scene: Scene, k: int, kind: str, draw: Random) -> Instruction | None:
    if kind == "absent":
        found = absent_instructions(scene, draw, looks("eval"), 1)
    else:
        found = [one for one in instructions(scene, k, draw, MOST) if one.kind == kind]
    return draw.choice(found) if found else None


def _distractors(scene: Scene, k: int) -> int:
    own = scene.objects[k]
    return sum(one.shape == own.shape or one.colour == own.colour for j, one in enumerate(scene.objects) if j != k)


def rows() -> list[dict[str, Any]]:
    """One row a pair of `scenes-brush`."""
    pairs, made = BrushScenes(), list[dict[str, Any]]()
    for number, id in enumerate(pairs.ids()):
        truth = pairs.load(id).truth
        scene, k = truth["scene"], truth["object"]
        draw = Random(f"harness_scenes/instruct/{VERSION}/{truth['seed']}")
        wanted = TURNS[number % len(TURNS)]
        for kind in (wanted, *KINDS):
            if one := _drawn(scene, k, kind, draw):
                distractors = 0 if one.target is None else _distractors(scene, k)
                made.append({"id": f"instruct-{number:02d}", "pair": id, "kind": one.kind, "prompt": one.text,
                             "distractors": distractors})  # fmt: skip
                break
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the manifest; the folder is created."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.build_instruct", description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / "manifest.json").write_text(lay_out(HEADER, rows()), encoding="utf-8")


if __name__ == "__main__":
    main()
