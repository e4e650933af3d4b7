"""The iteration: what a pass fills with confidence becomes known, the next pass fills the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from harness_icfgu.network import Prediction

__all__ = ["THRESHOLD", "Iteration", "Round", "iterate", "take_trusted"]

THRESHOLD = 0.5
"""Confidence above which a pixel is kept (founding notes on the paper)."""


class Round(NamedTuple):
    """One pass: its confidence, the hole it was given and what it left of it, all ``[N, 1, H, W]``."""

    confidence: Tensor
    hole: Tensor
    left: Tensor


class Iteration(NamedTuple):
    """The filled picture, the last pass's whole prediction, and the passes in order."""

    image: Tensor
    prediction: Prediction
    rounds: tuple[Round, ...]


def take_trusted(
    blank: Tensor, mask: Tensor, prediction: Prediction, threshold: float = THRESHOLD
) -> tuple[Tensor, Tensor]:
    """The picture with its trusted hole pixels filled and the rest 0, and the hole that is left."""
    if prediction.confidence is None:
        raise ValueError("this network has no confidence to iterate by")
    trusted = (mask > 0) & (prediction.confidence > threshold)
    left = mask.masked_fill(trusted, 0)
    return torch.where(trusted, prediction.image.clamp(-1, 1), blank), left


def iterate(
    network: Callable[[Tensor, Tensor], Prediction],
    blank: Tensor,
    mask: Tensor,
    *,
    rounds: int,
    threshold: float = THRESHOLD,
) -> Iteration:
    """Fill ``blank`` ``[N, 3, H, W]`` in [-1, 1] (0 in the hole) in at most ``rounds`` passes; the last fills all.

    ours: it stops early once every pixel is trusted. With ``rounds=1`` it is one pass of the network.
    """
    image, hole, done = blank, mask, []
    for number in range(1, rounds + 1):
        prediction = network(image, hole)
        image, left = take_trusted(image, hole, prediction, threshold if number < rounds else -1)
        assert prediction.confidence is not None  # take_trusted refuses networks without one
        done.append(Round(prediction.confidence, hole, left))
        hole = left
        if not hole.any():
            break
    return Iteration(image, prediction, tuple(done))
