"""How HiFill is trained: `mini` (ours, small, free data) and `paper` (the published scripts' losses and settings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from harness.training.losses import hole_l1
from harness.training.recipe import Parts, Progress
from harness.training.small_inpainter import Fill, SmallInpainter
from harness_hifill.network import MINI, HiFill
from harness_hifill.paper import COARSE_ALPHA

__all__ = ["RECIPES", "Mini", "mini"]

RECIPES = {"mini": "harness_hifill.train:mini", "paper": "harness_hifill.paper:paper"}


class Mini(SmallInpainter):
    """A residual over the smooth fill, coarse and then refined, by the shared course."""

    method = "hifill"

    def build(self) -> nn.Module:
        return HiFill(MINI)

    def fill(self, model: nn.Module, blank: Tensor, mask: Tensor) -> Fill:
        coarse, refined, _ = model(blank, mask)
        composite = refined * mask + blank * (1 - mask)
        return Fill(composite, (coarse, refined), {"coarse": coarse})

    def own(self, parts: Parts, fill: Fill, batch: Mapping[str, Tensor], progress: Progress) -> dict[str, Tensor]:
        """L1 of the coarse picture in the hole, in the paper's proportion to the refined one's."""
        del parts, progress
        error = hole_l1(fill.facts["coarse"], batch["image"], batch["mask"]).mean()
        return {"coarse": COARSE_ALPHA * self.course.hole_weight * error}

    def configuration(self) -> dict[str, Any]:
        return asdict(MINI)


def mini(data: Path, seed: int) -> Mini:
    """The recipe of the `mini` weights; needs ``data/scenes.npy`` and ``data/photos.npy`` (or ``.zip``)."""
    return Mini(data, seed)
