"""The floor of label-to-picture translation: every class in the one colour that is least wrong for it."""

from __future__ import annotations

from typing import Final

import torch

from harness.errors import HarnessError, RefusedSample
from harness.interfaces import Batch, Images, Setup

from .vocabulary import LABELS

__all__ = ["MEANS", "LabelMean"]

MEANS: Final = ((163.80, 163.81, 163.82), (114.83, 84.54, 97.28), (87.10, 104.72, 113.83), (85.65, 110.34, 106.63))
"""Mean sRGB levels of `vocabulary.LABELS` over training scenes 0 to 2,999 at 192 px (90.0, 6.7, 4.7, 9.2 M pixels)."""


class LabelMean:
    """A `Restorer` of label maps: each class of the first map in its mean colour over training scenes."""

    def __init__(self, setup: Setup) -> None:
        self._means = torch.tensor(MEANS, device=setup.device) / 255

    def restore(self, batch: Batch) -> Images:
        """Paint ``batch.labels`` [N,L,H,W].

        Raises `HarnessError` without labels, `RefusedSample` for classes that no scene has.
        """
        if batch.labels is None:
            raise HarnessError("label-mean needs label maps")
        first = batch.labels[:, 0]
        if int(first.min()) < 0 or int(first.max()) >= len(LABELS):
            raise RefusedSample(f"label-mean knows the classes 0 to {len(LABELS) - 1} of rendered scenes and no others")
        return Images(self._means.to(first.device)[first].permute(0, 3, 1, 2).contiguous())
