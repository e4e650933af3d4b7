"""Step 1 of GQA-Inpaint: which objects are common, neither too small nor too large, and can be meant by words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.datasets.scene_texts import referable, square_box

__all__ = ["Chosen", "Limits", "choose"]

Scenes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Limits:
    """ours, all of them: the paper says "common" and "neither too large nor too small" and gives no number.

    Attributes:
        common: how often a name stands in the scene graphs, at least.
        least_area, most_area: of an object's box, as a share of the picture.
        least_side: of its box, in pixels.
        inside: share of its box that lies in the picture's centre square, which is all that the loader shows.
    """

    common: int = 100
    least_area: float = 0.01
    most_area: float = 0.3
    least_side: int = 16
    inside: float = 0.9

    def boxed(self, scene: Mapping[str, Any], box: tuple[int, int, int, int]) -> bool:
        """Whether a box (x0, y0, x1, y1) is neither too small nor too large, and shown."""
        x0, y0, x1, y1 = box
        area = (x1 - x0) * (y1 - y0)
        if min(x1 - x0, y1 - y0) < self.least_side:
            return False
        share = area / (scene["width"] * scene["height"])
        left, top, right, bottom = square_box(scene, box)
        shown = (right - left) * (bottom - top) / area
        return self.least_area <= share <= self.most_area and shown >= self.inside


class Chosen(NamedTuple):
    """Objects by picture, and how many were left after each part of the step."""

    objects: dict[str, tuple[str, ...]]
    counts: dict[str, int]


def choose(scenes: Scenes, limits: Limits) -> Chosen:
    """The objects that are worked on, in the file's order.

    That an instruction can mean an object (`referable`) is asked here and not at the end: what it drops need not be
    segmented and filled, and what remains is the same.
    """
    often = Counter(name for name, _, _, _ in _all(scenes))
    counts = {"pictures": len(scenes), "objects": often.total(), "common": 0, "in box limits": 0, "can be meant": 0}
    chosen: dict[str, list[str]] = {}
    meant: dict[str, frozenset[str]] = {}
    for name, image, id, box in _all(scenes):
        if often[name] < limits.common:
            continue
        counts["common"] += 1
        if not limits.boxed(scenes[image], box):
            continue
        counts["in box limits"] += 1
        if image not in meant:
            meant[image] = frozenset(referable(scenes[image]))
        if id in meant[image]:
            counts["can be meant"] += 1
            chosen.setdefault(image, []).append(id)
    return Chosen({image: tuple(ids) for image, ids in chosen.items()}, counts)


def _all(scenes: Scenes) -> Iterator[tuple[str, str, str, tuple[int, int, int, int]]]:
    for image, scene in scenes.items():
        for id, one in scene["objects"].items():
            x0, y0, x1, y1 = one["bbox"]
            yield one["name"], image, id, (x0, y0, x1, y1)
