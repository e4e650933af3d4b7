"""How CoordFill is trained: `mini` (ours, small, free data) and `paper` (section 4.1 and the published settings)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from harness.training.small_inpainter import Fill, SmallInpainter
from harness_coordfill.network import MINI, CoordFill

__all__ = ["RECIPES", "Mini", "mini"]

RECIPES = {"mini": "harness_coordfill.train:mini", "paper": "harness_coordfill.paper:paper"}


class Mini(SmallInpainter):
    """A residual over the smooth fill, by the shared course."""

    method = "coordfill"

    def build(self) -> nn.Module:
        model = CoordFill(MINI)
        for module in model.refine.dowm.modules():
            if isinstance(module, nn.Conv2d):
                # torch's default shrinks the signal 50-fold on its way down: there is no norm to undo it
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        return model

    def fill(self, model: nn.Module, blank: Tensor, mask: Tensor) -> Fill:
        filled = model(blank, mask)
        return Fill(filled.composite, (filled.raw,))

    def configuration(self) -> dict[str, Any]:
        return asdict(MINI)


def mini(data: Path, seed: int) -> Mini:
    """The recipe of the shipped weights; needs ``data/scenes.npy`` and ``data/photos.npy`` (or ``.zip``)."""
    return Mini(data, seed)
