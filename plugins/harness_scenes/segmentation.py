"""How well a scene can be read off a translation: metrics by the segmenter of `segmenter.py`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import MetricBatch

from .segmenter import load_segmenter, weights_digest
from .vocabulary import LABELS

__all__ = ["SegmenterAccuracy", "SegmenterIou"]


class _BySegmenter:
    """What both share: the classes that the segmenter sees in an output beside those that the method was given."""

    name: str

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        if region:
            raise HarnessError(f"{self.name} judges whole pictures: ask for it without @{region}")
        self._network = load_segmenter(device)
        self.weights_sha256 = weights_digest()

    def _classes(self, batch: MetricBatch) -> tuple[Tensor, Tensor]:
        """int64 [N, H, W]: classes found in the outputs, and the classes given."""
        if batch.labels is None:
            raise HarnessError(f"{self.name} needs label maps, and this task gives none")
        given = batch.labels[:, 0]
        if int(given.min()) < 0 or int(given.max()) >= len(LABELS):
            raise HarnessError(f"{self.name} knows the classes 0 to {len(LABELS) - 1} of rendered scenes and no others")
        with torch.no_grad():
            return self._network(batch.output).argmax(1), given


class SegmenterIou(_BySegmenter):
    """``seg_miou``: mean over the classes of a sample's label map of ``|found and given| / |found or given|`` pixels.

    A sample's own value, unlike papers' mIoU, which pools the pixels of all pictures: only so can samples be paired,
    resampled by scene and ranked. Classes that the label map lacks are not averaged (one stray pixel would make a
    zero of them); their pixels count against the classes they were taken from.

    Images ``[N,3,H,W]`` RGB in [0, 1] and labels ``[N,L,H,W]``, of which the first map counts, -> ``{"seg_miou":
    [N]}`` in [0, 1]; higher is better. The real renders score what the card says: the segmenter's own accuracy.
    """

    name = "seg_miou"

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        found, given = self._classes(batch)
        shares, present = [], []
        for label in range(len(LABELS)):
            a, b = (found == label).flatten(1), (given == label).flatten(1)
            present.append(b.any(1))
            shares.append((a & b).sum(1) / (a | b).sum(1).clamp(min=1))
        there = torch.stack(present).float()
        return {self.name: (torch.stack(shares) * there).sum(0) / there.sum(0)}


class SegmenterAccuracy(_BySegmenter):
    """``seg_accuracy``: share of pixels in which the segmenter sees the class that the method was given.

    Images ``[N,3,H,W]`` and labels as for `SegmenterIou` -> ``{"seg_accuracy": [N]}`` in [0, 1]; higher is better.
    Background is nine tenths of a scene: read it beside ``seg_miou``.
    """

    name = "seg_accuracy"

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        found, given = self._classes(batch)
        return {self.name: (found == given).float().mean((1, 2))}
