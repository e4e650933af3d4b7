"""The same fill with fewer operations: Winograd convolutions in the AOT blocks, a decoder around the hole only.

A gate's statistics are of the whole map, so nothing before the decoder can be cut without another result.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness_scat.network import EPSILON, MULTIPLE, AotBlock, Generator
from harness_scat.winograd import Kernel, prepared, winograd_conv2d

__all__ = ["Box", "FastGenerator", "hole_box"]

MARGIN = 1
"""Quarter-size pixels around the hole that its decoded pixels see."""


class Box(NamedTuple):
    """Rows ``top:bottom`` and columns ``left:right``."""

    top: int
    bottom: int
    left: int
    right: int

    def cut(self, tensor: Tensor) -> Tensor:
        """The part of ``tensor`` [..., H, W] in the box."""
        return tensor[..., self.top : self.bottom, self.left : self.right]

    def times(self, factor: int) -> Box:
        """The same box on a map ``factor`` times as large."""
        return Box(*(side * factor for side in self))


def hole_box(mask: Tensor, unit: int, margin: int) -> Box | None:
    """The smallest box with every hole of ``mask`` [N,1,H,W] and ``margin`` around it, in ``unit`` pixels.

    It ends at the picture's borders, whose lengths are multiples of ``unit``. None without a hole.
    """
    hole = mask.amax((0, 1)) > 0
    sides: list[int] = []
    for axis in (1, 0):
        found = hole.any(axis).nonzero()
        if not len(found):
            return None
        most = hole.shape[1 - axis] // unit
        first, last = int(found[0]) // unit, int(found[-1]) // unit + 1
        sides += [max(0, first - margin), min(most, last + margin)]
    return Box(*sides)


class _Block(NamedTuple):
    shared: Kernel  # the first branch and the gate: one rate, one input
    dilated: tuple[nn.Module, ...]  # a quarter of the features each: there the transforms cost what they save
    fuse: Kernel


def _prepare(*layers: nn.Module) -> Kernel:
    convolutions = cast("tuple[nn.Conv2d, ...]", layers)
    weight = torch.cat([layer.weight for layer in convolutions])
    biases = [layer.bias for layer in convolutions if layer.bias is not None]
    return prepared(weight, torch.cat(biases))


def _block(block: AotBlock) -> _Block:
    first, *others = block.branches()
    return _Block(_prepare(cast("nn.Sequential", first)[1], block.gate[1]), tuple(others), _prepare(block.fuse[1]))


def _reflected(x: Tensor, kernel: Kernel) -> Tensor:
    return winograd_conv2d(F.pad(x, (1,) * 4, mode="reflect"), kernel)


def _transform(x: Tensor, block: _Block) -> Tensor:
    both = _reflected(x, block.shared)
    first, gate = both[:, : -x.shape[1]], both[:, -x.shape[1] :]
    branches = [first.relu(), *(branch(x) for branch in block.dilated)]
    gathered = _reflected(torch.cat(branches, 1), block.fuse)
    variance, mean = torch.var_mean(gate, (2, 3), keepdim=True)
    scale = 10 / (variance.sqrt() + EPSILON)
    share = torch.addcmul(-5 - mean * scale, gate, scale).sigmoid_()
    return torch.lerp(x, gathered, share)


class FastGenerator:
    """A generator's fill, within rounding, for float32 on a CPU. It copies the largest weights, four times as large.

    Args:
        generator: in evaluation mode; its later changes are not seen.
    """

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        with torch.no_grad():
            self.blocks = [_block(cast("AotBlock", block)) for block in generator.middle]

    @torch.no_grad()
    def fill(self, image: Tensor, mask: Tensor) -> Tensor:
        """``image`` [N,3,H,W] with the prediction where ``mask`` [N,1,H,W] is above 0; sizes as the generator's."""
        box = hole_box(mask, MULTIPLE, MARGIN)
        if box is None:
            return image
        start = self.generator.start(image, mask)
        features = self.generator.encoder(torch.cat([start, mask], 1).contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            features = _transform(features, block)
        whole = box.times(MULTIPLE)
        decoded = self.generator.decoder(box.cut(features))
        prediction = self.generator.finish(whole.cut(start), decoded)
        result = image.clone()
        whole.cut(result).copy_(torch.where(whole.cut(mask) > 0, prediction, whole.cut(image)))
        return result
