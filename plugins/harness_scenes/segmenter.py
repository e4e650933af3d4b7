"""The judge of label-to-picture translation: a small network that names the class of every pixel of a scene.

Ours, and trained on rendered scenes only: `python -m harness_scenes.train_segmenter`. What it scores on real
renders stands in `README.md`; no translation can be told better than that.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import as_file, files
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness.weights import load_network

from .vocabulary import LABELS

__all__ = ["STRIDE", "WEIGHTS", "Segmenter", "load_segmenter", "weights_digest"]

WEIGHTS = "weights/segmenter.safetensors"
STRIDE = 16
"""What the network halves a side by in all; sides are padded to a multiple of it."""


def _block(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class Segmenter(nn.Module):
    """A U-Net over five scales; 3x3 convolutions, batch norm, ReLU, bilinear enlargement.

    `forward` takes pictures [N, 3, H, W] in [0, 1], any H and W, and gives logits [N, classes, H, W].
    """

    def __init__(self, widths: tuple[int, ...] = (8, 20, 36, 56, 64), classes: int = len(LABELS)) -> None:
        super().__init__()
        self.widths = widths
        self.stem = _block(3, widths[0])
        self.down = nn.ModuleList(nn.Sequential(_block(a, b, 2), _block(b, b)) for a, b in pairwise(widths))
        self.up = nn.ModuleList(_block(a + b, a) for a, b in pairwise(widths))
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        x = F.pad(image, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")
        scales = [self.stem((x - 0.5) / 0.25)]
        for step in self.down:
            scales.append(step(scales[-1]))
        x = scales.pop()
        for step in reversed(self.up):
            finer = scales.pop()
            x = F.interpolate(x, size=finer.shape[-2:], mode="bilinear", align_corners=False)
            x = step(torch.cat([finer, x], 1))
        logits: Tensor = self.head(x)
        return logits[..., :height, :width]


@cache
def weights_digest() -> str:
    """Return the sha256 of the committed weights."""
    return sha256(files(__package__).joinpath(WEIGHTS).read_bytes()).hexdigest()


def load_segmenter(device: str) -> Segmenter:
    """Return the trained network, in eval mode. Raises `HarnessError` if its file is not what it should be."""
    with as_file(files(__package__).joinpath(WEIGHTS)) as path:
        network = load_network(path, "segmenter", lambda _, stated: Segmenter(tuple((stated or {})["widths"])))
    return network.eval().requires_grad_(False).to(device)
