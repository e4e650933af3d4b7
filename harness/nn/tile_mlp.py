"""Tiles of an image, each with an MLP of its own that gives the colour of every pixel at its place in the tile.

ASAP-Net (Shaham et al., CVPR 2021, arXiv 2012.02992) and its inpainting descendant CoordFill predict, at
low resolution, one vector of MLP weights for every tile of ``tile x tile`` pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["PackedMlp", "TileGrid", "from_tiles", "place_encoding", "to_tiles", "touched_tiles"]

LEAKY_SLOPE = 0.01
CHUNK_PIXELS = 8192  # ours: two 64-channel activations of a chunk fit the caches of one core


class TileGrid(NamedTuple):
    """How an image of ``height x width`` pixels is cut into ``rows x cols`` tiles of ``tile`` pixels."""

    tile: int
    rows: int
    cols: int

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.tile * self.rows

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.tile * self.cols


def place_encoding(turns_x: Tensor, turns_y: Tensor) -> Tensor:
    """``[tile*tile, 4]``: cos x, sin x, cos y, sin y of every pixel of a tile, row by row.

    ``turns_x`` and ``turns_y`` ``[tile]`` say how far along a full turn each column and each row is.
    """
    tile = len(turns_x)
    angle_x, angle_y = ((2 * math.pi * turns) for turns in (turns_x, turns_y))
    along_x, along_y = angle_x.expand(tile, tile), angle_y[:, None].expand(tile, tile)
    channels = [along_x.cos(), along_x.sin(), along_y.cos(), along_y.sin()]
    return torch.stack(channels, -1).reshape(tile * tile, 4)


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
        parts = torch.split(packed, self.sizes, dim=-1)
        return [part.view(*part.shape[:-1], *shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def __call__(self, packed: Tensor, inputs: Tensor) -> Tensor:
        """Differentiable: ``[T, length]`` and ``[P, in]`` (or ``[T, P, in]``) -> ``[T, P, out]`` in (-1, 1)."""
        value = inputs.expand(packed.shape[0], -1, -1)
        for index, layer in enumerate(self.layers(packed)):
            if index:
                value = F.leaky_relu(value, LEAKY_SLOPE)
            value = torch.baddbmm(layer[:, :1], value, layer[:, 1:])
        return value.tanh()

    @torch.no_grad()
    def in_chunks(self, packed: Tensor, inputs: Tensor) -> Tensor:
        """The values of `__call__` without gradients, few tiles at a time: activations stay in the cache."""
        pixels = inputs.shape[-2]
        tiles = max(1, CHUNK_PIXELS // pixels)
        colours = inputs.new_empty(packed.shape[0], pixels, self.shapes[-1][1])
        every = inputs.expand(packed.shape[0], -1, -1)
        chunks = (torch.split(tensor, tiles) for tensor in (packed, every, colours))
        for part, seen, out in zip(*chunks, strict=True):
            value = seen
            for index, layer in enumerate(self.layers(part)):
                if index:
                    F.leaky_relu_(value, LEAKY_SLOPE)
                value = torch.baddbmm(layer[:, :1], value, layer[:, 1:])
            torch.tanh(value, out=out)
        return colours


def to_tiles(image: Tensor, grid: TileGrid, tiles: Tensor | None = None) -> Tensor:
    """``[N, C, H, W]`` -> ``[N*rows*cols, tile*tile, C]``, tiles and pixels in row-major order.

    With indices ``tiles`` ``[T]`` only those: ``[T, tile*tile, C]``.
    """
    tile, rows, cols = grid
    cut = image.reshape(image.shape[0], image.shape[1], rows, tile, cols, tile).permute(0, 2, 4, 3, 5, 1)
    if tiles is not None:
        cut = cut[tiles // (rows * cols), tiles // cols % rows, tiles % cols]
    return cut.reshape(-1, tile * tile, image.shape[1])


def from_tiles(tiles: Tensor, grid: TileGrid) -> Tensor:
    """Inverse of `to_tiles`."""
    tile, rows, cols = grid
    cut = tiles.reshape(-1, rows, cols, tile, tile, tiles.shape[-1])
    return cut.permute(0, 5, 1, 3, 2, 4).reshape(-1, tiles.shape[-1], grid.height, grid.width)


def touched_tiles(mask: Tensor, grid: TileGrid) -> Tensor:
    """Indices ``[T]``, in `to_tiles` order, of the tiles with a hole pixel in ``mask`` ``[N, 1, H, W]``."""
    return F.max_pool2d(mask, grid.tile).flatten().nonzero().squeeze(1)
