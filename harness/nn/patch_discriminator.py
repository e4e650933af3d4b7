"""A spectrally normalised patch discriminator: CoordFill's, and the critic of our small trainings."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

__all__ = ["PatchDiscriminator"]

SLOPE = 0.2


class PatchDiscriminator(nn.Module):
    """Five spectrally normalised 4x4 convolutions without bias, three of stride 2 (CoordFill, arXiv 2303.08524, 3.4).

    ``width`` is the first layer's; the paper's is 64. Returns logits (the published code ends in a sigmoid and uses
    BCE; logits with BCE-with-logits are the same, and stable) and the four feature maps before them.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        channels = (3, width, 2 * width, 4 * width, 8 * width)
        layers = [self._layer(a, b, 1 if b == channels[-1] else 2) for a, b in pairwise(channels)]
        self.features = nn.ModuleList(layers)
        self.logits = self._layer(channels[-1], 1, 1)

    @staticmethod
    def _layer(into: int, out: int, stride: int) -> nn.Module:
        return spectral_norm(nn.Conv2d(into, out, 4, stride, 1, bias=False))

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """``[N, 3, H, W]`` -> logits ``[N, 1, h, w]`` and four feature maps."""
        maps: list[Tensor] = []
        value = image
        for layer in self.features:
            value = F.leaky_relu(layer(value), SLOPE)
            maps.append(value)
        return self.logits(value), maps
