"""GDP's prior: guided-diffusion's U-Net, and a small one of ours that sees patches of pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor
from torch.nn import functional as F

from harness.nn.diffusion_unet import DiffusionUNet, UNetConfig

__all__ = ["MINI", "Prior", "PriorConfig"]


@dataclass(frozen=True)
class PriorConfig(UNetConfig):
    """`UNetConfig`, whose defaults are the official network, and what that has not.

    Attributes:
        patch: side of the square of pixels that is one position of the network; 1 officially.
    """

    patch: int = 1


MINI = PriorConfig(channels=32, multipliers=(2, 2, 2), blocks=1, attention=(2, 4), head_channels=32, patch=2)
"""ours: 1,749,496 parameters for 64 px: 32, 16 and 8 positions a side, attention at the last two."""


class Prior(DiffusionUNet):
    """Predicts the noise of a picture and where its variance lies between two bounds, ``[N, 6, H, W]``.

    Where ``patch`` is above 1 (ours), pixels of a patch are channels to every layer, which makes a step cheaper by
    about its square; the layout of keys stays.
    """

    def __init__(self, config: PriorConfig | None = None) -> None:
        given = config or PriorConfig()
        cells = given.patch**2
        super().__init__(replace(given, inputs=given.inputs * cells, outputs=given.outputs * cells))
        self.patch = given.patch
        self.pitch = given.patch * 2 ** (len(given.multipliers) - 1)
        """Height and width must be multiples of it."""

    def forward(self, image: Tensor, steps: Tensor, context: Tensor | None = None) -> Tensor:
        """``[N, 6, H, W]`` for noisy pictures in [-1, 1] units and original step indices ``[N]``."""
        if self.patch == 1:
            return super().forward(image, steps, context)
        patched = F.pixel_unshuffle(image, self.patch)
        return F.pixel_shuffle(super().forward(patched, steps, context), self.patch)
