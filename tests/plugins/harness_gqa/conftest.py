"""A small folder shaped like GQA: rendered scenes, whose silhouettes are known, and a photograph; graphs by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.datasets.decode import encode_png
from harness.datasets.photos import Photos
from harness.plugins import load_target, registry

NAMES = {"1": ("cup", "box", "box", "pen", "ball", "book", "vase"), "2": ("box", "ball", "cup", "vase", "book", "pen")}


class GqaShaped(NamedTuple):
    """The two arguments of `harness gqa build`, and the exact silhouette of every rendered object by picture and id."""

    graphs: Path
    images: Path
    exact: dict[tuple[str, str], NDArray[np.bool_]]


def _object(name: str, box: tuple[int, ...], attributes: tuple[str, ...] = ()) -> dict[str, Any]:
    x, y, w, h = box
    return {"name": name, "x": x, "y": y, "w": w, "h": h, "attributes": list(attributes), "relations": []}


@pytest.fixture(scope="session")
def gqa_shaped(tmp_path_factory: pytest.TempPathFactory) -> GqaShaped:
    """Two scenes of 256 px, a photograph with one box, and a graph whose photograph is not there."""
    root = tmp_path_factory.mktemp("gqa")
    (root / "images").mkdir()
    scenes = load_target(registry().dataset("scenes-holes"))()
    graphs: dict[str, Any] = {}
    exact = {}
    for image, id in zip(NAMES, scenes.ids(), strict=False):
        sample = scenes.load(id)
        (root / "images" / f"{image}.png").write_bytes(encode_png(sample.image))
        objects = {}
        for k, one in enumerate(sample.truth["scene"].objects):
            mask = exact[image, str(10 + k)] = sample.truth["instances"] == k + 1
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            x, y = int(columns[0]), int(rows[0])
            box = (x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)
            objects[str(10 + k)] = _object(NAMES[image][k], box, (one.colour, "shiny", one.material))
        first, second, *_ = objects
        objects[first]["relations"].append({"name": "to the left of", "object": second})
        graphs[image] = {"width": 256, "height": 256, "location": "table", "objects": objects}
    photograph = Photos().load("astronaut").image
    (root / "images" / "n3.png").write_bytes(encode_png(photograph))
    helmet = _object("helmet", (170, 150, 80, 95), ("white",))
    graphs["n3"] = {"width": 256, "height": 256, "objects": {"5": helmet}}
    graphs["4"] = {"width": 256, "height": 256, "objects": {"6": _object("helmet", (100, 100, 60, 60))}}
    (root / "train_sceneGraphs.json").write_text(json.dumps(graphs))
    return GqaShaped(root / "train_sceneGraphs.json", root / "images", exact)
