"""The U-Net of guided-diffusion and of latent diffusion, in their shared key layout.

Dhariwal & Nichol 2021, arXiv:2105.05233; Rombach et al. 2022, arXiv:2112.10752 (which attends to a text, too).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.nn.spatial_transformer import SpatialTransformer

__all__ = ["DiffusionUNet", "UNetConfig", "step_embedding"]

LONGEST_PERIOD = 10_000.0


@dataclass(frozen=True)
class UNetConfig:
    """What decides the network; the defaults are the official `256x256_diffusion_uncond.pt`.

    Attributes:
        channels: width of the first level.
        multipliers: width of each level as a multiple of it; each level halves the resolution.
        blocks: residual blocks of a level on the way down; one more on the way up.
        attention: down-sampling factors whose blocks attend.
        head_channels: channels of an attention head; 0 where ``heads`` says into how many each width is split.
        inputs, outputs: channels of the picture, and of noise and variance together.
        heads: number of attention heads of every width; 0 where ``head_channels`` says.
        context: channels of the text that blocks attend to; 0: they attend to their own positions alone.
        resample: levels are changed by a residual block that resizes, or by one convolution.
        scale_shift: the step scales and shifts; else it is added.
        groups: of channels that are normalised together.
    """

    channels: int = 256
    multipliers: tuple[int, ...] = (1, 1, 2, 2, 4, 4)
    blocks: int = 2
    attention: tuple[int, ...] = (8, 16, 32)
    head_channels: int = 64
    inputs: int = 3
    outputs: int = 6
    heads: int = 0
    context: int = 0
    resample: Literal["block", "conv"] = "block"
    scale_shift: bool = True
    groups: int = 32


def step_embedding(steps: Tensor, channels: int) -> Tensor:
    """Cosines, then sines, of ``steps`` [N] at geometric frequencies: float32 ``[N, channels]``, an even number."""
    half = channels // 2
    powers = torch.arange(half, dtype=torch.float32, device=steps.device) / half
    phases = steps.float()[:, None] * torch.exp(-math.log(LONGEST_PERIOD) * powers)
    return torch.cat([phases.cos(), phases.sin()], dim=1)


def _zero(layer: nn.Conv1d | nn.Conv2d) -> nn.Module:
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class _Residual(nn.Module):
    """A residual block that the step moves; ``scale`` 0.5 or 2 resizes both of its branches."""

    def __init__(
        self, inputs: int, outputs: int, embedding: int, *, groups: int, scale_shift: bool, scale: float = 1.0
    ) -> None:
        super().__init__()
        self.scale = scale
        self.scale_shift = scale_shift
        self.in_layers = nn.Sequential(
            nn.GroupNorm(groups, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, outputs * (1 + scale_shift)))
        # the empty third is the official dropout: it holds the place of its index
        last = _zero(nn.Conv2d(outputs, outputs, 3, padding=1))
        self.out_layers = nn.Sequential(nn.GroupNorm(groups, outputs), nn.SiLU(), nn.Identity(), last)
        self.skip_connection = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def _resized(self, image: Tensor) -> Tensor:
        if self.scale < 1:
            return functional.avg_pool2d(image, 2)
        return functional.interpolate(image, scale_factor=2, mode="nearest") if self.scale > 1 else image

    def forward(self, image: Tensor, embedding: Tensor, context: Tensor | None) -> Tensor:
        del context
        norm, activation, convolution = self.in_layers
        inner = convolution(self._resized(activation(norm(image))))
        moved = self.emb_layers(embedding)[:, :, None, None]
        norm, *rest = self.out_layers
        if self.scale_shift:
            scale, shift = moved.chunk(2, dim=1)
            inner = norm(inner) * (1 + scale) + shift
        else:
            inner = norm(inner + moved)
        for layer in rest:
            inner = layer(inner)
        summed: Tensor = self.skip_connection(self._resized(image)) + inner
        return summed


class _Attention(nn.Module):
    """Self-attention over positions. Rows of ``qkv`` are ordered head by head: q, k, v of the first, then the next."""

    def __init__(self, channels: int, heads: int, groups: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(groups, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = _zero(nn.Conv1d(channels, channels, 1))

    def forward(self, image: Tensor, embedding: Tensor, context: Tensor | None) -> Tensor:
        del embedding, context
        count, channels, height, width = image.shape
        flat = image.reshape(count, channels, height * width)
        heads = self.qkv(self.norm(flat)).reshape(count, self.heads, 3, channels // self.heads, height * width)
        query, key, value = heads.transpose(3, 4).unbind(dim=2)
        mixed = functional.scaled_dot_product_attention(query, key, value).transpose(2, 3)
        summed: Tensor = flat + self.proj_out(mixed.reshape(flat.shape))
        return summed.reshape(image.shape)


class _First(nn.Conv2d):
    """The first convolution; it ignores step and text."""

    def forward(self, image: Tensor, embedding: Tensor, context: Tensor | None) -> Tensor:  # type: ignore[override]
        del embedding, context
        return super().forward(image)


class _Halved(nn.Module):
    """A level down by one convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, image: Tensor, embedding: Tensor, context: Tensor | None) -> Tensor:
        del embedding, context
        halved: Tensor = self.op(image)
        return halved


class _Doubled(nn.Module):
    """A level up: every pixel twice as wide and high, and one convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, image: Tensor, embedding: Tensor, context: Tensor | None) -> Tensor:
        del embedding, context
        doubled: Tensor = self.conv(functional.interpolate(image, scale_factor=2, mode="nearest"))
        return doubled


class DiffusionUNet(nn.Module):
    """Predicts the noise in a picture, and where its variance lies between the two bounds."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        width, embedding = config.channels, 4 * config.channels
        self.time_embed = nn.Sequential(nn.Linear(width, embedding), nn.SiLU(), nn.Linear(embedding, embedding))
        self.input_blocks = nn.ModuleList([nn.ModuleList([_First(config.inputs, width, 3, padding=1)])])
        kept, factor = [width], 1
        for level, multiplier in enumerate(config.multipliers):
            for _ in range(config.blocks):
                self.input_blocks.append(self._block(width, multiplier * config.channels, factor))
                width = multiplier * config.channels
                kept.append(width)
            if level < len(config.multipliers) - 1:
                self.input_blocks.append(nn.ModuleList([self._halved(width)]))
                kept.append(width)
                factor *= 2
        self.middle_block = nn.ModuleList(
            [self._residual(width, width), self._attention(width), self._residual(width, width)]
        )
        self.output_blocks = nn.ModuleList()
        for level, multiplier in reversed(list(enumerate(config.multipliers))):
            for index in range(config.blocks + 1):
                block = self._block(width + kept.pop(), multiplier * config.channels, factor)
                width = multiplier * config.channels
                if level and index == config.blocks:
                    block.append(self._doubled(width))
                    factor //= 2
                self.output_blocks.append(block)
        last = _zero(nn.Conv2d(width, config.outputs, 3, padding=1))
        self.out = nn.Sequential(nn.GroupNorm(config.groups, width), nn.SiLU(), last)

    def _residual(self, inputs: int, outputs: int, scale: float = 1.0) -> nn.Module:
        embedding = 4 * self.config.channels
        c = self.config
        return _Residual(inputs, outputs, embedding, groups=c.groups, scale_shift=c.scale_shift, scale=scale)

    def _attention(self, channels: int) -> nn.Module:
        heads = self.config.heads or channels // self.config.head_channels
        if self.config.context:
            return SpatialTransformer(channels, heads, self.config.context, self.config.groups)
        return _Attention(channels, heads, self.config.groups)

    def _halved(self, channels: int) -> nn.Module:
        return _Halved(channels) if self.config.resample == "conv" else self._residual(channels, channels, 0.5)

    def _doubled(self, channels: int) -> nn.Module:
        return _Doubled(channels) if self.config.resample == "conv" else self._residual(channels, channels, 2.0)

    def _block(self, inputs: int, outputs: int, factor: int) -> nn.ModuleList:
        block = nn.ModuleList([self._residual(inputs, outputs)])
        if factor in self.config.attention:
            block.append(self._attention(outputs))
        return block

    def forward(self, image: Tensor, steps: Tensor, context: Tensor | None = None) -> Tensor:
        """``[N, outputs, H, W]`` for noisy pictures in [-1, 1] units and original step indices ``[N]``.

        H and W are multiples of ``2 ** (levels - 1)``. ``context`` ``[N, T, C]`` is the text, where the network
        was made for one.
        """
        embedding = self.time_embed(step_embedding(steps, self.config.channels))
        kept: list[Tensor] = []
        for block in self.input_blocks:
            for layer in block:  # type: ignore[attr-defined]
                image = layer(image, embedding, context)
            kept.append(image)
        for layer in self.middle_block:
            image = layer(image, embedding, context)
        for block in self.output_blocks:
            image = torch.cat([image, kept.pop()], dim=1)
            for layer in block:  # type: ignore[attr-defined]
                image = layer(image, embedding, context)
        prediction: Tensor = self.out(image)
        return prediction
