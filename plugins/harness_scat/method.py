"""SCAT as an inpainter of the harness: any size, any aspect, any hole."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from harness import weights
from harness.interfaces import Batch, Images, Setup
from harness_scat.fast import FastGenerator, hole_box
from harness_scat.network import MULTIPLE, SMALLEST, Generator, ScatConfig

__all__ = ["CONTEXT", "ScatInpainter", "load_network", "random_network"]

CONTEXT = 48
"""Pixels around the hole that ``approx=crop`` looks at."""


def load_network(path: Path) -> Generator:
    """A generator with the weights of a file; one that states no configuration (the official ``.pt``) has the official.

    Raises `HarnessError` if the file cannot be read or its entries are not the generator's.
    """
    return weights.load_network(path, "SCAT", lambda _, stated: Generator(ScatConfig(**(stated or {}))))


def random_network() -> Generator:
    """The official configuration with weights from a fixed seed: for tests and timing."""
    return weights.random_network(Generator)


class ScatInpainter:
    """Fills holes in one pass at the picture's own size (see the card).

    The picture is extended to the right and below by repeating its last pixels, hole included, to multiples of 4 and at
    least `SMALLEST`, and cropped back. Pixels outside the hole come back unchanged; nothing in it is read.

    Args:
        setup: device and weights; without a weights file the network is random.
        approx: ``none``, or ``crop``: look at the hole and `CONTEXT` pixels around it only. Less work, another result,
            for the gates' statistics are then the crop's.
    """

    def __init__(self, setup: Setup, *, approx: str = "none") -> None:
        path = setup.weights.path if setup.weights else None
        network = load_network(path) if path else random_network()
        self.network = network.eval().requires_grad_(False).to(setup.device)
        self.fast = FastGenerator(self.network) if torch.device(setup.device).type == "cpu" else None
        self.approx = approx

    @torch.no_grad()
    def inpaint(self, batch: Batch) -> Images:
        """Fill ``batch.mask`` (any value above 0 is hole) of ``batch.image``.

        Raises:
            HarnessError: the batch has no image or no mask, or a mask of another size.
        """
        image, mask = batch.image_and_mask("scat")
        hole = mask > 0
        # what stands in the hole is taken out before it is repeated over the border
        filled = self._fill((2 * image - 1).masked_fill(hole, 0), hole.to(image.dtype))
        return Images(torch.where(hole, (filled.clamp(-1, 1) + 1) / 2, image))

    def _fill(self, image: Tensor, mask: Tensor) -> Tensor:
        box = hole_box(mask, 1, CONTEXT) if self.approx == "crop" else None
        if box is None:
            return self._whole(image, mask)
        filled = image.clone()
        box.cut(filled).copy_(self._whole(box.cut(image), box.cut(mask)))
        return filled

    def _whole(self, image: Tensor, mask: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        extra = [side for length in (width, height) for side in (0, _extended(length) - length)]
        image, mask = (F.pad(tensor, extra, mode="replicate") for tensor in (image, mask))
        filled = self.fast.fill(image, mask) if self.fast else self.network(image, mask)
        return filled[..., :height, :width]


def _extended(length: int) -> int:
    return max(SMALLEST, -(-length // MULTIPLE) * MULTIPLE)
