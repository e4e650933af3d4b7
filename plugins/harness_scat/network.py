"""SCAT's generator (Zuo et al., AAAI 2023), which is AOT-GAN's (arXiv 2104.01431), under the official key names.

Images here are RGB in [-1, 1], masks 1 = hole. The defaults of `ScatConfig` are the official configuration:
15,200,835 parameters, 108 entries in the state dict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.nn.smooth_fill import smooth_fill

__all__ = [
    "EPSILON",
    "MINI",
    "MULTIPLE",
    "RATES",
    "SMALLEST",
    "WHITE",
    "AotBlock",
    "Generator",
    "ScatConfig",
    "Stages",
    "UpConv",
]

RATES = (1, 2, 4, 8)
MULTIPLE = 4  # two stride-2 convolutions
SMALLEST = MULTIPLE * (max(RATES) + 1)
"""Least height and width: reflection by 8 needs nine rows and columns at a quarter of the size."""
WHITE = 1.0
"""What the official code writes into the hole of a picture."""
EPSILON = 1e-9
RGB = 3


@dataclass(frozen=True, slots=True)
class ScatConfig:
    """Sizes of the generator; the defaults are the official ones.

    Attributes
    ----------
    width
        Features at full size; four times as many at a quarter of it.
    blocks
        Number of AOT blocks.
    base
        ``none`` is the paper: the hole starts white and the output is a tanh. ours: with ``smooth`` a smooth fill
        stands in the hole at the input, and the network predicts what is to be added to it.

    """

    width: int = 64
    blocks: int = 8
    base: Literal["none", "smooth"] = "none"

    def __post_init__(self) -> None:
        if self.width < 1 or self.blocks < 1:
            raise ValueError(f"width={self.width}, blocks={self.blocks}: both are at least 1")
        if self.base not in ("none", "smooth"):
            raise ValueError(f"base={self.base!r}: choose 'none' or 'smooth'")


MINI = ScatConfig(width=16, blocks=5, base="smooth")
"""ours: the configuration that `harness train scat --recipe mini` trains, 0.6 M parameters."""


class Stages(NamedTuple):
    """What the generator makes of a batch: its features along the way, and the prediction for every pixel."""

    encoded: Tensor
    blocks: tuple[Tensor, ...]
    prediction: Tensor


class UpConv(nn.Module):
    """Nearest enlargement by two, then a 3x3 convolution."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))
        return result


def _reflected(into: int, out: int, rate: int = 1) -> list[nn.Module]:
    return [nn.ReflectionPad2d(rate), nn.Conv2d(into, out, 3, dilation=rate)]


class AotBlock(nn.Module):
    """Aggregated contextual transformations: four dilations side by side, and a gate that says where to use them.

    The gate is normalised over the whole map, ``5 (2 (g - mean) / std - 1)`` with the unbiased deviation, so every
    output depends on every input.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        for index, rate in enumerate(RATES):
            branch = nn.Sequential(*_reflected(channels, channels // len(RATES), rate), nn.ReLU())
            self.add_module(f"block{index:02d}", branch)
        self.fuse = nn.Sequential(*_reflected(channels, channels))
        self.gate = nn.Sequential(*_reflected(channels, channels))

    def branches(self) -> list[nn.Module]:
        """The four dilated branches, smallest rate first."""
        return [self.get_submodule(f"block{index:02d}") for index in range(len(RATES))]

    def forward(self, x: Tensor) -> Tensor:
        gathered: Tensor = self.fuse(torch.cat([branch(x) for branch in self.branches()], 1))
        share = torch.sigmoid(_whole_map_norm(self.gate(x)))
        return x * (1 - share) + gathered * share


def _whole_map_norm(gate: Tensor) -> Tensor:
    centred = gate - gate.mean((2, 3), keepdim=True)
    return 5 * (2 * centred / (gate.std((2, 3), keepdim=True) + EPSILON) - 1)


class Generator(nn.Module):
    """Fill a picture's hole; height and width are multiples of 4 and at least `SMALLEST`."""

    def __init__(self, config: ScatConfig | None = None) -> None:
        super().__init__()
        self.config = config or ScatConfig()
        one, two, four = (self.config.width * factor for factor in (1, 2, 4))
        self.encoder = nn.Sequential(
            nn.ReflectionPad2d(3),
            nn.Conv2d(RGB + 1, one, 7),
            nn.ReLU(),
            nn.Conv2d(one, two, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(two, four, 4, stride=2, padding=1),
            nn.ReLU(),
        )
        self.middle = nn.Sequential(*[AotBlock(four) for _ in range(self.config.blocks)])
        self.decoder = nn.Sequential(
            UpConv(four, two), nn.ReLU(), UpConv(two, one), nn.ReLU(), nn.Conv2d(one, RGB, 3, padding=1)
        )
        if self.config.base == "smooth":
            self._start_at_base()

    def _start_at_base(self) -> None:
        """ours: no norm undoes what layers shrink or grow, so each keeps its signal; the last one adds nothing.

        What a block gathers meets no ReLU: with a ReLU's gain five blocks grow the signal sixfold, and a decoder that
        starts on values of 60 dies in its first hundred steps.
        """
        layers = {name: module for name, module in self.named_modules() if isinstance(module, nn.Conv2d)}
        for name, layer in layers.items():
            bare = ".fuse." in name or ".gate." in name
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear" if bare else "relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.decoder[-1].weight)

    def start(self, image: Tensor, mask: Tensor) -> Tensor:
        """The picture that the encoder sees: white in the hole, or a smooth fill."""
        return smooth_fill(image, mask) if self.config.base == "smooth" else torch.where(mask > 0, WHITE, image)

    def finish(self, start: Tensor, decoded: Tensor) -> Tensor:
        """The prediction that the decoder's value stands for."""
        return start + decoded if self.config.base == "smooth" else torch.tanh(decoded)

    def stages(self, image: Tensor, mask: Tensor) -> Stages:
        """Features and prediction for ``image`` [N,3,H,W] whose hole is ``mask`` [N,1,H,W]; the hole is never read.

        Raises ValueError for a size that does not fit.
        """
        height, width = image.shape[-2:]
        if height % MULTIPLE or width % MULTIPLE or min(height, width) < SMALLEST:
            raise ValueError(f"{height}x{width}: sides have to be multiples of {MULTIPLE} and at least {SMALLEST}")
        start = self.start(image, mask)
        encoded = self.encoder(torch.cat([start, mask], 1))
        along = [encoded]
        for block in self.middle:
            along.append(block(along[-1]))
        return Stages(encoded, tuple(along[1:]), self.finish(start, self.decoder(along[-1])))

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """The prediction for every pixel, ``[N, 3, H, W]``; see `stages`."""
        return self.stages(image, mask).prediction
