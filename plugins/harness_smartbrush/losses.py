"""What SmartBrush is taught: noise inside the mask, and the exact mask of the object (Xie et al. 2023)."""

from __future__ import annotations

from torch import Tensor

__all__ = ["PREDICTED", "dice", "inside_mean"]

PREDICTED = 0.01
"""The paper's weight of the predicted mask's loss."""


def dice(predicted: Tensor, exact: Tensor) -> Tensor:
    """``2 |X and Y| / (|X| + |Y|)`` of masks ``[N, 1, H, W]`` in [0, 1]: ``[N]``; 1 where both are empty."""
    both, sizes = (predicted * exact).sum((1, 2, 3)), (predicted + exact).sum((1, 2, 3))
    return (2 * both + 1) / (sizes + 1)


def inside_mean(error: Tensor, inside: Tensor) -> Tensor:
    """Mean of ``error`` ``[N, C, h, w]`` over the positions of ``inside`` ``[N, 1, h, w]``: ``[N]``.

    ours: outside there is no noise to predict, and a small mask counts as much as a large one.
    """
    shares = inside.sum((1, 2, 3)).clamp(min=1)
    return (error * inside).mean(1).sum((1, 2)) / shares
