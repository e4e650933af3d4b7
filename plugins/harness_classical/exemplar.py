"""Fill by copying patches: Barnes et al., "PatchMatch", SIGGRAPH 2009, by the package `pypatchmatch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import patchmatch

from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import Setup
from harness_classical.filler import Filler

if TYPE_CHECKING:
    from harness_classical.filler import Hole, Picture

__all__ = ["PatchMatch"]

WHITE = 255


class PatchMatch(Filler):
    """Coarse-to-fine patch voting with a randomised nearest-neighbour search.

    Args:
        setup: as for every method.
        radius: patches are (2 radius + 1)² pixels. ours: 1, so that a suite of 120 samples costs less than half a
            minute; 2 gains 0.05 to 0.3 dB at 1.25 times the seconds, the package examples' 3 loses again.
        seed: of the search. One seed for every sample, so that a floor is one number; the package restarts
            its generator for every picture, so results do not depend on the order of samples.
    """

    def __init__(self, setup: Setup, radius: int = 1, seed: int = 0) -> None:
        super().__init__(setup)
        if not patchmatch.patchmatch_available:
            raise MissingRequirement("patchmatch found no library for this platform: pip install pypatchmatch")
        if radius < 1:
            raise HarnessError(f"radius must be at least 1, not {radius}")
        self.radius, self.seed = radius, seed

    def fill(self, image: Picture, hole: Hole) -> Picture:
        """Run PatchMatch on the 8-bit picture."""
        pixels = np.rint(image * WHITE).astype(np.uint8)
        patchmatch.set_random_seed(self.seed)
        filled = patchmatch.inpaint(pixels, hole, patch_size=self.radius)
        return (filled / WHITE).astype(np.float32)
