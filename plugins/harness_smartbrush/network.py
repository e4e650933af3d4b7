"""SmartBrush's network: Stable Diffusion's under its own key names, told a mask, and telling where the object is.

Xie et al. 2023, arXiv:2212.05034. No code or weights of the authors are public: how the mask, its precision and the
predicted mask enter and leave the U-Net is ours (see `BrushConfig`); the parts themselves are latent diffusion's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.errors import MissingRequirement
from harness.masks.precision import COARSEST
from harness.nn.autoencoder import AutoencoderConfig, KlAutoencoder
from harness.nn.diffusion import Table, scaled_linear_betas
from harness.nn.diffusion_unet import DiffusionUNet, UNetConfig
from harness.nn.text_transformer import TextConfig, TextTransformer

__all__ = ["LATENT", "SD_V1", "STEPS", "BrushConfig", "Prediction", "SmartBrush", "betas", "mini", "noise_mask"]

STEPS, FIRST, LAST = 1000, 0.00085, 0.012
LATENT = 4
FACTOR = 8
"""Pixels of a picture's side that are one of the latent's, in both configurations."""


@dataclass(frozen=True)
class BrushConfig:
    """What decides the network; the defaults are Stable Diffusion v1, grown by what SmartBrush needs.

    Attributes:
        channels, multipliers, blocks, attention, heads, groups: of the U-Net (`UNetConfig`).
        text: of the encoder that is trained along; None: CLIP ViT-L/14's.
        side: shorter side, in pixels, of the pictures that it was trained on.
        cells: ours: the mask is told and predicted at so many by so many pixels of a latent position, which are
            channels to the U-Net. 1: a position is in the mask where any pixel of it is.
        predicts: what the first four outputs are: the noise, or (ours) the velocity of Salimans & Ho 2022,
            arXiv:2202.00512.
        tells_mask: whether the further outputs, log-odds of the exact mask, are there.
        own_first_stage: whether the autoencoder (KL-f8) is part of the checkpoint; else harness's small one is used.
        words: the vocabulary of ``text``, by number.
    """

    channels: int = 320
    multipliers: tuple[int, ...] = (1, 2, 4, 4)
    blocks: int = 2
    attention: tuple[int, ...] = (1, 2, 4)
    heads: int = 8
    groups: int = 32
    text: TextConfig | None = None
    side: int = 512
    cells: int = 1
    predicts: Literal["noise", "velocity"] = "noise"
    tells_mask: bool = True
    own_first_stage: bool = True
    words: tuple[str, ...] = ()

    @classmethod
    def stated(cls, facts: Mapping[str, Any]) -> BrushConfig:
        """From the JSON of `dataclasses.asdict`, whose tuples are lists. Raises `TypeError` for other names."""
        made: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in facts.items()}
        made["text"] = None if facts["text"] is None else TextConfig(**facts["text"])
        return cls(**made)

    @property
    def unet(self) -> UNetConfig:
        """Inputs: noisy latent, mask, precision; outputs: noise or velocity, log-odds of the mask."""
        told = self.cells**2
        return UNetConfig(
            channels=self.channels, multipliers=self.multipliers, blocks=self.blocks, attention=self.attention,
            heads=self.heads, inputs=LATENT + told + COARSEST + 1, outputs=LATENT + told * self.tells_mask,
            context=768 if self.text is None else self.text.width, resample="conv", scale_shift=False,
            groups=self.groups,
        )  # fmt: skip

    @property
    def pitch(self) -> int:
        """Height and width of a picture must be multiples of it."""
        return FACTOR * int(2 ** (len(self.multipliers) - 1))


SD_V1 = BrushConfig()


def mini(words: tuple[str, ...]) -> BrushConfig:
    """ours: for rendered scenes of 128 px, whose latents are 16 positions a side; the text is read at 8."""
    return BrushConfig(
        channels=40, multipliers=(1, 1), blocks=1, attention=(2,), heads=4, groups=8,
        text=TextConfig(width=64, layers=2, heads=4, head_channels=16, words=len(words), longest=48),
        side=128, cells=FACTOR, predicts="velocity", own_first_stage=False, words=words,
    )  # fmt: skip


def betas() -> Table:
    """The schedule's variances, float64: Stable Diffusion's."""
    return scaled_linear_betas(STEPS, FIRST, LAST)


def noise_mask(mask: Tensor) -> Tensor:
    """Where noise goes: latent positions ``[N, 1, h, w]`` of which any pixel is in the mask ``[N, 1, H, W]``."""
    return functional.max_pool2d(mask, FACTOR)


class Prediction(NamedTuple):
    """Noise or velocity ``[N, 4, h, w]``, and log-odds ``[N, 1, H, W]`` that a pixel is the object's, or None."""

    told: Tensor
    object: Tensor | None


class _Model(nn.Module):
    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.diffusion_model = DiffusionUNet(config)


class _Text(nn.Module):
    def __init__(self, config: TextConfig | None) -> None:
        super().__init__()
        self.transformer = _clip() if config is None else TextTransformer(config)

    def forward(self, ids: Tensor) -> Tensor:
        told = self.transformer(ids)
        return told if isinstance(told, Tensor) else torch.as_tensor(told.last_hidden_state)


def _clip() -> nn.Module:
    """CLIP ViT-L/14's text encoder, as Stable Diffusion reads it: 77 tokens, last layer, final norm."""
    try:
        from transformers import CLIPTextConfig, CLIPTextModel
    except ModuleNotFoundError as error:
        raise MissingRequirement("smartbrush's sd-v1 weights need: pip install 'iq-harness[diffusion]'") from error
    made: nn.Module = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49_408, hidden_size=768, intermediate_size=3_072, num_hidden_layers=12, num_attention_heads=12,
            max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=768,
        )
    )  # fmt: skip
    return made


class SmartBrush(nn.Module):
    """U-Net and text encoder, and the first stage where it is part of the checkpoint."""

    def __init__(self, config: BrushConfig) -> None:
        super().__init__()
        self.config = config
        self.model = _Model(config.unet)
        self.cond_stage_model = _Text(config.text)
        if config.own_first_stage:
            self.first_stage_model = KlAutoencoder(
                AutoencoderConfig(multipliers=(1, 2, 4, 4), attention=(), latent=LATENT)
            )

    def read(self, ids: Tensor) -> Tensor:
        """The meaning ``[N, T, C]`` of texts' numbers ``[N, T]``."""
        meaning: Tensor = self.cond_stage_model(ids)
        return meaning

    def forward(self, noisy: Tensor, mask: Tensor, precision: Tensor, steps: Tensor, context: Tensor) -> Prediction:
        """The U-Net's prediction.

        Args:
            noisy: latents ``[N, 4, h, w]``, clean outside the mask.
            mask: the region ``[N, 1, 8h, 8w]``, 0 or 1.
            precision: of each mask ``[N]``, 0 exact … 5 box.
            steps: of the schedule, ``[N]``.
            context: what `read` gave.
        """
        cells = self.config.cells
        told = functional.pixel_unshuffle(functional.max_pool2d(mask, FACTOR // cells), cells)
        level = functional.one_hot(precision, COARSEST + 1).to(noisy)[:, :, None, None].expand(-1, -1, *noisy.shape[2:])
        said = self.model.diffusion_model(torch.cat([noisy, told, level], dim=1), steps, context)
        if not self.config.tells_mask:
            return Prediction(said, None)
        odds = functional.pixel_shuffle(said[:, LATENT:], cells)
        if cells < FACTOR:
            odds = functional.interpolate(odds, scale_factor=FACTOR // cells, mode="bilinear")
        return Prediction(said[:, :LATENT], odds)
