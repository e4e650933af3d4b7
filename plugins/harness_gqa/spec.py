"""What is built here, and what its paper counts. Torch-free and numpy-free."""

from __future__ import annotations

from typing import NamedTuple

from harness.specs import Paper

__all__ = ["PAPER", "PAPER_COUNTS", "Counts"]

PAPER = Paper(
    title="Inst-Inpaint: Instructing to Remove Objects with Diffusion Models",
    venue="arXiv",
    year=2023,
    url="arXiv:2304.03246",
)


class Counts(NamedTuple):
    """Distinct pictures with the object, distinct pictures without it, and source-target-prompt triples."""

    sources: int
    targets: int
    triples: int

    @property
    def words(self) -> str:
        """The three in one line."""
        return f"{self.sources:,} sources, {self.targets:,} targets, {self.triples:,} triples"


PAPER_COUNTS = {"train": Counts(44_500, 88_369, 173_715), "test": Counts(4_811, 9_485, 18_883)}
"""The paper's counts of GQA-Inpaint by split."""
