"""SDD-FIQA's networks (Ou et al., CVPR 2021): IR-50 and MobileFaceNet, with a quality or a recognition head.

Names of entries are those of the published checkpoints (Tencent/TFace, `quality`). Faces are RGB in [-1, 1], 112 x 112:
the heads are as wide as the map they end in, so no other size fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

__all__ = [
    "EMBEDDING",
    "MINI_RECOGNISER",
    "SIDE",
    "SMALL",
    "SMALL_RECOGNISER",
    "Backbone",
    "Config",
    "Head",
    "Ir50",
    "MobileFaceNet",
    "build_network",
    "config_of",
]

SIDE = 112
"""Height and width of a face."""
EMBEDDING = 512
"""Length of an embedding."""
LAST_SIDE = 7
DROPOUT = 0.5
RGB = 3
Backbone = Literal["ir50", "mobilefacenet"]
Head = Literal["quality", "recognition"]


@dataclass(frozen=True, slots=True)
class Config:
    """Which network; the defaults are those of the published quality checkpoint (30,777,537 parameters).

    Attributes:
        backbone: ``ir50`` or ``mobilefacenet``.
        head: ``quality`` gives [N,1], a raw score; ``recognition`` gives [N,512], an embedding that is not normalised.
        width: features of the first layer, officially 64; all others are multiples of it.
        shallow: one block a stage instead of the official 24 (IR-50) or 4, 6 and 2 (MobileFaceNet).

    """

    backbone: Backbone = "ir50"
    head: Head = "quality"
    width: int = 64
    shallow: bool = False

    def __post_init__(self) -> None:
        if self.backbone not in ("ir50", "mobilefacenet"):
            raise ValueError(f"backbone={self.backbone!r}: choose 'ir50' or 'mobilefacenet'")
        if self.head not in ("quality", "recognition"):
            raise ValueError(f"head={self.head!r}: choose 'quality' or 'recognition'")
        if self.width < 1:
            raise ValueError(f"width={self.width}: at least 1")


SMALL = Config(width=4, shallow=True)
"""ours: for tests, and for `random` weights."""

MINI_RECOGNISER = Config("mobilefacenet", "recognition", width=24, shallow=True)
"""ours: of the small weights: three eighths of the official width and one block a stage, 177,424 parameters."""

SMALL_RECOGNISER = Config("mobilefacenet", "recognition", width=4, shallow=True)
"""ours: for tests."""


def build_network(config: Config) -> Ir50 | MobileFaceNet:
    """The network of ``config``, with torch's own initial weights."""
    return Ir50(config) if config.backbone == "ir50" else MobileFaceNet(config)


def config_of(state: Mapping[str, Any]) -> Config:
    """What an official checkpoint holds, told from its entries' names; sizes are the official ones.

    Raises ValueError where the names are of none of the four networks.
    """
    backbones: dict[str, Backbone] = {"input_layer.": "ir50", "conv1.": "mobilefacenet"}
    heads: dict[str, Head] = {"quality.": "quality", "output_layer.": "recognition"}
    backbone = [value for stem, value in backbones.items() if any(key.startswith(stem) for key in state)]
    head = [value for stem, value in heads.items() if any(key.startswith(stem) for key in state)]
    if len(backbone) != 1 or len(head) != 1:
        raise ValueError("its entries are of neither IR-50 nor MobileFaceNet with one head")
    return Config(backbone[0], head[0])


def _flat_head(channels: int, out: int) -> nn.Sequential:
    """Flatten, one slope a value, dropout, one layer: IR-50's head, and both networks' for quality."""
    values = channels * LAST_SIDE**2
    return nn.Sequential(nn.Flatten(), nn.PReLU(values), nn.Dropout(DROPOUT), nn.Linear(values, out))


class _FaceNetwork(nn.Module):
    """What both have in common: named stages one after another, and a head."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config

    def _add_head(self, channels: int, recognition: Callable[[], nn.Module]) -> None:
        if self.config.head == "quality":
            self.quality = _flat_head(channels, 1)
        else:
            self.output_layer = recognition()

    def steps(self) -> list[tuple[str, nn.Module]]:
        """The parts in the order in which they run, by the name that the checkpoint gives them."""
        parts: list[tuple[str, nn.Module]] = []
        for name, part in self.named_children():
            blocks = part.named_children() if name == "body" else ()
            parts += [(f"{name}.{index}", block) for index, block in blocks] or [(name, part)]
        return parts

    def taps(self, face: Tensor) -> dict[str, Tensor]:
        """The output of every part for ``face`` [N,3,112,112] in [-1, 1]; the head's is called ``output``.

        Raises ValueError for another size.
        """
        if tuple(face.shape[1:]) != (RGB, SIDE, SIDE):
            raise ValueError(f"a face has to be {RGB}x{SIDE}x{SIDE}, not {'x'.join(map(str, face.shape[1:]))}")
        along: dict[str, Tensor] = {}
        for name, part in self.steps():
            face = part(face)
            along["output" if name in ("quality", "output_layer") else name] = face
        return along

    def forward(self, face: Tensor) -> Tensor:
        """[N,1] raw scores or [N,512] embeddings; see `taps`."""
        return self.taps(face)["output"]


class _IrBlock(nn.Module):
    """Norm, convolution, slopes, strided convolution, norm; added to the input, with nothing after the sum."""

    def __init__(self, into: int, out: int, stride: int) -> None:
        super().__init__()
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(into),
            nn.Conv2d(into, out, 3, padding=1, bias=False),
            nn.PReLU(out),
            nn.Conv2d(out, out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(out),
        )
        self.shortcut_layer: nn.Module = (
            nn.MaxPool2d(1, stride)
            if into == out
            else nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        )

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.res_layer(x) + self.shortcut_layer(x)
        return result


class Ir50(_FaceNetwork):
    """IR-50: 24 blocks, each of four stages halves the map first. Parts `input_layer`, `body.0` to `body.23`, head."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        width = config.width
        self.input_layer = nn.Sequential(
            nn.Conv2d(RGB, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
        )
        blocks, into = [], width
        for times, official in ((1, 3), (2, 4), (4, 14), (8, 3)):
            for index in range(1 if config.shallow else official):
                blocks.append(_IrBlock(into, times * width, 1 if index else 2))
                into = times * width
        self.body = nn.Sequential(*blocks)
        self._add_head(into, lambda: _flat_head(into, EMBEDDING))


class _Conv(nn.Module):
    """Convolution without bias and norm; with slopes unless it is ``linear``."""

    def __init__(self, into: int, out: int, kernel: int, stride: int = 1, *, groups: int = 1, linear: bool = False):
        super().__init__()
        padding = kernel // 2 if kernel < LAST_SIDE else 0
        self.conv = nn.Conv2d(into, out, kernel, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out)
        self.prelu = None if linear else nn.PReLU(out)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.bn(self.conv(x))
        return result if self.prelu is None else self.prelu(result)


class _Bottleneck(nn.Module):
    """Widen by 1x1, one 3x3 a channel, project linearly; added to the input where ``residual``."""

    def __init__(self, into: int, out: int, hidden: int, stride: int = 1, *, residual: bool = False) -> None:
        super().__init__()
        self.residual = residual
        self.conv = _Conv(into, hidden, 1)
        self.conv_dw = _Conv(hidden, hidden, 3, stride, groups=hidden)
        self.project = _Conv(hidden, out, 1, linear=True)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.project(self.conv_dw(self.conv(x)))
        return x + result if self.residual else result


class _Stack(nn.Module):
    """Residual bottlenecks under the name `model`."""

    def __init__(self, channels: int, hidden: int, blocks: int) -> None:
        super().__init__()
        self.model = nn.Sequential(*[_Bottleneck(channels, channels, hidden, residual=True) for _ in range(blocks)])

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.model(x)
        return result


class _Gdc(nn.Module):
    """Global depthwise convolution: a 7x7 a channel, one layer without bias, norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_6_dw = _Conv(channels, channels, LAST_SIDE, groups=channels, linear=True)
        self.linear = nn.Linear(channels, EMBEDDING, bias=False)
        self.bn = nn.BatchNorm1d(EMBEDDING)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.bn(self.linear(self.conv_6_dw(x).flatten(1)))
        return result


class MobileFaceNet(_FaceNetwork):
    """MobileFaceNet: parts `conv1`, `conv2_dw`, `conv_23`, `conv_3`, …, `conv_6_sep`, head."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        width = config.width
        three, four, five = (1, 1, 1) if config.shallow else (4, 6, 2)
        self.conv1 = _Conv(RGB, width, 3, 2)
        self.conv2_dw = _Conv(width, width, 3, groups=width)
        self.conv_23 = _Bottleneck(width, width, 2 * width, 2)
        self.conv_3 = _Stack(width, 2 * width, three)
        self.conv_34 = _Bottleneck(width, 2 * width, 4 * width, 2)
        self.conv_4 = _Stack(2 * width, 4 * width, four)
        self.conv_45 = _Bottleneck(2 * width, 2 * width, 8 * width, 2)
        self.conv_5 = _Stack(2 * width, 4 * width, five)
        self.conv_6_sep = _Conv(2 * width, 8 * width, 1)
        self._add_head(8 * width, lambda: _Gdc(8 * width))
