"""Coordinate querying (CoordFill, arXiv 2303.08524, section 3): how an image is cut and where a pixel stands.

The encoder yields one parameter vector for every tile; a pixel's colour is that tile's MLP
(`harness.nn.tile_mlp`) evaluated at the pixel's place inside the tile.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from harness.nn.tile_mlp import TileGrid, place_encoding

ENCODER_STRIDE = 8  # three stride-2 convolutions
LARGEST_PHASE = 7 / 8  # of a full turn: the last pixel of a tile stays apart from the first
MIN_CELLS = 2  # reflection padding of a 3x3 convolution needs two rows and two columns


class TileLayout(TileGrid):
    """A grid of tiles, and the size at which the encoder sees it."""

    __slots__ = ()

    @property
    def encoder_size(self) -> tuple[int, int]:
        """Height and width at which the encoder sees the image."""
        return ENCODER_STRIDE * self.rows, ENCODER_STRIDE * self.cols


def layout_for(height: int, width: int, *, cells: int, min_tile: int) -> TileLayout:
    """Smallest layout that covers the image with at most ``cells`` tiles on its longer side.

    A square image whose side is a multiple of ``cells`` gets the official layout, ``cells x cells`` tiles.
    ours: other sizes keep square tiles of one size, so the aspect is kept and the image has to be padded to
    ``layout.height x layout.width`` (the paper's code accepts square multiples of 32 only).
    """
    if height < 1 or width < 1:
        raise ValueError(f"an image of {height}x{width} pixels cannot be cut into tiles")
    tile = max(min_tile, math.ceil(max(height, width) / cells))
    rows, cols = (max(MIN_CELLS, math.ceil(side / tile)) for side in (height, width))
    return TileLayout(tile, rows, cols)


@torch.inference_mode(False)  # what is cached under inference mode could not be trained with
def positional_encoding(tile: int, *, device: torch.device | None = None) -> Tensor:
    """``[tile*tile, 4]`` float32: cos x, sin x, cos y, sin y of every pixel of a tile, row by row.

    The phase runs from 0 to 7/8 of a turn along x. Along y the official code rescales twice, so its phase
    ends a little below 7/8 for tiles above 8 pixels; kept, since the official weights were trained with it.
    """
    if tile < 2:
        raise ValueError("a tile needs at least 2 pixels a side for its positions to differ")
    stretch = LARGEST_PHASE * tile / (tile - 1)
    place = torch.arange(tile, dtype=torch.float64) / tile * stretch
    return place_encoding(place, place * stretch).to(device=device, dtype=torch.float32)
