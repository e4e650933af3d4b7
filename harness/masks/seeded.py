"""What every mask set of ours shares: seeding by its own name, version and seed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from harness.masks.identity import mask_rng

if TYPE_CHECKING:
    import numpy as np

    from harness.interfaces import Hole, Sample

__all__ = ["SeededMasks"]


class SeededMasks(ABC):
    """A `MaskSet` (see `harness.interfaces`) that says only how to draw from a generator.

    Attributes:
        name: the mask set's registered name; part of the seed.
        version: raised whenever the same seed would draw another mask; part of the seed.
        seed: another draw of the whole set. Not the run's seed.
        count: how many masks a sample gets.
    """

    name: ClassVar[str]
    version: str = "1"

    def __init__(self, seed: int = 0, count: int = 1) -> None:
        if count < 1:
            raise ValueError(f"{self.name} draws at least one mask a sample, not {count}")
        self.seed = seed
        self.count = count

    def draw(self, sample: Sample, k: int) -> Hole:
        """The k-th mask (0 <= k < count) for this sample: bool H×W of its image's size, True = hole."""
        if not 0 <= k < self.count:
            raise ValueError(f"{self.name} draws {self.count} masks a sample; there is no mask {k}")
        height, width = sample.image.shape[:2]
        return self.shape(mask_rng(self.name, self.version, self.seed, sample.id, k), height, width, k)

    @abstractmethod
    def shape(self, rng: np.random.Generator, height: int, width: int, k: int) -> Hole:
        """Draw one bool H×W mask, all randomness from `rng`."""
