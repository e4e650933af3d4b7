"""Small networks that find artifacts: frozen EfficientNet-Lite0 or a small trained backbone, and a head (ours)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.errors import UnknownName
from harness.nn.efficientnet_lite import EfficientNetLiteFeatures
from harness_par.heads import ConcatHead, UperHead, enlarged
from harness_par.network import MEAN, STD
from harness_par.swin import Swin

__all__ = ["BACKBONES", "HEADS", "TINY", "ProxyConfig", "ProxyNetwork"]

MULTIPLE = 16
DETAIL = 4.0
"""How many times what a 3×3 mean takes away is shown to the trained branch."""


@dataclass(frozen=True)
class ProxyConfig:
    """What a network is built of.

    Attributes:
        backbone: a key of `BACKBONES`. `head`: a key of `HEADS`.
        channels: inside the head.
        detail: channels of the branch that sees fine detail, or of the small backbone's first map.
        dropout: share of the head's channels that training drops.
    """

    backbone: str = "efl0"
    head: str = "uper"
    channels: int = 32
    detail: int = 24
    dropout: float = 0.1


TINY = ProxyConfig("small", "fcn", 4, 4)
"""For tests."""


def _block(given: int, made: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(given, made, 3, stride, padding=1, bias=False), nn.BatchNorm2d(made), nn.ReLU(inplace=True)
    )


class _Detail(nn.Module):
    """Fine detail at stride 4: the picture beside what a 3×3 mean takes away from it, enlarged."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _block(6, channels, 2), _block(channels, channels, 2), _block(channels, channels, 1)
        )

    def forward(self, image: Tensor) -> Tensor:
        smooth = F.avg_pool2d(F.pad(image, (1, 1, 1, 1), mode="replicate"), 3, 1)
        found: Tensor = self.layers(torch.cat([image, DETAIL * (image - smooth)], 1))
        return found


class _EfficientLite(nn.Module):
    """Frozen ImageNet features, which a package brings and no file of ours holds, beside trained fine detail.

    Maps at strides 4, 8 and 16; the features' first map, at stride 2, is folded into the channels of the second.
    """

    def __init__(self, config: ProxyConfig) -> None:
        super().__init__()
        # in a tuple, so that it is none of the module's entries
        self._frozen = (EfficientNetLiteFeatures("efl0"),)
        self.detail = _Detail(config.detail)
        self.given = (4 * 16 + 24 + config.detail, 40, 112)

    def forward(self, image: Tensor) -> list[Tensor]:
        mean, std = (image.new_tensor(values).reshape(1, 3, 1, 1) / 255 for values in (MEAN, STD))
        with torch.no_grad():
            features = self._frozen[0].to(image.device)  # `Module.to` does not reach what is no entry
            two, four, eight, sixteen = features.stages(image * std + mean)
        return [torch.cat([F.pixel_unshuffle(two, 2), four, self.detail(image)], 1), eight, sixteen]


class _SmallNet(nn.Module):
    """A small convolutional network, trained from nothing: maps at strides 4, 8 and 16."""

    def __init__(self, config: ProxyConfig) -> None:
        super().__init__()
        width = config.detail
        self.given = (width, 2 * width, 4 * width)
        self.detail = _Detail(width)
        self.eight = nn.Sequential(_block(width, 2 * width, 2), _block(2 * width, 2 * width, 1))
        self.sixteen = nn.Sequential(_block(2 * width, 4 * width, 2), _block(4 * width, 4 * width, 1))

    def forward(self, image: Tensor) -> list[Tensor]:
        four = self.detail(image)
        eight = self.eight(four)
        return [four, eight, self.sixteen(eight)]


class _SwinBase(nn.Module):
    """PAL4VST's backbone: maps at strides 4, 8, 16 and 32."""

    def __init__(self, config: ProxyConfig) -> None:
        super().__init__()
        del config
        self.given = (128, 256, 512, 1024)
        self.swin = Swin(128, (2, 2, 18, 2), (4, 8, 16, 32), 12)

    def forward(self, image: Tensor) -> list[Tensor]:
        maps: list[Tensor] = self.swin(image)
        return maps


BACKBONES: Mapping[str, Callable[[ProxyConfig], Any]] = MappingProxyType(
    {"efl0": _EfficientLite, "small": _SmallNet, "swin-b": _SwinBase}
)
HEADS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType({"uper": UperHead, "fcn": ConcatHead})


class ProxyNetwork(nn.Module):
    """Logits of "clean" and "artifact" for every pixel, at any size.

    Raises `UnknownName` for a backbone or a head that there is not.
    """

    def __init__(self, config: ProxyConfig) -> None:
        super().__init__()
        for kind, name, known in (("backbone", config.backbone, BACKBONES), ("head", config.head, HEADS)):
            if name not in known:
                raise UnknownName(kind, name, known, f"--{kind} {'|'.join(known)}")
        self.config = config
        self.backbone = BACKBONES[config.backbone](config)
        self.decode_head = HEADS[config.head](self.backbone.given, config.channels, 2, config.dropout)

    def forward(self, image: Tensor) -> Tensor:
        """`harness_par.network.normalised` pictures ``[N, 3, H, W]`` -> logits ``[N, 2, H, W]``."""
        height, width = image.shape[-2:]
        wide = F.pad(image, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="replicate")
        logits = enlarged(self.decode_head(self.backbone(wide)), wide.shape[-2:])
        return logits[..., :height, :width]
