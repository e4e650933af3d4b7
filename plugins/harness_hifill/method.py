"""HiFill as an inpainter of the harness: any size, any aspect, any hole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from harness import weights
from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup
from harness_hifill.network import HiFill, HiFillConfig
from harness_hifill.pipeline import LARGEST_FACTOR, Variant, blend, enlarged, factor, hole_cells, prepare

__all__ = ["HiFillInpainter", "load_network", "random_network"]


def load_network(path: Path) -> tuple[HiFill, bool]:
    """A network with the weights of a file, loaded strict, and whether it takes blue first.

    Our safetensors state the configuration in their metadata and take RGB. A file that states none has the official
    configuration and takes BGR, as `harness weights import hifill` writes it.

    Raises:
        HarnessError: the file cannot be read, or its entries are not the network's.
    """
    blue_first = True

    def build(state: Mapping[str, Tensor], stated: Mapping[str, Any] | None) -> HiFill:
        nonlocal blue_first
        del state
        blue_first = stated is None
        return HiFill(HiFillConfig(**(stated or {})))

    return weights.load_network(path, "HiFill", build), blue_first


def random_network() -> HiFill:
    """The official configuration with weights from a fixed seed: for tests and timing."""
    return weights.random_network(HiFill)


class HiFillInpainter:
    """Fills a small square copy of the picture, and pastes residual detail by the fill's attention (see the card).

    Pixels outside the hole come back unchanged. The fact ``times`` is how many pixels of the picture's square copy, a
    side, one pixel of the network's stands for.

    Args:
        setup: device and weights; without a weights file the network is random.
        variant: whose resizes: ``places2`` (TensorFlow's) or ``atlas`` (OpenCV's).
        times: how much larger the square copy is than the network's picture; 0 chooses the smallest that covers the
            picture, 16 at most.
        faithful: the published order of operations, in which what stands in the hole reaches the result.

    Raises:
        HarnessError: ``times`` is negative or above 16.
    """

    def __init__(self, setup: Setup, *, variant: str = "places2", times: int = 0, faithful: bool = False) -> None:
        if not 0 <= times <= LARGEST_FACTOR:
            raise HarnessError(f"hifill: times={times} is not 0 (chosen by the picture's size) to {LARGEST_FACTOR}")
        path = setup.weights.path if setup.weights else None
        network, self.blue_first = load_network(path) if path else (random_network(), True)
        self.network = network.eval().requires_grad_(False).to(setup.device)
        self.variant, self.times, self.faithful = cast("Variant", variant), times, faithful

    @torch.no_grad()
    def inpaint(self, batch: Batch) -> Images:
        """Fill ``batch.mask`` (any value above 0 is hole) of ``batch.image``.

        Raises:
            HarnessError: the batch has no image or no mask, or a mask of another size.
        """
        images, masks = batch.image_and_mask("hifill")
        times = self.times or factor(images.shape[-2], images.shape[-1], self.network.config.size)
        out = images.clone()
        for image, mask, filled in zip(images, masks, out, strict=True):
            hole = mask > 0
            if hole.any():
                # the way through [-1, 1] is not exact; this returns known pixels bit by bit
                filled.copy_(torch.where(hole, self._fill(image, hole.to(image.dtype), times), image))
        return Images(out, facts={"times": [times] * len(out)})

    def _fill(self, image: Tensor, hole: Tensor, times: int) -> Tensor:
        raw = 2 * (image.flip(0) if self.blue_first else image) - 1
        large = prepare(raw, hole, self.network.config.size, times, self.variant, faithful=self.faithful)
        stages = self.network.fill(large.small[None], large.small_hole[None])
        canvas = enlarged(large, stages.refined[0], stages.attention[0], hole_cells(large))
        filled = (blend(large, canvas).clamp(-1, 1) + 1) / 2
        return filled.flip(0) if self.blue_first else filled
