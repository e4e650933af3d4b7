"""How well a recogniser tells people apart, and a quality method foretells it: on arrays, as a training judges."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from harness.verification.comparisons import Comparisons
from harness.verification.evaluation import Protocol, evaluate
from harness.verification.thresholds import fnmr, within_fmr
from harness_sddfiqa.faces import to_network

__all__ = ["answers", "discard_area", "fnmr_at"]

BATCH = 64
RANKS = "start0.05-fixed"
"""The operating point of `discard_area`: a fixed threshold at which 5 % of genuine pairs fail."""


@torch.no_grad()
def answers(model: nn.Module, pictures: NDArray[np.uint8], device: torch.device) -> NDArray[np.float32]:
    """What a network in eval mode answers for pictures [N,112,112,3], [N,d]."""
    parts = [
        model(to_network(pictures[start : start + BATCH]).to(device)).float().cpu().numpy()
        for start in range(0, len(pictures), BATCH)
    ]
    return np.concatenate(parts)


def fnmr_at(vectors: NDArray[np.floating], person: NDArray[np.int64], fmr: float) -> float:
    """Share of genuine pairs that fail where at most ``fmr`` of the impostors pass, over every two pictures."""
    first, second, similarity = _all_pairs(vectors)
    same = person[first] == person[second]
    return fnmr(similarity[same], within_fmr(similarity[~same], fmr))


def discard_area(vectors: NDArray[np.floating], person: NDArray[np.int64], quality: NDArray[np.floating]) -> float:
    """Relative area under error against discard up to 30 % of pairs; 1 is chance, lower is better."""
    first, second, similarity = _all_pairs(vectors)
    pairs = Comparisons(first, second, similarity, person[first] == person[second], person)
    protocol = Protocol(fmrs=(), starting_errors=(0.05,), resamples=0)
    return evaluate(pairs, quality.astype(np.float64), protocol).points[RANKS].values["relative_0.3"].value


def _all_pairs(
    vectors: NDArray[np.floating],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    unit = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    first, second = np.triu_indices(len(unit), 1)
    return first, second, (unit @ unit.T)[first, second]
