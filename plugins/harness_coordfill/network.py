"""CoordFill's network (Liu et al., AAAI 2023, arXiv 2303.08524), under the official key names.

Images here are RGB in [-1, 1], masks 1 = hole. The defaults of `CoordFillConfig` are the official
configuration: 31,637,010 parameters, 272 entries in the state dict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.nn.smooth_fill import smooth_fill
from harness.nn.tile_mlp import PackedMlp, from_tiles, to_tiles, touched_tiles
from harness_coordfill.coordinates import ENCODER_STRIDE, TileLayout, layout_for, positional_encoding
from harness_coordfill.encoder import AttFFCEncoder

POSITION_CHANNELS = 4
RGB = 3
_Evaluate = Callable[[Tensor, Tensor], Tensor]
_positions = lru_cache(maxsize=8)(positional_encoding)


@dataclass(frozen=True, slots=True)
class CoordFillConfig:
    """Sizes of the network; the defaults are the official ones.

    Attributes
    ----------
    ngf, blocks, ratio_global
        Encoder features, number of attentional FFC blocks, share of the channels on the Fourier branch.
    mlp_width, mlp_layers
        Hidden width and number of affine maps of the per-pixel MLP (4-64-64-64-64-3 by default).
    encoder_size
        Longest side, in pixels, at which the encoder sees the image; a multiple of 8.
    min_tile
        Smallest tile. Below 8, small images are enlarged for the encoder as the official code does. ours: 8
        for small configurations, so that pixels keep one scale from 128 px crops up to ``encoder_size``.
    base
        ``none`` is the paper. ours: with ``pyramid`` a smooth fill of the hole stands in the encoder's input
        and the MLP predicts what is to be added to it.

    """

    ngf: int = 512
    blocks: int = 6
    ratio_global: float = 0.75
    mlp_width: int = 64
    mlp_layers: int = 5
    encoder_size: int = 256
    min_tile: int = 2
    base: Literal["none", "pyramid"] = "none"

    def __post_init__(self) -> None:
        if self.encoder_size % ENCODER_STRIDE:
            raise ValueError(f"encoder_size={self.encoder_size} is not a multiple of {ENCODER_STRIDE}")
        if self.base not in ("none", "pyramid"):
            raise ValueError(f"base={self.base!r}: choose 'none' or 'pyramid'")

    @property
    def mlp_channels(self) -> tuple[int, ...]:
        """Channels between the MLP's affine maps."""
        return (POSITION_CHANNELS, *[self.mlp_width] * (self.mlp_layers - 1), RGB)


MINI = CoordFillConfig(ngf=64, mlp_width=24, mlp_layers=4, min_tile=8, base="pyramid")
"""ours: the configuration of the shipped `mini` weights, 0.49 M parameters."""


class Fill(NamedTuple):
    """What the network makes of a batch; every tensor ``[N, 3, H, W]``.

    ``raw`` holds the prediction in every tile that the hole touches and the known image elsewhere; ``base``
    is what the hole started from (the blank, or the smooth fill).
    """

    raw: Tensor
    composite: Tensor
    base: Tensor


class _LowresStream(nn.Module):
    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.out_para = nn.Sequential(nn.Linear(features, outputs))


class ParameterHead(nn.Module):
    """Features of a tile and its scale -> the packed weights of its MLP."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.lowres_stream = _LowresStream(features + 1, outputs)

    @property
    def linear(self) -> nn.Linear:
        """The head's one layer."""
        return cast(nn.Linear, self.lowres_stream.out_para[0])

    def forward(self, features: Tensor, tile: int) -> Tensor:
        """``[T, features]`` -> ``[T, outputs]``; the scale is cells per image width, that is 1/tile."""
        scale = features.new_full((features.shape[0], 1), 1 / tile)
        packed: Tensor = self.linear(torch.cat([features, scale], 1))
        return packed


class CoordFill(nn.Module):
    """Fill the hole of an image by querying its tiles' MLPs at every pixel.

    Height and width have to be those of a layout (`layout`): multiples of the tile size.
    """

    def __init__(self, config: CoordFillConfig | None = None) -> None:
        super().__init__()
        self.config = config or CoordFillConfig()
        self.mlp = PackedMlp(self.config.mlp_channels)
        self.asap = ParameterHead(self.config.ngf, self.mlp.length)
        self.refine = AttFFCEncoder(self.config.ngf, self.config.blocks, self.config.ratio_global)
        if self.config.base == "pyramid":
            self._start_at_base()

    def _start_at_base(self) -> None:
        """ours: the MLP starts as a usual random one, equal in all tiles, whose last layer is zero."""
        linear = self.asap.linear
        nn.init.normal_(linear.weight, std=0.1 * linear.in_features**-0.5)
        for layer in self.mlp.layers(linear.bias.data):
            nn.init.uniform_(layer, -((layer.shape[0] - 1) ** -0.5), (layer.shape[0] - 1) ** -0.5)
        for rows in (linear.weight.data, linear.bias.data):
            rows[-self.mlp.sizes[-1] :] = 0

    def layout(self, height: int, width: int) -> TileLayout:
        """The tiles of an image; pad it to ``layout.height x layout.width`` before `forward`."""
        cells = self.config.encoder_size // ENCODER_STRIDE
        return layout_for(height, width, cells=cells, min_tile=self.config.min_tile)

    def start(self, image: Tensor, mask: Tensor, *, faithful: bool = False) -> Tensor:
        """The image with what its hole starts from: a blank, the smooth fill or, if faithful, its content."""
        if self.config.base == "pyramid":
            return smooth_fill(image, mask)
        return image if faithful else image.masked_fill(mask > 0, 0)

    def encode(self, start: Tensor, mask: Tensor, layout: TileLayout) -> Tensor:
        """Features ``[N, ngf, rows, cols]``. Without a base, the hole is blanked after the resize too."""
        small = F.interpolate(start, size=layout.encoder_size, mode="bilinear", align_corners=False)
        known = F.interpolate(1 - mask, size=layout.encoder_size, mode="nearest")
        if self.config.base == "none":
            small = small * known
        features: Tensor = self.refine(torch.cat([small, known], 1))
        return features

    def tile_parameters(self, features: Tensor, layout: TileLayout, tiles: Tensor | None = None) -> Tensor:
        """Packed MLPs ``[T, length]`` of the tiles with these indices (default: all)."""
        flat = features.permute(0, 2, 3, 1).flatten(0, 2)
        packed: Tensor = self.asap(flat if tiles is None else flat[tiles], layout.tile)
        return packed

    def positions(self, layout: TileLayout) -> Tensor:
        """`positional_encoding` of the layout's tiles, where the weights are."""
        return _positions(layout.tile, device=self.asap.linear.weight.device)

    def forward(self, image: Tensor, mask: Tensor, *, faithful: bool = False) -> Fill:
        """Fill a batch; differentiable, evaluates only the tiles that the hole touches.

        Parameters
        ----------
        image
            ``[N, 3, H, W]`` in [-1, 1]; the hole's content is ignored unless ``faithful``.
        mask
            ``[N, 1, H, W]``, 1 = hole.
        faithful
            The official order: the encoder's image is resized before it is masked, so that colours from the
            hole leak into pixels at its border.

        """
        return self._compose(image, mask, faithful, self.mlp)

    @torch.no_grad()
    def fill(self, image: Tensor, mask: Tensor, *, faithful: bool = False) -> Fill:
        """`forward` for inference: the same values, without gradients and in the order that suits caches."""
        return self._compose(image, mask, faithful, self.mlp.in_chunks)

    def all_pixels(self, image: Tensor, mask: Tensor, *, faithful: bool = False) -> Tensor:
        """The prediction for every pixel, ``[N, 3, H, W]``, all tiles at once as the official ``forward``."""
        layout = self._checked_layout(image, mask)
        start = self.start(image, mask, faithful=faithful)
        packed = self.tile_parameters(self.encode(start, mask, layout), layout)
        colours = from_tiles(self.mlp(packed, self.positions(layout)), layout)
        return colours + start if self.config.base == "pyramid" else colours

    def _compose(self, image: Tensor, mask: Tensor, faithful: bool, evaluate: _Evaluate) -> Fill:
        layout = self._checked_layout(image, mask)
        start = self.start(image, mask, faithful=faithful)
        base = start.masked_fill(mask > 0, 0) if self.config.base == "none" else start
        tiles = touched_tiles(mask, layout)
        if not len(tiles):
            return Fill(base, base, base)
        packed = self.tile_parameters(self.encode(start, mask, layout), layout, tiles)
        colours = evaluate(packed, self.positions(layout))
        canvas = to_tiles(base, layout)
        if self.config.base == "pyramid":
            colours = canvas[tiles] + colours
        raw = from_tiles(canvas.index_copy(0, tiles, colours), layout)
        return Fill(raw, torch.where(mask > 0, raw, base), base)

    def _checked_layout(self, image: Tensor, mask: Tensor) -> TileLayout:
        height, width = image.shape[-2:]
        layout = self.layout(height, width)
        if (height, width) != (layout.height, layout.width):
            raise ValueError(
                f"{height}x{width} cannot be cut into tiles of {layout.tile} pixels; "
                f"pad to {layout.height}x{layout.width}"
            )
        if mask.shape != (image.shape[0], 1, height, width):
            raise ValueError(f"mask {tuple(mask.shape)} does not fit image {tuple(image.shape)}")
        return layout
