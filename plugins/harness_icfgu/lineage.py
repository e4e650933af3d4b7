"""What crfill puts behind its base network: attention whose patches are matched small and pasted at full size.

Here for the parity of the shared blocks (`harness_icfgu.parity`); ICF-GU itself was never released.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness_icfgu.attention import hard, overlaps, paste, similarity
from harness_icfgu.blocks import Gated
from harness_icfgu.network import LINEAGE, PATCH, PATCH_STRIDE, REDUCTION, TwoStage

__all__ = ["CrFill", "CrFillOutput", "match_and_copy"]

WIDTH = LINEAGE.width
PASTED = {"size": REDUCTION * PATCH, "stride": REDUCTION * PATCH_STRIDE}
GRID_PATCH = 4


class CrFillOutput(NamedTuple):
    """Stages, matched features, ``similar`` ``[N, K, h, w]``, the refined picture, pasted mask and pasted picture."""

    stage1: Tensor
    stage2: Tensor
    matched: Tensor
    similar: Tensor
    refined: Tensor
    hole: Tensor
    raw: Tensor


class CrFill(nn.Module):
    """crfill's two-stage network with its refinement; key names are the official ones.

    ``sconv1`` and ``sconv2`` are never called by the official forward; they stand here for their keys.
    """

    def __init__(self) -> None:
        super().__init__()
        half, double = WIDTH // 2, 2 * WIDTH
        self.baseg = TwoStage(LINEAGE)
        self.sconv1 = Gated(double, double, 5)
        self.sconv2 = Gated(double, double)
        self.bconv1 = Gated(3, half, 5)
        self.bconv2_downsample = Gated(half, WIDTH, stride=2)
        self.bconv3 = Gated(WIDTH, WIDTH)
        self.bconv4_downsample = Gated(WIDTH, double, stride=2)
        self.conv13_upsample_conv = Gated(double, WIDTH, upsample=True)
        self.conv14 = Gated(double, WIDTH)
        self.conv15_upsample_conv = Gated(WIDTH, half, upsample=True)
        self.conv16 = Gated(WIDTH, half)
        self.conv16_2 = Gated(half, half)
        self.conv17 = Gated(half, 3, gated=False)

    def forward(self, blank: Tensor, mask: Tensor) -> CrFillOutput:
        """``blank`` ``[N, 3, H, W]`` in [-1, 1] with 0 in the hole, ``mask`` 1 = hole."""
        base = self.baseg(blank, mask)
        share = self.baseg.hole_share(mask)
        similar = similarity(base.matched, share, size=PATCH, stride=PATCH_STRIDE, norm="space")
        whole = self.bconv1(base.image * mask + blank * (1 - mask))
        half = self.bconv3(self.bconv2_downsample(whole))
        features = self.conv13_upsample_conv(self.bconv4_downsample(half))
        features = self.conv15_upsample_conv(self.conv14(torch.cat([features, half], 1)))
        features = self.conv16(torch.cat([features, whole], 1))
        refined = self.conv17(self.conv16_2(paste(similar, features, **PASTED))).tanh()
        cover = overlaps(*blank.shape[-2:], **PASTED)
        hole, raw = paste(similar, mask, **PASTED) / cover, paste(hard(similar), blank, **PASTED) / cover
        return CrFillOutput(base.coarse, base.image, base.matched, similar, refined, hole, raw)


def match_and_copy(features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """crfill's AttUpLayer on one grid: ``(similar, features pasted from the known parts of the best patches)``."""
    share = F.interpolate(mask, features.shape[-2:])
    similar = similarity(features, share, size=GRID_PATCH, stride=GRID_PATCH, norm="space")
    return similar, paste(similar, features, size=GRID_PATCH, stride=GRID_PATCH, mask=share)
