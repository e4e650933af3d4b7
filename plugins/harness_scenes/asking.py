"""What a sample of `scenes-brush` asks for, read back from its label maps by a metric."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import MetricBatch

from .brush import MAPS
from .vocabulary import COLOURS, MATERIALS, SHAPES, SIZES

__all__ = ["Asked", "asked_of"]


@dataclass(frozen=True)
class Asked:
    """The object that a batch asks for.

    `silhouette` and `touched` bool [N,1,H,W]: where the object is seen in the truth, and what it changes outside;
    `answers` int64 by head of the judge [N]; `shown` [N,3,H,W] the picture without the object.
    """

    silhouette: Tensor
    touched: Tensor
    answers: dict[str, Tensor]
    shown: Tensor

    def boxes(self) -> Tensor:
        """Return the silhouettes' boxes, int64 [N, 4]: first row, first column, last row, last column."""
        found = []
        for silhouette in self.silhouette[:, 0]:
            rows, columns = torch.nonzero(silhouette, as_tuple=True)
            found.append(torch.stack([rows.min(), columns.min(), rows.max(), columns.max()]))
        return torch.stack(found)

    def near(self, grown: float, least: int) -> Tensor:
        """Return the boxes, bool [N,1,H,W], grown on every side by a share of their longer side: `least` px or more."""
        near = torch.zeros_like(self.silhouette)
        for area, (top, left, bottom, right) in zip(near[:, 0], self.boxes().tolist(), strict=True):
            by = max(least, round(grown * (max(bottom - top, right - left) + 1)))
            area[max(0, top - by) : bottom + by + 1, max(0, left - by) : right + by + 1] = True
        return near


def asked_of(batch: MetricBatch, metric: str) -> Asked:
    """Read what is asked for. Raises `HarnessError` where a task's samples are not those of `scenes-brush`."""
    if batch.labels is None or batch.shown is None or batch.labels.shape[1] != len(MAPS):
        raise HarnessError(f"{metric} needs pairs that say which object is asked for: use scenes-brush")
    objects, touched, code = (batch.labels[:, k] for k in range(len(MAPS)))
    silhouette = (objects == 1)[:, None]
    if not bool(silhouette.flatten(1).any(1).all()):
        raise HarnessError(f"{metric}: a sample's label map has no object that is asked for")
    rest, answers = code[:, 0, 0], dict[str, Tensor]()
    for name, words in (("size", SIZES), ("material", MATERIALS), ("colour", COLOURS), ("shape", SHAPES)):
        answers[name] = rest % len(words)
        rest = rest // len(words)
    return Asked(silhouette, (touched == 1)[:, None], answers, batch.shown)
