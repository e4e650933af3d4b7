"""Swin's backbone under mmsegmentation's names (Liu et al., ICCV 2021; key names and order as PAL4VST's files have)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["PATCH", "Swin"]

PATCH = 4
MLP_RATIO = 4
BARRED = -100.0
"""What is added to the attention of two positions that lie side by side only because the map was rolled."""


class Swin(nn.Module):
    """Four maps at 1/4, 1/8, 1/16 and 1/32 of a picture, each with a LayerNorm of its own.

    Args:
        width: channels of the first map; they double at every stage.
        depths: blocks a stage.
        heads: attention heads a stage.
        window: side of the attention's windows in positions; every second block's are shifted by half of it.
    """

    def __init__(self, width: int, depths: tuple[int, ...], heads: tuple[int, ...], window: int) -> None:
        super().__init__()
        self.patch_embed = _PatchEmbed(width)
        stages = []
        for index, (depth, number) in enumerate(zip(depths, heads, strict=True)):
            channels = width * 2**index
            stages.append(_Stage(channels, depth, number, window, merge=index < len(depths) - 1))
            self.add_module(f"norm{index}", nn.LayerNorm(channels))
        self.stages = nn.ModuleList(stages)

    def set_drop_path(self, rate: float) -> None:
        """In training, leave branches of the blocks out: none of the first block's, ``rate`` of the last one's."""
        blocks = [module for module in self.modules() if isinstance(module, _Block)]
        for index, block in enumerate(blocks):
            block.dropped = rate * index / max(len(blocks) - 1, 1)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Normalised pictures ``[N, 3, H, W]`` of any size -> ``[N, C, h, w]`` a stage."""
        rows = self.patch_embed(image)  # [N, h, w, C], as all maps inside
        maps = []
        for index, stage in enumerate(self.stages):
            made, rows = stage(rows)
            maps.append(self.get_submodule(f"norm{index}")(made).permute(0, 3, 1, 2).contiguous())
        return maps


class _PatchEmbed(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(3, width, PATCH, PATCH)
        self.norm = nn.LayerNorm(width)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        padded = F.pad(image, (0, -width % PATCH, 0, -height % PATCH))
        rows: Tensor = self.norm(self.projection(padded).permute(0, 2, 3, 1))
        return rows


class _Stage(nn.Module):
    def __init__(self, channels: int, depth: int, heads: int, window: int, *, merge: bool) -> None:
        super().__init__()
        shifts = [window // 2 if index % 2 else 0 for index in range(depth)]
        self.blocks = nn.ModuleList(_Block(channels, heads, window, shift) for shift in shifts)
        self.downsample = _Merging(channels) if merge else None

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What the blocks made, and what the next stage is given."""
        for block in self.blocks:
            rows = block(rows)
        return rows, rows if self.downsample is None else self.downsample(rows)


class _Merging(nn.Module):
    """Half the size, twice the channels: 2×2 positions side by side, the four values of one channel together."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, rows: Tensor) -> Tensor:
        count, height, width, channels = rows.shape
        rows = F.pad(rows, (0, 0, 0, width % 2, 0, height % 2))
        height, width = rows.shape[1] // 2, rows.shape[2] // 2
        # channel-major, c·4 + 2·dy + dx, as the official files' weights are ordered; timm's are not
        squares = rows.reshape(count, height, 2, width, 2, channels).permute(0, 1, 3, 5, 2, 4)
        merged: Tensor = self.reduction(self.norm(squares.reshape(count, height, width, 4 * channels)))
        return merged


class _Block(nn.Module):
    def __init__(self, channels: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.dropped = 0.0
        self.norm1 = nn.LayerNorm(channels)
        self.attn = _ShiftedAttention(channels, heads, window, shift)
        self.norm2 = nn.LayerNorm(channels)
        self.ffn = _FeedForward(channels)

    def forward(self, rows: Tensor) -> Tensor:
        rows = rows + self._kept(self.attn(self.norm1(rows)))
        added: Tensor = rows + self._kept(self.ffn(self.norm2(rows)))
        return added

    def _kept(self, branch: Tensor) -> Tensor:
        """Stochastic depth: the branch of whole pictures left out, the others' enlarged to the same mean."""
        if not (self.training and self.dropped):
            return branch
        drawn = torch.rand(len(branch), *(1 for _ in branch.shape[1:]), device=branch.device) >= self.dropped
        return branch * drawn / (1 - self.dropped)


class _FeedForward(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = MLP_RATIO * channels
        self.layers = nn.Sequential(nn.Sequential(nn.Linear(channels, wide), nn.GELU()), nn.Linear(wide, channels))

    def forward(self, rows: Tensor) -> Tensor:
        found: Tensor = self.layers(rows)
        return found


class _ShiftedAttention(nn.Module):
    """Cuts a map into windows, rolled by ``shift``, and pastes them together again.

    Zeros that fill the last windows take part in the attention, as in the official network.
    """

    def __init__(self, channels: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.window, self.shift = window, shift
        self.w_msa = _WindowAttention(channels, heads, window)

    def forward(self, rows: Tensor) -> Tensor:
        height, width = rows.shape[1:3]
        rows = F.pad(rows, (0, 0, 0, -width % self.window, 0, -height % self.window))
        barred = None
        if self.shift:
            barred = _barred(rows, self.window, self.shift)
            rows = rows.roll((-self.shift, -self.shift), (1, 2))
        rows = _joined(self.w_msa(_windows(rows, self.window), barred), rows.shape, self.window)
        if self.shift:
            rows = rows.roll((self.shift, self.shift), (1, 2))
        return rows[:, :height, :width]


def _windows(rows: Tensor, side: int) -> Tensor:
    """``[N, H, W, C]`` -> ``[N, windows, side², C]``."""
    count, height, width, channels = rows.shape
    cut = rows.reshape(count, height // side, side, width // side, side, channels).transpose(2, 3)
    return cut.reshape(count, -1, side * side, channels)


def _joined(windows: Tensor, shape: torch.Size, side: int) -> Tensor:
    count, height, width, channels = shape
    cut = windows.reshape(count, height // side, width // side, side, side, channels)
    return cut.transpose(2, 3).reshape(shape)


def _barred(rows: Tensor, window: int, shift: int) -> Tensor:
    """``[windows, side², side²]``: 0 between positions that were neighbours before the roll, else `BARRED`."""
    height, width = rows.shape[1:3]
    y, x = (_regions(length, window, shift, rows.device) for length in (height, width))
    regions = _windows((3 * y[:, None] + x).reshape(1, height, width, 1), window)[0, ..., 0]
    return (regions[:, None] != regions[:, :, None]).to(rows.dtype) * BARRED


def _regions(length: int, window: int, shift: int, device: torch.device) -> Tensor:
    places = torch.arange(length, device=device)
    return (places >= length - window).long() + (places >= length - shift)


class _WindowAttention(nn.Module):
    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.register_buffer("relative_position_index", _offsets(window))
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, windows: Tensor, barred: Tensor | None) -> Tensor:
        count, number, places, channels = windows.shape
        split = self.qkv(windows).reshape(count, number, places, 3, self.heads, channels // self.heads)
        query, key, value = split.permute(3, 0, 1, 4, 2, 5)
        index = self.get_buffer("relative_position_index")
        bias = self.relative_position_bias_table[index].permute(2, 0, 1)
        if barred is not None:
            bias = bias + barred[:, None]
        bias = bias.expand(count, number, self.heads, places, places)
        found = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        mixed: Tensor = self.proj(found.transpose(2, 3).reshape(windows.shape))
        return mixed


def _offsets(window: int) -> Tensor:
    """``[side², side²]``: the row of the bias table for the offset between two positions of a window."""
    y, x = (axis.flatten() for axis in torch.meshgrid(*[torch.arange(window)] * 2, indexing="ij"))
    dy, dx = (axis[:, None] - axis + window - 1 for axis in (y, x))
    return dy * (2 * window - 1) + dx
