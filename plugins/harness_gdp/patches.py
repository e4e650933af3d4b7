"""Pictures larger than what a prior was trained on: overlapping patches through the network, one estimate of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.nn.diffusion import Diffusion, Estimate

__all__ = ["Mosaic", "Network", "patch_starts"]

Network = Callable[[Tensor, Tensor], Tensor]
AT_ONCE = 16
"""ours: patches that go through the network together."""


def patch_starts(length: int, side: int, *, repeated: bool = False) -> list[int]:
    """Where patches of ``side`` begin along ``length``, half a side apart; the last ends where the picture does.

    ``repeated``: as the release counts, which adds the last start even where it stands there already.
    """
    last = length - side
    found = [*range(0, last + 1, max(side // 2, 1)), last]
    return found if repeated else sorted(set(found))


@dataclass(frozen=True)
class Mosaic:
    """Patches of ``side`` over a canvas of ``size`` (H, W); one patch where the canvas is no larger.

    Attributes:
        size: rows and columns of the canvas.
        side: of a patch; a shorter canvas is one patch along that axis.
        released: weigh as the release does: every visit alike, the last start twice where it repeats. Else (ours)
            weights fall linearly from a patch's middle to its border, so that no seam is seen.
    """

    size: tuple[int, int]
    side: int
    released: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a patch."""
        return min(self.side, self.size[0]), min(self.side, self.size[1])

    def places(self) -> Counter[tuple[int, int]]:
        """Upper left corners, each with how often it is counted."""
        rows, columns = (
            patch_starts(length, side, repeated=self.released)
            for length, side in zip(self.size, self.shape, strict=True)
        )
        return Counter((row, column) for row in rows for column in columns)

    def weight(self) -> Tensor:
        """``[h, w]`` of a patch's pixels, above 0."""
        if self.released:
            return torch.ones(self.shape)
        row, column = (1 + torch.minimum(torch.arange(n), torch.arange(n).flip(0)).float() for n in self.shape)
        return torch.outer(row, column)

    def visits(self) -> Tensor:
        """``[H, W]``: how much each pixel of the canvas is counted, mean 1."""
        total, weight = torch.zeros(self.size), self.weight()
        height, width = self.shape
        for (row, column), count in self.places().items():
            total[row : row + height, column : column + width] += count * weight
        return total / total.mean()

    def estimate(self, network: Network, diffusion: Diffusion, noisy: Tensor, t: Tensor) -> Estimate:
        """The network's estimate of a canvas ``[N, 3, H, W]`` at kept steps ``t`` [N]: patches, averaged."""
        told = diffusion.original.to(noisy.device)
        places = self.places()
        if len(places) == 1:
            return diffusion.estimate(network(noisy, told[t]), noisy, t)
        height, width = self.shape
        cuts = [(slice(row, row + height), slice(column, column + width)) for row, column in places]
        weights = [count * self.weight().to(noisy) for count in places.values()]
        start, log, total = torch.zeros_like(noisy), torch.zeros_like(noisy), noisy.new_zeros(self.size)
        each = max(AT_ONCE // len(noisy), 1)
        for first in range(0, len(cuts), each):
            group = cuts[first : first + each]
            patches = torch.cat([noisy[..., rows, columns] for rows, columns in group])
            steps = t.repeat(len(group))
            found = diffusion.estimate(network(patches, told[steps]), patches, steps)
            for k, (rows, columns) in enumerate(group):
                rank, weight = slice(k * len(noisy), (k + 1) * len(noisy)), weights[first + k]
                start[..., rows, columns] += weight * found.start[rank]
                log[..., rows, columns] += weight * found.log_variance[rank]
                total[rows, columns] += weight
        start = start / total
        return Estimate(diffusion.posterior_mean(start, noisy, t), log / total, start)
