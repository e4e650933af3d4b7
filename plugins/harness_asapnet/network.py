"""ASAP-Net's network (Shaham et al., CVPR 2021, arXiv 2012.02992), under the official key names.

A low-resolution stream predicts, for every tile of the picture, the weights of a small MLP; a pixel's colour is
its tile's MLP evaluated at the pixel's own input (labels, or what is known of a picture) and its place.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, log2
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.nn.tile_mlp import PackedMlp, TileGrid, from_tiles, place_encoding, to_tiles
from harness_asapnet.config import FACADES, RGB, AsapNetConfig

__all__ = [
    "AsapNet",
    "LowResStream",
    "PixelwiseNetwork",
    "bare_network",
    "octave_encoding",
    "tent_kernel",
    "tent_reduce",
]

MIN_CELLS = 2  # reflection padding of a 3x3 convolution needs two rows and two columns


_Net = TypeVar("_Net", bound="PixelwiseNetwork")


def tent_kernel(factor: int) -> Tensor:
    """``[2*factor]``: 1, 3, ... up to ``2*factor - 1`` and down again, of sum 1."""
    ramp = torch.arange(1, 2 * factor, 2, dtype=torch.float32, device="cpu")
    kernel = torch.cat([ramp, ramp.flip(0)])
    return kernel / kernel.sum()


def tent_reduce(image: Tensor, kernel: Tensor) -> Tensor:
    """Reduce ``[N, C, H, W]`` by half the kernel's length: reflect, then convolve columns, then rows."""
    factor, channels = len(kernel) // 2, image.shape[1]
    padded = F.pad(image, [factor // 2] * 4, mode="reflect")
    across = kernel.expand(channels, 1, 1, -1)
    narrow = F.conv2d(padded, across, stride=(1, factor), groups=channels)
    return F.conv2d(narrow, across.mT, stride=(factor, 1), groups=channels)


def octave_encoding(tile: int) -> Tensor:
    """``[tile*tile, 4 log2 tile]``: place in turns of ``tile``, ``tile/2``, ... 2 pixels, row by row (section 3.3)."""
    place = torch.arange(tile, dtype=torch.float64, device="cpu")
    octaves = [place.remainder(tile >> k) / (tile >> k) for k in range(int(log2(tile)))]
    return torch.cat([place_encoding(turns, turns) for turns in octaves], 1).float()


def _convolution(before: int, after: int, stride: int, reflect: bool) -> list[nn.Module]:
    """Padding where it is a layer of its own, then convolution and instance norm."""
    conv = nn.Conv2d(before, after, 3, stride, padding=0 if reflect else 1, bias=False)
    pad: list[nn.Module] = [nn.ReflectionPad2d(1)] if reflect else []
    return [*pad, nn.Sequential(conv, nn.InstanceNorm2d(after, affine=True))]


class _Block(nn.Module):
    def __init__(self, width: int, reflect: bool) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(*_convolution(width, width, 1, reflect), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv_block(x)
        return y


class LowResStream(nn.Module):
    """Convolutions down to one cell a tile, and a last one to the packed weights of the tiles' MLPs."""

    def __init__(self, config: AsapNetConfig, outputs: int) -> None:
        super().__init__()
        downs, reflect = int(log2(config.learned_factor)), config.reflection_pad
        inputs = config.inputs + config.instance_edge
        widths = [config.lr_width] * downs + [config.lr_max_width]
        layers = [*_convolution(inputs, widths[0], 1, reflect), nn.ReLU(inplace=True)]
        for before, after in pairwise(widths):
            layers += [*_convolution(before, after, 2, reflect), nn.ReLU(inplace=True)]
        layers += [_Block(config.lr_max_width, reflect) for _ in range(config.lr_depth)]
        self.model = nn.Sequential(*layers, nn.Conv2d(config.lr_max_width, outputs, 1))

    @property
    def head(self) -> nn.Conv2d:
        """The 1x1 convolution at the end."""
        return cast(nn.Conv2d, self.model[-1])

    def features(self, small: Tensor) -> Tensor:
        """Everything before the head: ``[N, inputs, H, W]`` -> ``[N, lr_max_width, rows, cols]``."""
        value = small
        for layer in list(self.model)[:-1]:
            value = layer(value)
        return value

    def packed(self, features: Tensor, tiles: Tensor | None = None) -> Tensor:
        """``[T, outputs]`` of the cells with these indices, row by row (default: all)."""
        flat = features.permute(0, 2, 3, 1).flatten(0, 2)
        chosen = flat if tiles is None else flat[tiles]
        return F.linear(chosen, self.head.weight.flatten(1), self.head.bias)


class PixelwiseNetwork(nn.Module):
    """Pixelwise MLPs whose weights the low-resolution stream predicts; inputs have the size of a `grid`."""

    encoding: Tensor
    kernel: Tensor

    def __init__(self, config: AsapNetConfig = FACADES) -> None:
        super().__init__()
        self.config = config
        self.mlp = PackedMlp(config.mlp_channels)
        self.lowres_stream = LowResStream(config, self.mlp.length)
        self.register_buffer("encoding", octave_encoding(config.tile), persistent=False)
        factor = config.tile // config.learned_factor
        self.register_buffer("kernel", tent_kernel(factor), persistent=False)
        if config.residual:
            self._start_at_zero()

    def _start_at_zero(self) -> None:
        """ours: the MLP starts as a usual random one, equal in all tiles, whose last layer is zero."""
        weight, bias = self.lowres_stream.head.weight.data, cast(Tensor, self.lowres_stream.head.bias).data
        nn.init.normal_(weight, std=0.1 * weight.shape[1] ** -0.5)
        for layer in self.mlp.layers(bias):
            nn.init.uniform_(layer, -((layer.shape[0] - 1) ** -0.5), (layer.shape[0] - 1) ** -0.5)
        for rows in (weight, bias):
            rows[-self.mlp.sizes[-1] :] = 0

    def grid(self, height: int, width: int) -> TileGrid:
        """The tiles that cover a picture; pad it to ``grid.height x grid.width`` before `forward`.

        ours: the official code takes sizes that are multiples of the tile.
        """
        rows, cols = (max(MIN_CELLS, ceil(side / self.config.tile)) for side in (height, width))
        return TileGrid(self.config.tile, rows, cols)

    def reduced(self, inputs: Tensor) -> Tensor:
        """What the low-resolution stream sees: the input after the tent filter, where there is one."""
        return tent_reduce(inputs, self.kernel) if len(self.kernel) > 2 else inputs

    def pixel_inputs(self, inputs: Tensor, grid: TileGrid, tiles: Tensor | None = None) -> Tensor:
        """What the MLPs see, ``[T, tile*tile, inputs + encoding]``: the pixel's own input, then its place."""
        own = to_tiles(inputs[:, : self.config.inputs], grid, tiles)
        return torch.cat([own, self.encoding.expand(len(own), -1, -1)], 2)

    def evaluate(self, inputs: Tensor, tiles: Tensor | None = None, *, fast: bool = False) -> Tensor:
        """The MLPs' values.

        Parameters
        ----------
        inputs
            ``[N, inputs (+ 1 with instance edges), H, W]`` of a grid's size: one-hot labels, or RGB in [-1, 1] with
            0 in the hole and the mask (1 = hole).
        tiles
            Indices of the tiles to evaluate, in `to_tiles` order. Default: all.
        fast
            The same without gradients, few tiles at a time.

        Returns
        -------
        Tensor
            ``[N, 3, H, W]`` in [-1, 1] (plus the input's colours if residual), or ``[T, tile*tile, 3]`` for ``tiles``.

        """
        grid = self._checked_grid(inputs)
        packed = self.lowres_stream.packed(self.lowres_stream.features(self.reduced(inputs)), tiles)
        seen = self.pixel_inputs(inputs, grid, tiles)
        colours = self.mlp.in_chunks(packed, seen) if fast else self.mlp(packed, seen)
        if self.config.residual:
            colours = colours + seen[..., :RGB]
        return from_tiles(colours, grid) if tiles is None else colours

    def _checked_grid(self, inputs: Tensor) -> TileGrid:
        height, width = inputs.shape[-2:]
        grid = self.grid(height, width)
        if (height, width) != (grid.height, grid.width):
            raise ValueError(
                f"{height}x{width} cannot be cut into tiles of {grid.tile} pixels; pad to {grid.height}x{grid.width}"
            )
        return grid


class AsapNet(PixelwiseNetwork):
    """Label maps, or whatever else has channels, to colours: every pixel."""

    def forward(self, inputs: Tensor) -> Tensor:
        """`evaluate` everywhere; differentiable."""
        return self.evaluate(inputs)


def bare_network(config: AsapNetConfig, kind: type[_Net]) -> _Net:
    """A network without weights, for `load_state_dict(..., assign=True)`: drawing 82 million takes a second."""
    with torch.device("meta"):  # encoding and kernel name the CPU: they are real
        return kind(config)
