"""3x3 convolutions with fewer multiplications: Winograd's minimal filtering F(4x4, 3x3).

Lavin and Gray, arXiv 1509.09308: ``Y = A'[(G g G') * (B' d B)]A`` for tiles ``d`` of the input and a kernel ``g``. An
output tile of side 4 takes 2.25 multiplications a pixel, a direct convolution 9; rounding is larger.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["SIDE", "Kernel", "prepared", "winograd_conv2d"]

SIDE = 4
"""Of an output tile, in pixels."""
TAPS = 3
TILE = SIDE + TAPS - 1
"""Side of an input tile, and the number of points."""
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0)
"""Where the polynomials are evaluated, infinity aside. ours: these round less than 0, 1, -1, 2, -2."""


class Kernel(NamedTuple):
    """Weights of a convolution, transformed once.

    Attributes:
        values: ``[TILE^2, in, out]``.
        bias: ``[out]``.
    """

    values: Tensor
    bias: Tensor


def _powers(count: int) -> Tensor:
    """One row of powers 0 .. ``count - 1`` a point, and infinity's last."""
    rows = [[point**power for power in range(count)] for point in POINTS]
    return torch.tensor([*rows, [0.0] * (count - 1) + [1.0]], dtype=torch.float64)


@cache
def _matrices() -> tuple[Tensor, Tensor, Tensor]:
    """``A'`` [SIDE, TILE], ``G`` [TILE, TAPS] and ``B'`` [TILE, TILE] in float64.

    Toom and Cook multiply polynomials by their values at `TILE` points; a filter is the transpose of that product, so
    ``B`` inverts the square matrix of powers.
    """
    return _powers(SIDE).T, _powers(TAPS), torch.linalg.inv(_powers(TILE)).T


def _both_ways(matrix: Tensor, tiles: Tensor) -> Tensor:
    """``matrix`` on the columns and the rows of ``tiles`` [rows, columns, any]."""
    half = matrix @ tiles.flatten(1)
    return torch.matmul(matrix, half.view(len(matrix), *tiles.shape[1:]))


def prepared(weight: Tensor, bias: Tensor) -> Kernel:
    """Transform ``weight`` [out, in, 3, 3], in float64 and rounded once."""
    taps = weight.double().permute(2, 3, 1, 0).flatten(2)
    values = _both_ways(_matrices()[1].to(weight.device), taps)
    return Kernel(values.to(weight.dtype).view(-1, weight.shape[1], weight.shape[0]), bias)


def winograd_conv2d(padded: Tensor, kernel: Kernel) -> Tensor:
    """What `torch.nn.functional.conv2d` makes of ``padded`` [N, C, H + 2, W + 2].

    Returns ``[N, out, H, W]`` in the channels-last format, which is fastest for ``padded`` too. Needs
    ``TILE^2 / SIDE^2`` times the memory of input and output for their tiles.
    """
    count, channels = padded.shape[:2]
    height, width = (length - TAPS + 1 for length in padded.shape[-2:])
    rows, cols = (-(-length // SIDE) for length in (height, width))
    picture = F.pad(padded, (0, SIDE * cols - width, 0, SIDE * rows - height)).permute(0, 2, 3, 1).contiguous()
    back, _, onto = (matrix.to(padded) for matrix in _matrices())
    whole, line, pixel, _ = picture.stride()
    tiles = picture.as_strided(
        (TILE, TILE, count, rows, cols, channels), (line, pixel, whole, SIDE * line, SIDE * pixel, 1)
    )
    spectrum = _both_ways(onto, tiles.reshape(TILE, TILE, -1)).view(TILE * TILE, -1, channels)
    product = torch.bmm(spectrum, kernel.values).view(TILE, TILE, -1)
    made = _both_ways(back, product).view(SIDE, SIDE, count, rows, cols, -1)
    made = made.permute(2, 3, 0, 4, 1, 5).reshape(count, rows * SIDE, cols * SIDE, -1)
    return made.add_(kernel.bias)[:, :height, :width].permute(0, 3, 1, 2)
