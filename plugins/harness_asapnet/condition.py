"""What the network is given of a label map: a channel a class, and the edges of instances."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError

__all__ = ["instance_edges", "one_hot"]

UNKNOWN = 255


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """int64 ``[N, H, W]`` -> float ``[N, classes, H, W]``; unlabelled pixels (negative or 255) have no channel.

    Raises `HarnessError` for a class that the network does not know.
    """
    unknown = (labels < 0) | (labels == UNKNOWN)
    known = labels.masked_fill(unknown, 0)
    if labels.numel() and int(known.max()) >= classes:
        raise HarnessError(f"the labels hold class {int(known.max())}; this network knows 0 to {classes - 1}")
    channels = F.one_hot(known, classes).movedim(-1, 1).float()
    return channels.masked_fill_(unknown[:, None], 0)


def instance_edges(instances: Tensor) -> Tensor:
    """int64 ``[N, H, W]`` -> float ``[N, 1, H, W]``: 1 where a pixel and one of its four neighbours differ."""
    edges = torch.zeros_like(instances, dtype=torch.bool)
    across, down = instances[..., 1:] != instances[..., :-1], instances[..., 1:, :] != instances[..., :-1, :]
    edges[..., 1:] |= across
    edges[..., :-1] |= across
    edges[..., 1:, :] |= down
    edges[..., :-1, :] |= down
    return edges[:, None].float()
