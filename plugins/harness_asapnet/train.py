"""How ASAP-Net is trained: `mini` (ours, small, free data) and `paper` (the published settings), for both methods."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from harness.training.small_inpainter import Fill, SmallInpainter
from harness_asapnet.config import MINI_INPAINT
from harness_asapnet.inpainting import AsapInpaint
from harness_asapnet.network import PixelwiseNetwork

__all__ = ["RECIPES", "MiniInpaint", "initialise", "mini_inpaint"]

_Net = TypeVar("_Net", bound=PixelwiseNetwork)

RECIPES = {
    "asapnet": {"mini": "harness_asapnet.translation:mini", "paper": "harness_asapnet.paper:translation"},
    "asapnet-inpaint": {"mini": "harness_asapnet.train:mini_inpaint", "paper": "harness_asapnet.paper:inpainting"},
}


def initialise(network: _Net) -> _Net:
    """ours: He initialisation of the 3x3 convolutions; instance norm follows each, so only the first steps differ."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return network


class MiniInpaint(SmallInpainter):
    """A residual over the smooth fill, by the shared course."""

    method = "asapnet-inpaint"

    def build(self) -> nn.Module:
        return initialise(AsapInpaint(MINI_INPAINT))

    def fill(self, model: nn.Module, blank: Tensor, mask: Tensor) -> Fill:
        raw = model(blank, mask)
        return Fill(torch.where(mask > 0, raw, blank), (raw,))

    def configuration(self) -> dict[str, Any]:
        return asdict(MINI_INPAINT)


def mini_inpaint(data: Path, seed: int) -> MiniInpaint:
    """The recipe of small inpainting weights; needs ``data/scenes.npy`` and ``data/photos.npy`` (or ``.zip``)."""
    return MiniInpaint(data, seed)
