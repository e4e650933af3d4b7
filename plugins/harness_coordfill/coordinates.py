"""Coordinate querying (CoordFill, arXiv 2303.08524, section 3): tiles, positions and per-tile MLPs.

The encoder yields one parameter vector for every tile of ``tile x tile`` pixels; a pixel's colour is that
tile's MLP evaluated at the pixel's place inside the tile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

ENCODER_STRIDE = 8  # three stride-2 convolutions
LEAKY_SLOPE = 0.01
LARGEST_PHASE = 7 / 8  # of a full turn: the last pixel of a tile stays apart from the first
CHUNK_PIXELS = 8192  # ours: two 64-channel activations of a chunk fit the caches of one core
MIN_CELLS = 2  # reflection padding of a 3x3 convolution needs two rows and two columns


class TileLayout(NamedTuple):
    """How an image of ``height x width`` pixels is cut into ``rows x cols`` tiles of ``tile`` pixels."""

    tile: int
    rows: int
    cols: int

    @property
    def height(self) -> int:
        return self.tile * self.rows

    @property
    def width(self) -> int:
        return self.tile * self.cols

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
    angle_x = (2 * math.pi * place).expand(tile, tile)
    angle_y = (2 * math.pi * place * stretch)[:, None].expand(tile, tile)
    channels = [angle_x.cos(), angle_x.sin(), angle_y.cos(), angle_y.sin()]
    return torch.stack(channels, -1).reshape(tile * tile, 4).to(device=device, dtype=torch.float32)


class PackedMlp:
    """A per-tile MLP whose weights arrive packed in one vector: for each layer bias, then (in, out) weights.

    LeakyReLU between the layers, tanh at the end. Read as ``(in + 1, out)``, a layer's slice is the affine
    map with its bias as row 0.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        self.shapes = [(before + 1, after) for before, after in pairwise(channels)]
        self.sizes = [rows * cols for rows, cols in self.shapes]
        self.length = sum(self.sizes)

    def layers(self, packed: Tensor) -> list[Tensor]:
        """Split ``[T, length]`` into views ``[T, in + 1, out]``, one a layer."""
        parts = packed.split(self.sizes, dim=-1)
        return [part.unflatten(-1, shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def __call__(self, packed: Tensor, positions: Tensor) -> Tensor:
        """Differentiable evaluation: ``[T, length]`` and ``[P, in]`` -> ``[T, P, out]`` in (-1, 1)."""
        value = positions.expand(packed.shape[0], -1, -1)
        for index, layer in enumerate(self.layers(packed)):
            if index:
                value = F.leaky_relu(value, LEAKY_SLOPE)
            value = torch.baddbmm(layer[:, :1], value, layer[:, 1:])
        return value.tanh()

    @torch.no_grad()
    def in_chunks(self, packed: Tensor, positions: Tensor) -> Tensor:
        """The values of `__call__` without gradients, few tiles at a time: activations stay in the cache."""
        tiles = max(1, CHUNK_PIXELS // positions.shape[0])
        colours = positions.new_empty(packed.shape[0], positions.shape[0], self.shapes[-1][1])
        for part, out in zip(packed.split(tiles), colours.split(tiles), strict=True):
            value = positions.expand(part.shape[0], -1, -1)
            for index, layer in enumerate(self.layers(part)):
                if index:
                    F.leaky_relu_(value, LEAKY_SLOPE)
                value = torch.baddbmm(layer[:, :1], value, layer[:, 1:])
            torch.tanh(value, out=out)
        return colours


def to_tiles(image: Tensor, layout: TileLayout) -> Tensor:
    """``[N, C, H, W]`` -> ``[N*rows*cols, tile*tile, C]``, tiles and pixels in row-major order."""
    tile, rows, cols = layout
    cut = image.reshape(image.shape[0], image.shape[1], rows, tile, cols, tile)
    return cut.permute(0, 2, 4, 3, 5, 1).reshape(-1, tile * tile, image.shape[1])


def from_tiles(tiles: Tensor, layout: TileLayout) -> Tensor:
    """Inverse of `to_tiles`."""
    tile, rows, cols = layout
    cut = tiles.reshape(-1, rows, cols, tile, tile, tiles.shape[-1])
    return cut.permute(0, 5, 1, 3, 2, 4).reshape(-1, tiles.shape[-1], layout.height, layout.width)


def touched_tiles(mask: Tensor, layout: TileLayout) -> Tensor:
    """Indices ``[T]``, in `to_tiles` order, of the tiles with a hole pixel in ``mask`` ``[N, 1, H, W]``."""
    return F.max_pool2d(mask, layout.tile).flatten().nonzero().squeeze(1)
