"""GQA's scene graphs (Hudson and Manning, CVPR 2019): objects with box, attributes and relations, by picture."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.places import file_name
from harness_gqa.words import visible_words

__all__ = ["read_graphs"]


def read_graphs(path: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """Scenes by picture, as `harness.datasets.scene_texts` has them, and the file's sha256.

    A box (x, y, w, h) becomes (x0, y0, x1, y1), cut at the picture's edges; of the attributes those remain that say
    colour, shape or material; relations to objects that the graph lacks are left out. No object is `bidirected` yet.

    Raises:
        HarnessError: the file is no JSON of scene graphs, or a name in it cannot name a file.
    """
    try:
        content = path.read_bytes()
        found = json.loads(content)
    except (OSError, ValueError) as error:
        raise HarnessError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise HarnessError(f"{path}: no scene graphs by picture")
    scenes = {}
    for image, graph in found.items():
        name = file_name("picture", image)
        try:
            scenes[name] = _scene(graph)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            told = f"{type(error).__name__}: {error}"
            raise HarnessError(f"{path}: picture {image!r} has no scene graph as GQA writes them ({told})") from error
    return scenes, hashlib.sha256(content).hexdigest()


def _scene(graph: Mapping[str, Any]) -> dict[str, Any]:
    width, height = int(graph["width"]), int(graph["height"])
    objects = graph["objects"]
    return {
        "width": width,
        "height": height,
        "objects": {file_name("object", id): _object(one, objects, width, height) for id, one in objects.items()},
    }


def _object(one: Mapping[str, Any], objects: Mapping[str, Any], width: int, height: int) -> dict[str, Any]:
    x, y, w, h = (int(one[side]) for side in ("x", "y", "w", "h"))
    return {
        "name": str(one["name"]),
        "bbox": [max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)],
        "attributes": visible_words(list(one["attributes"])),
        "relations": [
            {"name": str(each["name"]), "object": str(each["object"])}
            for each in one["relations"]
            if each["object"] in objects
        ],
        "bidirected": False,
    }
