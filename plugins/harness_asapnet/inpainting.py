"""ASAP-Net as an inpainter: the same network, given masked RGB and mask."""

from __future__ import annotations

import torch
from torch import Tensor

from harness.nn.smooth_fill import smooth_fill
from harness.nn.tile_mlp import from_tiles, to_tiles, touched_tiles
from harness_asapnet.config import INPAINT, RGB, AsapNetConfig
from harness_asapnet.network import PixelwiseNetwork

__all__ = ["AsapInpaint"]


class AsapInpaint(PixelwiseNetwork):
    """Pixelwise MLPs whose head and MLPs run only on the tiles that a hole touches.

    Images ``[N, 3, H, W]`` in [-1, 1] of a grid's size, whose content in the hole is not read; masks
    ``[N, 1, H, W]``, 1 = hole, 0 = known.
    """

    def __init__(self, config: AsapNetConfig = INPAINT) -> None:
        if config.inputs != RGB + 1 or config.instance_edge:
            raise ValueError(f"an inpainter is given RGB and a mask, not {config.inputs} channels")
        super().__init__(config)

    def prepared(self, image: Tensor, mask: Tensor) -> Tensor:
        """What the network is given, ``[N, 4, H, W]``: RGB with a blank (residual: the smooth fill), and the mask."""
        start = smooth_fill(image, mask) if self.config.residual else image.masked_fill(mask > 0, 0)
        return torch.cat([start, mask], 1)

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """``[N, 3, H, W]``: the prediction in touched tiles, what the network was given elsewhere."""
        return self._fill(image, mask, fast=False)

    @torch.no_grad()
    def fill(self, image: Tensor, mask: Tensor) -> Tensor:
        """`forward` for inference: the same values, without gradients and in the order that suits caches."""
        return self._fill(image, mask, fast=True)

    def all_pixels(self, image: Tensor, mask: Tensor) -> Tensor:
        """The prediction everywhere, ``[N, 3, H, W]``, all tiles at once as the official forward."""
        return self.evaluate(self.prepared(image, mask))

    def _fill(self, image: Tensor, mask: Tensor, *, fast: bool) -> Tensor:
        inputs, grid = self.prepared(image, mask), self.grid(*image.shape[-2:])
        tiles = touched_tiles(mask, grid)
        if not len(tiles):
            return inputs[:, :RGB]
        colours = self.evaluate(inputs, tiles, fast=fast)
        return from_tiles(to_tiles(inputs[:, :RGB], grid).index_copy(0, tiles, colours), grid)
