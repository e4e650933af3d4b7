"""UPerNet's head (Xiao et al., ECCV 2018) and FCN heads, under mmsegmentation's names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["ConcatHead", "FcnHead", "UperHead", "enlarged"]

POOLS = (1, 2, 3, 6)


def enlarged(values: Tensor, size: Sequence[int]) -> Tensor:
    """``[N, C, h, w]`` brought to ``size``, bilinear between pixel centres."""
    return F.interpolate(values, tuple(size), mode="bilinear", align_corners=False)


class _ConvModule(nn.Module):
    """Convolution without bias, BatchNorm, ReLU."""

    def __init__(self, given: int, made: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(given, made, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(made)

    def forward(self, values: Tensor) -> Tensor:
        found: Tensor = self.bn(self.conv(values)).relu()
        return found


class UperHead(nn.Module):
    """Class logits from a pyramid of maps: pooled context from the last, passed down through all.

    Args:
        given: channels of the maps.
        channels: of everything inside.
        classes: logits a pixel.
        dropout: share of the channels before the last layer that training drops.
    """

    def __init__(self, given: Sequence[int], channels: int, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.conv_seg = nn.Conv2d(channels, classes, 1)
        pools = [nn.Sequential(nn.AdaptiveAvgPool2d(side), _ConvModule(given[-1], channels, 1)) for side in POOLS]
        self.psp_modules = nn.ModuleList(pools)
        self.bottleneck = _ConvModule(given[-1] + len(POOLS) * channels, channels, 3)
        self.lateral_convs = nn.ModuleList(_ConvModule(number, channels, 1) for number in given[:-1])
        self.fpn_convs = nn.ModuleList(_ConvModule(channels, channels, 3) for _ in given[:-1])
        self.fpn_bottleneck = _ConvModule(len(given) * channels, channels, 3)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps from fine to coarse -> ``[N, classes, h, w]`` of the finest map's size."""
        last = maps[-1]
        pooled = [enlarged(pool(last), last.shape[-2:]) for pool in self.psp_modules]
        rows = [lateral(given) for lateral, given in zip(self.lateral_convs, maps, strict=False)]
        rows.append(self.bottleneck(torch.cat([last, *pooled], 1)))
        for index in range(len(rows) - 1, 0, -1):
            rows[index - 1] = rows[index - 1] + enlarged(rows[index], rows[index - 1].shape[-2:])
        smoothed = [conv(row) for conv, row in zip(self.fpn_convs, rows, strict=False)] + rows[-1:]
        joined = torch.cat([enlarged(row, rows[0].shape[-2:]) for row in smoothed], 1)
        logits: Tensor = self.conv_seg(self.dropout(self.fpn_bottleneck(joined)))
        return logits


class FcnHead(nn.Module):
    """The auxiliary head on the third map: used in training alone, kept so that its checkpoints load strict."""

    def __init__(self, given: int, channels: int, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.conv_seg = nn.Conv2d(channels, classes, 1)
        self.convs = nn.Sequential(_ConvModule(given, channels, 3))

    def forward(self, values: Tensor) -> Tensor:
        """``[N, C, h, w]`` -> ``[N, classes, h, w]``."""
        logits: Tensor = self.conv_seg(self.dropout(self.convs(values)))
        return logits


class ConcatHead(nn.Module):
    """An FCN head on all maps at once, brought to the finest one's size (mmsegmentation's ``resize_concat``).

    Args:
        given, channels, classes, dropout: as of `UperHead`.
    """

    def __init__(self, given: Sequence[int], channels: int, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.head = FcnHead(sum(given), channels, classes, dropout)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps from fine to coarse -> ``[N, classes, h, w]`` of the finest map's size."""
        logits: Tensor = self.head(torch.cat([enlarged(given, maps[0].shape[-2:]) for given in maps], 1))
        return logits
