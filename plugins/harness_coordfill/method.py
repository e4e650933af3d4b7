"""CoordFill as an inpainter of the harness: any size, any aspect, any hole."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from harness import weights
from harness.interfaces import Batch, Images, Setup
from harness_coordfill.network import CoordFill, CoordFillConfig

__all__ = ["CoordFillInpainter", "load_network", "random_network"]


def load_network(path: Path) -> CoordFill:
    """A network with the weights of a file; one that states no configuration (the official ``.pth``) has the official.

    Raises `HarnessError` if the file cannot be read or its entries are not the network's.
    """
    return weights.load_network(path, "CoordFill", lambda _, stated: CoordFill(CoordFillConfig(**(stated or {}))))


def random_network() -> CoordFill:
    """The official configuration with weights from a fixed seed: for tests and timing."""
    return weights.random_network(CoordFill)


class CoordFillInpainter:
    """Fills holes by querying per-tile MLPs at the coordinates of the pixels (see the card).

    The picture is extended to the right and below by repeating its last pixels, hole included, until its
    tiles cover it, and cropped back. Pixels outside the hole come back unchanged. The fact ``tile`` is the
    side of a tile in pixels.

    Args:
        setup: device and weights; without a weights file the network is random.
        faithful: keep the official order of operations, in which colours from inside the hole reach the
            network through the resize before masking. Give it the hole's content only to repeat the paper.
    """

    def __init__(self, setup: Setup, *, faithful: bool = False) -> None:
        path = setup.weights.path if setup.weights else None
        network = load_network(path) if path else random_network()
        self.network = network.eval().requires_grad_(False).to(setup.device)
        self.faithful = faithful

    @torch.no_grad()
    def inpaint(self, batch: Batch) -> Images:
        """Fill ``batch.mask`` (any value above 0 is hole) of ``batch.image``.

        Raises:
            HarnessError: the batch has no image or no mask, or a mask of another size.
        """
        image, mask = batch.image_and_mask("coordfill")
        hole = mask > 0
        filled = self._fill(2 * image - 1, hole.to(image.dtype))
        tile = self.network.layout(*image.shape[-2:]).tile
        # the network's own composite went through [-1, 1]; this one returns known pixels bit by bit
        return Images(torch.where(hole, filled, image), facts={"tile": [tile] * image.shape[0]})

    def _fill(self, image: Tensor, mask: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        layout = self.network.layout(height, width)
        extra = (0, layout.width - width, 0, layout.height - height)
        image, mask = (F.pad(tensor, extra, mode="replicate") for tensor in (image, mask))
        composite = self.network.fill(image, mask, faithful=self.faithful).composite
        return (composite[..., :height, :width].clamp(-1, 1) + 1) / 2
