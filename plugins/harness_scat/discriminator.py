"""SCAT's discriminator: one U-Net with a global head and a segmentation head, under the official key names.

At width 64 it has 27,951,106 parameters. Images are RGB in [-1, 1]; it sees no mask.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["POOLED", "SIDE_MULTIPLE", "Judged", "UnetDiscriminator", "projection"]

DOWN = (1, 2, 4, 8, 8, 16)
"""Output features of the encoder's blocks, in widths."""
UP = (8, 8, 4, 2, 1, 1)
POOLED = DOWN[-1]
"""Features of the pooled bottleneck, in widths."""
SIDE_MULTIPLE = 2 ** len(DOWN)
SIGMA_FLOOR = 1e-12


class _Spectral(nn.Module):
    """Weight over its largest singular value, estimated by one power iteration a forward while training (Miyato, 2018).

    Entries are those of `torch.nn.utils.spectral_norm`: ``weight_orig``, ``bias``, ``weight_u``, ``weight_v``.
    """

    weight_u: Tensor
    weight_v: Tensor

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(shape[0]))
        self.weight_orig = nn.Parameter(nn.init.orthogonal_(torch.empty(shape)))
        inner = self.weight_orig[0].numel()
        self.register_buffer("weight_u", F.normalize(torch.randn(shape[0]), dim=0))
        self.register_buffer("weight_v", F.normalize(torch.randn(inner), dim=0))

    def weight(self) -> Tensor:
        """The normalised weight."""
        matrix = self.weight_orig.flatten(1)
        if self.training:
            with torch.no_grad():
                self.weight_v.copy_(F.normalize(matrix.T @ self.weight_u, dim=0, eps=SIGMA_FLOOR))
                self.weight_u.copy_(F.normalize(matrix @ self.weight_v, dim=0, eps=SIGMA_FLOOR))
        # copies: a later forward moves the vectors before this one's gradient is taken
        sigma = self.weight_u.clone() @ (matrix @ self.weight_v.clone())
        return self.weight_orig / sigma


class _Convolution(_Spectral):
    def __init__(self, into: int, out: int, kernel: int, stride: int) -> None:
        super().__init__(out, into, kernel, kernel)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight(), self.bias, self.stride, padding=1)


class _Linear(_Spectral):
    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight(), self.bias)


class _Down(nn.Module):
    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.conv = _Convolution(into, out, 4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x))


class _Up(nn.Module):
    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.conv = _Convolution(into, out, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(F.interpolate(x, scale_factor=2, mode="nearest")))


class Judged(NamedTuple):
    """What the discriminator says of a batch.

    Attributes:
        maps: features of the encoder's first five blocks, at 1/2 to 1/32 of the size.
        pooled: ``[N, 16 width]``, the bottleneck summed over its positions.
        whole: ``[N, 1]`` logits of the picture being real.
        pixels: ``[N, 1, H, W]`` logits of each pixel being valid rather than generated; None where not asked for.
    """

    maps: tuple[Tensor, ...]
    pooled: Tensor
    whole: Tensor
    pixels: Tensor | None

    def segmented(self) -> Tensor:
        """The pixel logits. Raises ValueError where they were not asked for."""
        if self.pixels is None:
            raise ValueError("the segmentation was not asked for")
        return self.pixels


class UnetDiscriminator(nn.Module):
    """Encoder of 4x4 convolutions of stride 2, decoder of enlargements with skips; all but the last layer spectral.

    The published file is for 256 pixels; any height and width that are multiples of 64 work.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        down = [3, *[width * factor for factor in DOWN]]
        up = [down[-1], *[width * factor for factor in UP]]
        skips = [0, *down[-2:0:-1]]
        blocks: list[nn.Module] = [_Down(a, b) for a, b in pairwise(down)]
        blocks += [_Up(a + skip, b) for a, skip, b in zip(up[:-1], skips, up[1:], strict=True)]
        # the official lists may hold an attention behind a block, hence one list a block
        lists: list[nn.Module] = [nn.ModuleList([block]) for block in blocks]
        self.blocks = nn.ModuleList([*lists, nn.Conv2d(width, 1, 1)])
        self.linear_middle = _Linear(1, down[-1])

    def forward(self, image: Tensor, segment: bool = True) -> Judged:
        """Judge ``image`` [N,3,H,W]; without ``segment`` the decoder is left out."""
        value, maps = image, []
        blocks = [cast("nn.ModuleList", entry)[0] for entry in self.blocks[:-1]]
        for block in blocks[: len(DOWN)]:
            value = block(value)
            maps.append(value)
        pooled = value.sum((2, 3))
        pixels = self._segment(value, maps[:-1], blocks[len(DOWN) :]) if segment else None
        return Judged(tuple(maps[:-1]), pooled, self.linear_middle(pooled), pixels)

    def _segment(self, value: Tensor, skips: list[Tensor], blocks: list[nn.Module]) -> Tensor:
        value = blocks[0](value)
        for block, skip in zip(blocks[1:], reversed(skips), strict=True):
            value = block(torch.cat([value, skip], 1))
        logits: Tensor = self.blocks[-1](value)
        return logits


def projection(width: int = 64, hidden: int = 256) -> nn.Sequential:
    """The MLP between the pooled features and the semantic contrast; the official one is 1024-256-256."""
    return nn.Sequential(nn.Linear(POOLED * width, hidden), nn.ReLU(), nn.Linear(hidden, hidden))
