"""Degradations whose operator methods are told: blur, fewer pixels, no colour, lost pixels, noise, and all in turn."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from harness.degradations.operators import Separable, linear_operator
from harness.errors import HarnessError
from harness.interfaces import Degraded, Sample

__all__ = ["Combined", "Deblurring", "Grey", "LostPixels", "SuperResolution"]


class Combined:
    """A blur, then block means, then grey, then lost pixels, then Gaussian noise; what is 0 (or 1) is left out.

    The observation is clipped to [0, 1] and rounded to 8 bit.

    Args:
        spread: of `harness.degradations.matrices.gaussian_taps` (9 taps; the release has 2, smaller is wider).
        told: the spread of the operator that methods are told; 0: the true one.
        factor: side of the blocks.
        grey: 1 where colours are lost.
        share: of the pixels that are lost, observed as 0.
        block: side of the squares in which they are lost.
        sigma: standard deviation of the noise, in [0, 1] units; methods are told.

    Raises:
        HarnessError: a parameter out of its range; lost pixels together with a blur or block means.
    """

    version = "1"

    def __init__(
        self, *, spread: float = 0.0, told: float = 0.0, factor: int = 1, grey: int = 0, share: float = 0.0,
        block: int = 1, sigma: float = 0.0,
    ) -> None:  # fmt: skip
        if min(spread, told, sigma) < 0 or not 0 <= share < 1 or block < 1 or factor < 1 or grey not in (0, 1):
            raise HarnessError(
                f"spread={spread:g}, told={told:g}, factor={factor}, grey={grey}, share={share:g}, block={block}, "
                f"sigma={sigma:g}: a degradation's numbers are 0 or more, a share below 1, blocks of 1 px or more"
            )
        self.spread, self.told, self.factor, self.grey = spread, told or spread, factor, bool(grey)
        self.share, self.block, self.sigma = share, block, sigma

    def degrade(self, sample: Sample, seed: int) -> Degraded:
        """Which pixels are lost, then the noise, are drawn from the seed."""
        rng = np.random.default_rng(seed)
        size = (sample.image.shape[0], sample.image.shape[1])
        kept = self._kept(size, rng) if self.share else None
        true = self._operator(size, self.spread, kept)
        clean = torch.from_numpy(sample.image.astype(np.float64) / 255).permute(2, 0, 1)[None]
        seen = true(clean)[0].permute(1, 2, 0).numpy()
        noisy = seen + self.sigma * rng.standard_normal(seen.shape)
        if kept is not None:  # nothing is measured where a pixel is lost
            noisy = noisy * kept.numpy()[..., None]
        picture = np.rint(noisy.clip(0, 1) * 255).astype(np.uint8)
        return Degraded(picture, true if self.told == self.spread else self._operator(size, self.told, kept))

    def _operator(self, size: tuple[int, int], spread: float, kept: Tensor | None) -> Separable:
        return linear_operator(size, spread=spread, factor=self.factor, grey=self.grey, kept=kept, sigma=self.sigma)

    def _kept(self, size: tuple[int, int], rng: np.random.Generator) -> Tensor:
        grid = tuple(-(-side // self.block) for side in size)
        count = grid[0] * grid[1]
        lost = np.zeros(count, bool)
        lost[rng.permutation(count)[: round(self.share * count)]] = True
        whole = np.kron(lost.reshape(grid), np.ones((self.block, self.block), bool))
        return torch.from_numpy(~whole[: size[0], : size[1]])


class SuperResolution(Combined):
    """Means of ``factor``² pixels: the observation is smaller."""

    def __init__(self, *, factor: int = 4, sigma: float = 0.0) -> None:
        super().__init__(factor=factor, sigma=sigma)


class Deblurring(Combined):
    """GDP's 9×9 Gaussian; ``told`` another spread than the true one is a mismatched kernel."""

    def __init__(self, *, spread: float = 2.0, told: float = 0.0, sigma: float = 0.0) -> None:
        super().__init__(spread=spread, told=told, sigma=sigma)


class LostPixels(Combined):
    """Inpainting as an operator: pixels, or squares of them, are lost."""

    def __init__(self, *, share: float = 0.25, block: int = 1, sigma: float = 0.0) -> None:
        super().__init__(share=share, block=block, sigma=sigma)


class Grey(Combined):
    """The mean of the channels, three times, each with noise of its own."""

    def __init__(self, *, sigma: float = 0.0) -> None:
        super().__init__(grey=1, sigma=sigma)
