"""How many pictures, pairs and instructions a folder in GQA-Inpaint's layout has, beside what the paper says."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness.datasets.scene_pairs import pair_id, read_scenes
from harness.datasets.scene_texts import referable

__all__ = ["PAPER", "Counts", "count"]


class Counts(NamedTuple):
    """Distinct pictures with the object, distinct pictures without it, and source-target-prompt triples."""

    sources: int
    targets: int
    triples: int

    @property
    def words(self) -> str:
        """The three in one line."""
        return f"{self.sources:,} sources, {self.targets:,} targets, {self.triples:,} triples"


PAPER = {"train": Counts(44_500, 88_369, 173_715), "test": Counts(4_811, 9_485, 18_883)}
"""arXiv:2304.03246, the data set's table."""


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
