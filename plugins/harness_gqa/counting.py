"""How many pictures, pairs and instructions a folder in GQA-Inpaint's layout has."""

from __future__ import annotations

from pathlib import Path

from harness.datasets.scene_pairs import pair_id, read_scenes
from harness.datasets.scene_texts import referable
from harness_gqa.spec import Counts

__all__ = ["count"]


def count(folder: Path, split: str) -> Counts:
    """Count a split by its list: every pair whose object an instruction can mean is a target and a triple.

    Raises `HarnessError` for a list that is not there or is none.
    """
    sources, pairs = set[str](), set[str]()
    for image, scene in read_scenes(folder / f"{split}_scenes.json").items():
        own = {pair_id(image, id) for id, one in referable(scene).items() if one.get("bidirected")}
        pairs |= own
        sources |= {image} if own else set()
    return Counts(len(sources), len(pairs), len(pairs))
