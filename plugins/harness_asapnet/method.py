"""ASAP-Net as the harness calls it: label map to picture, and hole to picture, at any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from harness import weights
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness_asapnet.condition import instance_edges, one_hot
from harness_asapnet.config import AsapNetConfig, config_of
from harness_asapnet.inpainting import AsapInpaint
from harness_asapnet.network import AsapNet, PixelwiseNetwork, bare_network

__all__ = ["AsapNetInpainter", "AsapNetRestorer", "load_network", "random_network"]

_Net = TypeVar("_Net", bound=PixelwiseNetwork)


def load_network(path: Path, kind: type[_Net]) -> _Net:
    """A network with the weights of a file; where none is stated (an official ``.pth``) its configuration is read off
    the shapes.

    Raises `HarnessError` if the file cannot be read or its entries are not the network's.
    """

    def build(state: Mapping[str, Tensor], stated: Mapping[str, Any] | None) -> _Net:
        return bare_network(config_of(state) if stated is None else AsapNetConfig(**stated), kind)

    return weights.load_network(path, "ASAP-Net", build)


def random_network(kind: type[_Net]) -> _Net:
    """The official configuration with weights from a fixed seed: for tests and timing."""
    return weights.random_network(kind)


def _ready(setup: Setup, kind: type[_Net]) -> _Net:
    path = setup.weights.path if setup.weights else None
    network = load_network(path, kind) if path else random_network(kind)
    return network.eval().requires_grad_(False).to(setup.device)


def _extended(tensor: Tensor, network: PixelwiseNetwork) -> Tensor:
    """Repeat the last row and column until the network's tiles cover the picture."""
    height, width = tensor.shape[-2:]
    grid = network.grid(height, width)
    return F.pad(tensor, (0, grid.width - width, 0, grid.height - height), mode="replicate")


def _pictures(answer: Callable[[slice], Tensor], like: Tensor) -> Tensor:
    """``[N, 3, H, W]`` in [0, 1] of ``like``'s size, one picture at a time.

    A dozen instance norms over the few cells of a small picture turn the last bit of a convolution into 0.01, and
    that bit depends on the batch.
    """
    height, width = like.shape[-2:]
    colours = torch.cat([answer(slice(k, k + 1)) for k in range(len(like))])
    return (colours[..., :height, :width].clamp(-1, 1) + 1) / 2


class AsapNetRestorer:
    """Paints a label map (see the card).

    ``batch.labels`` int64 ``[N, L, H, W]``: the first map holds classes (negative or 255: unlabelled), a second one
    instances, which only a network trained with their edges reads. The map is extended to the right and below by
    repeating its last pixels until tiles cover it, and the picture is cropped back. The fact ``tile`` is the side of a
    tile in pixels.

    Args:
        setup: device and weights; without a weights file the network is random.
    """

    def __init__(self, setup: Setup) -> None:
        self.network = _ready(setup, AsapNet)

    @torch.no_grad()
    def restore(self, batch: Batch) -> Images:
        """A picture of the labels' size.

        Raises:
            HarnessError: no labels, a class that the network does not know, or no instances where it needs them.
        """
        if batch.labels is None:
            raise HarnessError("asapnet needs a label map")
        inputs = _extended(self._condition(batch.labels), self.network)
        image = _pictures(lambda k: self.network.evaluate(inputs[k], fast=True), batch.labels)
        return Images(image, facts={"tile": [self.network.config.tile] * len(image)})

    def _condition(self, labels: Tensor) -> Tensor:
        channels = one_hot(labels[:, 0], self.network.config.inputs)
        if not self.network.config.instance_edge:
            return channels
        if labels.shape[1] < 2:
            raise HarnessError("these weights of asapnet need instances as a second label map (Cityscapes)")
        return torch.cat([channels, instance_edges(labels[:, 1])], 1)


class AsapNetInpainter:
    """Fills holes with the pixelwise network (see the card); the head and the MLPs run on the hole's tiles only.

    The picture is extended to the right and below by repeating its last pixels, hole included, until tiles cover it,
    and cropped back. Pixels outside the hole come back unchanged, and what stands in the hole is never read. The fact
    ``tile`` is the side of a tile in pixels.

    Args:
        setup: device and weights; without a weights file the network is random.
    """

    def __init__(self, setup: Setup) -> None:
        self.network = _ready(setup, AsapInpaint)

    @torch.no_grad()
    def inpaint(self, batch: Batch) -> Images:
        """Fill ``batch.mask`` (any value above 0 is hole) of ``batch.image``.

        Raises:
            HarnessError: the batch has no image or no mask, or a mask of another size.
        """
        image, mask = batch.image_and_mask("asapnet-inpaint")
        hole = mask > 0
        shown, holed = (_extended(tensor, self.network) for tensor in (2 * image - 1, hole.to(image.dtype)))
        filled = _pictures(lambda k: self.network.fill(shown[k], holed[k]), image)
        # what is known went through [-1, 1] in `filled`; this returns it bit by bit
        return Images(torch.where(hole, filled, image), facts={"tile": [self.network.config.tile] * len(image)})
