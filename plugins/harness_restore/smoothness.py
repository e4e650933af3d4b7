"""Differences of neighbouring pixels, and the operator that goes back."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["divergence", "slopes"]


def slopes(image: Tensor) -> Tensor:
    """``[N,C,H,W] -> [N,C,2,H,W]``: to the pixel below and to the right; 0 at the last row and column."""
    down = F.pad(image.diff(dim=-2), (0, 0, 0, 1))
    right = F.pad(image.diff(dim=-1), (0, 1))
    return torch.stack([down, right], dim=2)


def divergence(field: Tensor) -> Tensor:
    """Minus the transposed of `slopes`: ``[N,C,2,H,W] -> [N,C,H,W]``."""
    down, right = field[:, :, 0, :-1, :], field[:, :, 1, :, :-1]
    rows = F.pad(down, (0, 0, 0, 1)) - F.pad(down, (0, 0, 1, 0))
    return rows + F.pad(right, (0, 1)) - F.pad(right, (1, 0))
