"""Slopes that a training leaves where they begin (ours): learnt ones take two fifths of its time on a CPU."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["HeldSlopes", "hold_slopes"]


class HeldSlopes(nn.PReLU):
    """A PReLU of equal slopes that are not learnt; its entry is the same. Raises ValueError for unequal ones."""

    def __init__(self, of: nn.PReLU) -> None:
        super().__init__(of.num_parameters)
        slopes = of.weight.detach()
        self.slope = float(slopes[0])
        if not bool((slopes == self.slope).all()):
            raise ValueError("slopes that differ cannot be held as one")
        self.weight.requires_grad_(False).copy_(slopes)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.slope)


def hold_slopes(network: nn.Module, name: str = "prelu") -> None:
    """Hold every PReLU called ``name`` anywhere in a network, in place; slopes that differ were learnt and stay so."""
    for part in network.modules():
        of = getattr(part, name, None)
        if isinstance(of, nn.PReLU) and bool((of.weight == of.weight[0]).all()):
            setattr(part, name, HeldSlopes(of))
