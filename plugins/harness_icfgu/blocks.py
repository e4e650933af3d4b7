"""The gated convolution that every layer is made of, and the layers by name (crfill's BaseConvGenerator)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["RATES", "Gated", "Layers", "coarse_layers", "decoder_layers", "dilated_layers", "matching_layers"]

RATES = (2, 4, 8, 16)
"""Dilations of the four layers that look far."""


class Gated(nn.Conv2d):
    """One convolution to twice the features: ``activation(first half) · sigmoid(second half)``.

    Args:
        inputs, features: channels in and out.
        kernel, stride, rate: of the convolution; it is padded so that stride 1 keeps the size.
        upsample: enlarge the input twofold (nearest) first.
        activation: of the first half.
        gated: False for the plain convolution that ends a decoder.
    """

    def __init__(
        self,
        inputs: int,
        features: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        rate: int = 1,
        upsample: bool = False,
        activation: Callable[[Tensor], Tensor] = F.elu,
        gated: bool = True,
    ) -> None:
        outputs = 2 * features if gated else features
        padding = rate * (kernel - 1) // 2
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding, dilation=rate)
        self.upsample, self.gated, self.activation = upsample, gated, activation

    def forward(self, input: Tensor) -> Tensor:
        """``[N, inputs, H, W]`` -> ``[N, features, …]``."""
        features = super().forward(F.interpolate(input, scale_factor=2) if self.upsample else input)
        if not self.gated:
            return features
        value, gate = features.chunk(2, 1)
        return self.activation(value) * gate.sigmoid()


Layers = dict[str, nn.Module]
"""Layers in the order in which they run, by their names."""


def coarse_layers(width: int, inputs: int, outputs: int, rates: Sequence[int] = RATES) -> Layers:
    """First stage, an encoder-decoder with four dilated layers at a quarter of the size."""
    half, double = width // 2, 2 * width
    layers: Layers = {
        "conv1": Gated(inputs, half, 5),
        "conv2_downsample": Gated(half, width, stride=2),
        "conv3": Gated(width, width),
        "conv4_downsample": Gated(width, double, stride=2),
        "conv5": Gated(double, double),
        "conv6": Gated(double, double),
    }
    layers |= {f"conv{7 + k}_atrous": Gated(double, double, rate=rate) for k, rate in enumerate(rates)}
    return layers | decoder_layers(width, double, outputs, "conv")


def dilated_layers(width: int, inputs: int, rates: Sequence[int] = RATES) -> Layers:
    """The refinement encoder's branch that invents: features ``2 · width`` at a quarter of the size."""
    half, double = width // 2, 2 * width
    layers: Layers = {
        "xconv1": Gated(inputs, half, 5),
        "xconv2_downsample": Gated(half, half, stride=2),
        "xconv3": Gated(half, width),
        "xconv4_downsample": Gated(width, width, stride=2),
        "xconv5": Gated(width, double),
        "xconv6": Gated(double, double),
    }
    return layers | {f"xconv{7 + k}_atrous": Gated(double, double, rate=rate) for k, rate in enumerate(rates)}


def matching_layers(width: int, inputs: int) -> tuple[Layers, Layers]:
    """The branch that borrows: up to the features that are matched (not negative), and what follows."""
    half, double = width // 2, 2 * width
    before: Layers = {
        "pmconv1": Gated(inputs, half, 5),
        "pmconv2_downsample": Gated(half, half, stride=2),
        "pmconv3": Gated(half, width),
        "pmconv4_downsample": Gated(width, double, stride=2),
        "pmconv5": Gated(double, double),
        "pmconv6": Gated(double, double, activation=F.relu),
    }
    return before, {f"pmconv{k}": Gated(double, double) for k in (9, 10)}


def decoder_layers(width: int, inputs: int, outputs: int, prefix: str) -> Layers:
    """From a quarter of the size to ``outputs`` channels at the whole."""
    half, double = width // 2, 2 * width
    return {
        f"{prefix}11": Gated(inputs, double),
        f"{prefix}12": Gated(double, double),
        f"{prefix}13_upsample_conv": Gated(double, width, upsample=True),
        f"{prefix}14": Gated(width, width),
        f"{prefix}15_upsample_conv": Gated(width, half, upsample=True),
        f"{prefix}16": Gated(half, half // 2),
        f"{prefix}17": Gated(half // 2, outputs, gated=False),
    }
