"""PAL4VST's network (Zhang et al., ICCV 2023): Swin-Base and UPerNet, which pixels of a picture are artifacts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import NamedTuple

from torch import Tensor, nn

from harness_par.heads import FcnHead, UperHead, enlarged
from harness_par.swin import Swin

__all__ = [
    "AUXILIARY_MAP",
    "MEAN",
    "OFFICIAL",
    "SMALL",
    "STD",
    "ArtifactNetwork",
    "Config",
    "Stages",
    "config_of",
    "normalised",
]

MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
"""ImageNet's mean and deviation of R, G, B in 0…255, as the official scripts have them."""
AUXILIARY_MAP = 2


@dataclass(frozen=True)
class Config:
    """The size of a network.

    Attributes:
        width: channels of Swin's first map.
        depths, heads: blocks and attention heads of each of the four stages.
        window: side of the attention's windows.
        channels: of UPerNet's head.
        classes: logits a pixel; 1 is an artifact.
        auxiliary: channels of the auxiliary head, 0 where there is none.
    """

    width: int
    depths: tuple[int, ...]
    heads: tuple[int, ...]
    window: int
    channels: int
    classes: int = 2
    auxiliary: int = 0


OFFICIAL = Config(128, (2, 2, 18, 2), (4, 8, 16, 32), 12, 512)
"""What PAL4VST's configurations call "swin-large" and is Swin-Base; 120,120,442 parameters."""
SMALL = Config(8, (2, 1, 1, 1), (1, 2, 4, 8), 3, 8)
"""ours: for tests."""


class Stages(NamedTuple):
    """What the network computes on its way: four maps, class logits at 1/4, class logits at the picture's size."""

    maps: list[Tensor]
    low: Tensor
    full: Tensor


class ArtifactNetwork(nn.Module):
    """Logits of "clean" and "artifact" for every pixel, at any size."""

    def __init__(self, config: Config = OFFICIAL) -> None:
        super().__init__()
        self.backbone = Swin(config.width, config.depths, config.heads, config.window)
        given = [config.width * 2**index for index in range(len(config.depths))]
        self.decode_head = UperHead(given, config.channels, config.classes)
        if config.auxiliary:
            self.auxiliary_head = FcnHead(given[AUXILIARY_MAP], config.auxiliary, config.classes)

    def stages(self, image: Tensor) -> Stages:
        """Everything that `forward` computes, from `normalised` pictures ``[N, 3, H, W]``."""
        maps = self.backbone(image)
        low = self.decode_head(maps)
        return Stages(maps, low, enlarged(low, image.shape[-2:]))

    def forward(self, image: Tensor) -> Tensor:
        """`normalised` pictures ``[N, 3, H, W]`` -> logits ``[N, classes, H, W]``."""
        return self.stages(image).full


def normalised(image: Tensor) -> Tensor:
    """RGB in [0, 1], ``[N, 3, H, W]``, as the official networks want it."""
    mean, inverse = (image.new_tensor(values).reshape(1, 3, 1, 1) for values in (MEAN, [1 / std for std in STD]))
    return (255 * image - mean) * inverse


def config_of(state: Mapping[str, Tensor]) -> Config:
    """The size of the network whose entries a file holds, read off their names and shapes.

    Raises `KeyError` where an entry that tells is missing. What the file lacks besides, a strict load says.
    """
    blocks: dict[int, set[int]] = {}
    for key in state:
        if found := re.match(r"backbone\.stages\.(\d+)\.blocks\.(\d+)\.", key):
            blocks.setdefault(int(found[1]), set()).add(int(found[2]))
    stages = sorted(blocks)
    table = "backbone.stages.{}.blocks.0.attn.w_msa.relative_position_bias_table"
    classes, channels = state["decode_head.conv_seg.weight"].shape[:2]
    auxiliary = any(key.startswith("auxiliary_head.") for key in state)
    return Config(
        width=len(state["backbone.patch_embed.projection.weight"]),
        depths=tuple(1 + max(blocks[stage]) for stage in stages),
        heads=tuple(state[table.format(stage)].shape[1] for stage in stages),
        window=(1 + isqrt(len(state[table.format(0)]))) // 2,
        channels=channels,
        classes=classes,
        auxiliary=state["auxiliary_head.conv_seg.weight"].shape[1] if auxiliary else 0,
    )
