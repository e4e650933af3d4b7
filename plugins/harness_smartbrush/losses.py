"""What SmartBrush is taught: noise inside the mask, and the exact mask of the object (Xie et al. 2023)."""

from __future__ import annotations

from torch import Tensor

__all__ = ["PREDICTED", "inside_mean"]

PREDICTED = 0.01
"""The paper's weight of the predicted mask's loss."""


def inside_mean(error: Tensor, inside: Tensor) -> Tensor:
    """Mean of ``error`` ``[N, C, h, w]`` over the positions of ``inside`` ``[N, 1, h, w]``: ``[N]``.

    ours: outside there is no noise to predict, and a small mask counts as much as a large one.
    """
    shares = inside.sum((1, 2, 3)).clamp(min=1)
    return (error * inside).mean(1).sum((1, 2)) / shares
