"""The first stage of latent diffusion: an autoencoder with a codebook (VQ) or a Gaussian (KL), official keys.

Esser et al. 2021, arXiv:2012.09841 (VQ); Rombach et al. 2022, arXiv:2112.10752 (both).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["AutoencoderConfig", "Coded", "KlAutoencoder", "VectorAutoencoder"]

NORM_EPSILON = 1e-6
LOG_VARIANCE = (-30.0, 20.0)


@dataclass(frozen=True)
class AutoencoderConfig:
    """What decides the network; the defaults are VQ-f8 with 16,384 codes of latent diffusion.

    Attributes:
        channels: width of the first level.
        multipliers: width of each level as a multiple of it; each level but the first halves the resolution.
        blocks: residual blocks of a level of the encoder; one more in the decoder.
        attention: levels whose blocks are followed by attention, 0 the largest; the middle always attends.
        latent: channels of the latent picture.
        codes: size of the codebook; of no meaning to the KL head.
        patch: side of the square of pixels that is one position of the first level; 1 officially.
        groups: of channels that are normalised together; as many as channels would wash out every colour.
    """

    channels: int = 128
    multipliers: tuple[int, ...] = (1, 2, 2, 4)
    blocks: int = 2
    attention: tuple[int, ...] = (3,)
    latent: int = 4
    codes: int = 16_384
    patch: int = 1
    groups: int = 32

    @property
    def factor(self) -> int:
        """Pixels of a picture's side that are one of the latent's."""
        return int(self.patch * 2 ** (len(self.multipliers) - 1))


def _norm(channels: int, groups: int) -> nn.GroupNorm:
    return nn.GroupNorm(groups, channels, eps=NORM_EPSILON)


class _Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = _norm(inputs, groups), _norm(outputs, groups)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        if inputs != outputs:
            self.nin_shortcut = nn.Conv2d(inputs, outputs, 1)
        self.widens = inputs != outputs

    def forward(self, image: Tensor) -> Tensor:
        inner = self.conv1(functional.silu(self.norm1(image)))
        inner = self.conv2(functional.silu(self.norm2(inner)))
        summed: Tensor = (self.nin_shortcut(image) if self.widens else image) + inner
        return summed


class _Attention(nn.Module):
    """One head over all positions."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm = _norm(channels, groups)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, image: Tensor) -> Tensor:
        normed = self.norm(image)
        query, key, value = (layer(normed).flatten(2).transpose(1, 2) for layer in (self.q, self.k, self.v))
        mixed = functional.scaled_dot_product_attention(query[:, None], key[:, None], value[:, None])[:, 0]
        summed: Tensor = image + self.proj_out(mixed.transpose(1, 2).reshape(image.shape))
        return summed


class _Down(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, image: Tensor) -> Tensor:
        # officially padded to the right and below alone
        halved: Tensor = self.conv(functional.pad(image, (0, 1, 0, 1)))
        return halved


class _Up(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        doubled: Tensor = self.conv(functional.interpolate(image, scale_factor=2, mode="nearest"))
        return doubled


class _Level(nn.Module):
    """Blocks of one resolution, each followed by attention where the level attends."""

    def __init__(self, inputs: int, outputs: int, blocks: int, groups: int, *, attends: bool) -> None:
        super().__init__()
        self.block = nn.ModuleList([_Residual(outputs if i else inputs, outputs, groups) for i in range(blocks)])
        self.attn = nn.ModuleList([_Attention(outputs, groups) for _ in range(blocks if attends else 0)])
        self.downsample: nn.Module = nn.Identity()
        self.upsample: nn.Module = nn.Identity()

    def forward(self, image: Tensor) -> Tensor:
        for index, block in enumerate(self.block):
            image = block(image)
            if self.attn:
                image = self.attn[index](image)
        resized: Tensor = self.upsample(self.downsample(image))
        return resized


class _Middle(nn.Module):
    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.block_1 = _Residual(channels, channels, groups)
        self.attn_1 = _Attention(channels, groups)
        self.block_2 = _Residual(channels, channels, groups)

    def forward(self, image: Tensor) -> Tensor:
        told: Tensor = self.block_2(self.attn_1(self.block_1(image)))
        return told


class _Encoder(nn.Module):
    def __init__(self, config: AutoencoderConfig, outputs: int) -> None:
        super().__init__()
        self.patch = config.patch
        self.conv_in = nn.Conv2d(3 * config.patch**2, config.channels, 3, padding=1)
        self.down, width = nn.ModuleList(), config.channels
        for level, multiplier in enumerate(config.multipliers):
            wide = multiplier * config.channels
            down = _Level(width, wide, config.blocks, config.groups, attends=level in config.attention)
            width = wide
            if level < len(config.multipliers) - 1:
                down.downsample = _Down(width)
            self.down.append(down)
        self.mid = _Middle(width, config.groups)
        self.norm_out = _norm(width, config.groups)
        self.conv_out = nn.Conv2d(width, outputs, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        inner = self.conv_in(functional.pixel_unshuffle(image, self.patch))
        for level in self.down:
            inner = level(inner)
        told: Tensor = self.conv_out(functional.silu(self.norm_out(self.mid(inner))))
        return told


class _Decoder(nn.Module):
    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        width = config.multipliers[-1] * config.channels
        self.conv_in = nn.Conv2d(config.latent, width, 3, padding=1)
        self.mid = _Middle(width, config.groups)
        levels: list[nn.Module] = []
        for level, multiplier in reversed(list(enumerate(config.multipliers))):
            wide = multiplier * config.channels
            up = _Level(width, wide, config.blocks + 1, config.groups, attends=level in config.attention)
            width = wide
            if level:
                up.upsample = _Up(width)
            levels.insert(0, up)  # by level, as officially: the smallest is run first
        self.up = nn.ModuleList(levels)
        self.norm_out = _norm(width, config.groups)
        self.patch = config.patch
        self.conv_out = nn.Conv2d(width, 3 * config.patch**2, 3, padding=1)

    def forward(self, latent: Tensor) -> Tensor:
        inner = self.mid(self.conv_in(latent))
        for level in reversed(list(self.up)):
            inner = level(inner)
        told = self.conv_out(functional.silu(self.norm_out(inner)))
        return functional.pixel_shuffle(told, self.patch)


class _Autoencoder(nn.Module):
    """What both heads share: pictures ``[N, 3, H, W]`` in [-1, 1], H and W multiples of ``config.factor``."""

    def __init__(self, config: AutoencoderConfig, moments: int) -> None:
        super().__init__()
        self.config = config
        self.encoder = _Encoder(config, moments)
        self.decoder = _Decoder(config)
        self.quant_conv = nn.Conv2d(moments, moments, 1)
        self.post_quant_conv = nn.Conv2d(config.latent, config.latent, 1)

    def features(self, image: Tensor) -> Tensor:
        """What the encoder says before its head."""
        told: Tensor = self.quant_conv(self.encoder(image))
        return told

    def decode(self, latent: Tensor) -> Tensor:
        """A picture ``[N, 3, H, W]``, about [-1, 1], for a latent ``[N, latent, H / factor, W / factor]``."""
        picture: Tensor = self.decoder(self.post_quant_conv(latent))
        return picture


class _Codebook(nn.Module):
    def __init__(self, codes: int, channels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(codes, channels)
        nn.init.uniform_(self.embedding.weight, -1 / codes, 1 / codes)

    def forward(self, latent: Tensor) -> Tensor:
        """Numbers ``[N, h, w]`` of the nearest codes."""
        rows = latent.movedim(1, 3)
        book = self.embedding.weight
        apart = rows.square().sum(3, keepdim=True) + book.square().sum(1) - 2 * rows @ book.T
        return apart.argmin(3)

    def read(self, numbers: Tensor) -> Tensor:
        """Codes ``[N, channels, h, w]``."""
        codes: Tensor = self.embedding(numbers)
        return codes.movedim(3, 1)


class Coded(NamedTuple):
    """A latent ``[N, latent, h, w]`` before and after it is held to the codebook, and the codes' numbers."""

    free: Tensor
    quantised: Tensor
    numbers: Tensor


class VectorAutoencoder(_Autoencoder):
    """The autoencoder whose latent pixels are entries of a codebook."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__(config, config.latent)
        self.quantize = _Codebook(config.codes, config.latent)

    def code(self, image: Tensor) -> Coded:
        """Everything that training needs of a picture."""
        free = self.features(image)
        numbers = self.quantize(free)
        return Coded(free, self.quantize.read(numbers), numbers)

    def encode(self, image: Tensor) -> Tensor:
        """The quantised latent ``[N, latent, H / factor, W / factor]``."""
        return self.code(image).quantised


class KlAutoencoder(_Autoencoder):
    """The autoencoder whose latent pixels are Gaussians; its encoder says twice as many channels."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__(config, 2 * config.latent)

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each ``[N, latent, H / factor, W / factor]``."""
        mean, log_variance = self.features(image).chunk(2, dim=1)
        return mean, torch.clamp(log_variance, *LOG_VARIANCE)
