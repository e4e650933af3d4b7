"""Inst-Inpaint's network: first stage, text encoder and U-Net, under the names of the release's state dict.

Yildirim et al. 2023, arXiv:2304.03246; the three parts are latent diffusion's (`harness.nn`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from harness.nn.autoencoder import AutoencoderConfig, VectorAutoencoder
from harness.nn.diffusion import Table, scaled_linear_betas
from harness.nn.diffusion_unet import DiffusionUNet, UNetConfig
from harness.nn.first_stage import SMALL
from harness.nn.text_transformer import TextConfig, TextTransformer
from harness_instinpaint.selection import Selection
from harness_instinpaint.words import small_words

__all__ = [
    "ATTRIBUTES",
    "CLEVR",
    "CONFIGURATIONS",
    "FEATURES",
    "GQA",
    "STEPS",
    "InstInpaint",
    "InstInpaintConfig",
    "Meaning",
    "Prediction",
    "betas",
    "mini",
]

FEATURES, ATTRIBUTES = 32, (8, 3, 2, 2)
"""ours, of the small configuration; colours, shapes, materials and sizes of rendered scenes."""
FIRST, LAST, STEPS = 0.0015, 0.0195, 1000
_UNET = UNetConfig(
    channels=128, multipliers=(1, 2, 3, 4), attention=(2, 4, 8), heads=8, inputs=8, outputs=4, context=512,
    scale_shift=False,
)  # fmt: skip


@dataclass(frozen=True)
class InstInpaintConfig:
    """What decides the network; the defaults are the release's for GQA-Inpaint.

    Attributes:
        unet, text: the parts'.
        first: the first stage's; None (ours): it is the small one that ships with harness, and no part of this network.
        side: shorter side, in pixels, of the pictures that it was trained on.
        predicts: what the first channels of the U-Net are: the noise, or (ours) what the edit adds to the source.
        told_where: ours: one more input, a coarse mask of what is meant, all 0 where there is none.
        features: ours: further outputs of every place, from which the words select where the edit changes the picture;
            elsewhere it is scaled down. 0: the release's, without any.
        attributes: ours: how many values each kind of further outputs has that training teaches (what a place shows).
        words: the vocabulary, by number; empty where a file of the user's has it (bert-base-uncased's).
    """

    unet: UNetConfig = _UNET
    first: AutoencoderConfig | None = field(default_factory=AutoencoderConfig)
    text: TextConfig = field(default_factory=TextConfig)
    side: int = 256
    predicts: Literal["noise", "change"] = "noise"
    told_where: bool = False
    features: int = 0
    attributes: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def stated(cls, facts: Mapping[str, Any]) -> InstInpaintConfig:
        """From the JSON of `dataclasses.asdict`, whose tuples are lists. Raises `TypeError` for other names."""
        parts = {"unet": UNetConfig, "first": AutoencoderConfig, "text": TextConfig}
        made = {name: part(**_tuples(facts[name])) for name, part in parts.items() if facts[name] is not None}
        return cls(**{**_tuples(facts), **made})

    @property
    def stage(self) -> AutoencoderConfig:
        """The first stage's configuration, a part of the network or not."""
        return self.first or SMALL

    @property
    def pitch(self) -> int:
        """Height and width of a picture must be multiples of it."""
        return self.stage.factor * int(2 ** (len(self.unet.multipliers) - 1))


def _tuples(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}


GQA = InstInpaintConfig()
"""The released model: 16 layers of text, 8 heads."""
CLEVR = InstInpaintConfig(text=TextConfig(layers=8, heads=4))
"""The paper's for CLEVR: 8 layers, 4 heads; of its other parts nothing is told, so they are as above (ours)."""


def mini() -> InstInpaintConfig:
    """ours: for rendered scenes of 128 px, whose latents are 16 positions a side; the text is read at 8."""
    words = small_words()
    return InstInpaintConfig(
        unet=UNetConfig(
            channels=16, multipliers=(2, 3), blocks=1, attention=(2,), heads=4, inputs=9,
            outputs=4 + 1 + FEATURES + sum(ATTRIBUTES), context=64, resample="conv", scale_shift=False, groups=8,
        ),
        first=None,
        text=TextConfig(width=64, layers=2, heads=4, head_channels=16, words=len(words), longest=20),
        side=128,
        predicts="change",
        told_where=True,
        features=FEATURES,
        attributes=ATTRIBUTES,
        words=words,
    )  # fmt: skip


CONFIGURATIONS = {"gqa": lambda: GQA, "clevr": lambda: CLEVR, "mini": mini}


def betas() -> Table:
    """The schedule's variances, float64."""
    return scaled_linear_betas(STEPS, FIRST, LAST)


class Prediction(NamedTuple):
    """What the U-Net says: noise or change ``[N, latent, h, w]``; log-odds of where ``[N, 1, h, w]`` and, of every
    place, of what it shows ``[N, attributes, h, w]``, both None of the release's."""

    told: Tensor
    where: Tensor | None = None
    shows: Tensor | None = None


class Meaning(NamedTuple):
    """What an instruction's words mean in context ``[N, T, C]``, and what they select by ``[N, F]`` or None."""

    context: Tensor
    chosen: Tensor | None = None


class _Model(nn.Module):
    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.diffusion_model = DiffusionUNet(config)


class _Embedder(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.transformer = TextTransformer(config)


class InstInpaint(nn.Module):
    """The networks of a checkpoint; ``state_dict()`` has the release's names."""

    def __init__(self, config: InstInpaintConfig) -> None:
        super().__init__()
        self.config = config
        self.model = _Model(config.unet)
        self.first_stage_model = VectorAutoencoder(config.first) if config.first else None
        self.cond_stage_instruction_embedder = _Embedder(config.text)
        self.select = Selection(config.text.width, config.features, config.attributes) if config.features else None

    def read(self, ids: Tensor) -> Meaning:
        """The meaning of instructions' numbers ``[N, T]``."""
        transformer = self.cond_stage_instruction_embedder.transformer
        context: Tensor = transformer(ids)
        if self.select is None:
            return Meaning(context)
        return Meaning(context, self.select.read(ids, transformer.token_emb(ids), context))

    def forward(
        self, noisy: Tensor, source: Tensor, steps: Tensor, meaning: Meaning, where: Tensor | None = None
    ) -> Prediction:
        """The U-Net's prediction.

        Args:
            noisy, source: latents ``[N, latent, h, w]``; a source of zeros: none (ours, of `told_where` networks).
            steps: of the schedule, ``[N]``.
            meaning: what `read` gave.
            where: a coarse mask ``[N, 1, h, w]`` in [0, 1], or None; only of networks that are told.
        """
        shown = [noisy, source]
        if self.config.told_where:
            shown.append(torch.zeros_like(noisy[:, :1]) if where is None else where)
        made = self.model.diffusion_model(torch.cat(shown, dim=1), steps, meaning.context)
        count = self.config.stage.latent
        if self.select is None or meaning.chosen is None:
            return Prediction(made)
        odds, shows = self.select(made[:, count:], meaning.chosen)
        # without a source there is nothing to leave alone: all of the picture is the edit
        everywhere = ~source.flatten(1).any(1)[:, None, None, None]
        return Prediction(made[:, :count] * torch.where(everywhere, 1.0, odds.sigmoid()), odds, shows)
