"""3x3 convolutions, dilated ones too, with fewer multiplications: Winograd's minimal filtering, F(2x2) and F(4x4).

Lavin and Gray, arXiv 1509.09308: ``Y = A'[(G g G') * (B' d B)]A`` for tiles ``d`` of the input and a kernel ``g``. An
output tile of side 2 takes 4 multiplications a pixel, one of side 4 takes 2.25, a direct convolution 9; rounding grows
with the side. A convolution dilated by r is r x r plain ones, on every r-th row and column.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Kernel", "Side", "prepared", "winograd_conv2d"]

Side = Literal[2, 4]
"""Of an output tile, in pixels."""
TAPS = 3
POINTS: dict[Side, tuple[float, ...]] = {2: (0.0, 1.0, -1.0), 4: (0.0, 1.0, -1.0, 0.5, -2.0)}
"""Where the polynomials are evaluated, infinity aside. ours: for side 4 these round less than 0, 1, -1, 2, -2."""


class Kernel(NamedTuple):
    """Weights of a convolution, transformed once.

    Attributes:
        values: ``[(side + 2)^2, in, out]``.
        bias: ``[out]``.
        side: of an output tile.
    """

    values: Tensor
    bias: Tensor
    side: Side


def _powers(points: tuple[float, ...], count: int) -> Tensor:
    """One row of powers 0 .. ``count - 1`` a point, and infinity's last."""
    rows = [[point**power for power in range(count)] for point in points]
    return torch.tensor([*rows, [0.0] * (count - 1) + [1.0]], dtype=torch.float64)


@cache
def _matrices(side: Side) -> tuple[Tensor, Tensor, Tensor]:
    """``A'`` [side, n], ``G`` [n, 3] and ``B'`` [n, n] in float64.

    Toom and Cook multiply polynomials by their values at n = side + 2 points; a filter is the transpose of that
    product, so ``B`` inverts the n x n matrix of powers.
    """
    points = POINTS[side]
    inverse = torch.linalg.inv(_powers(points, side + TAPS - 1))
    return _powers(points, side).T, _powers(points, TAPS), inverse.T


def _both_ways(matrix: Tensor, tiles: Tensor) -> Tensor:
    """``matrix`` on the columns and the rows of ``tiles`` [rows, columns, any]."""
    half = matrix @ tiles.flatten(1)
    return torch.matmul(matrix, half.view(len(matrix), *tiles.shape[1:]))


def prepared(weight: Tensor, bias: Tensor, side: Side) -> Kernel:
    """Transform ``weight`` [out, in, 3, 3] for output tiles of ``side``, in float64 and rounded once."""
    taps = weight.double().permute(2, 3, 1, 0).flatten(2)
    values = _both_ways(_matrices(side)[1].to(weight.device), taps)
    return Kernel(values.to(weight.dtype).view(-1, weight.shape[1], weight.shape[0]), bias, side)


def winograd_conv2d(padded: Tensor, kernel: Kernel, rate: int = 1) -> Tensor:
    """What `torch.nn.functional.conv2d` makes of ``padded`` [N, C, H + 2 rate, W + 2 rate] with dilation ``rate``.

    Returns ``[N, out, H, W]`` in the channels-last format, which is fastest for ``padded`` too. Needs
    ``(side + 2)^2 / side^2`` times the memory of input and output for their tiles.
    """
    side, count, channels = kernel.side, *padded.shape[:2]
    height, width = (length - 2 * rate for length in padded.shape[-2:])
    rows, cols = (-(-length // (side * rate)) for length in (height, width))
    spare = [side * rate * tiles - length for tiles, length in ((cols, width), (rows, height))]
    picture = F.pad(padded, (0, spare[0], 0, spare[1])).permute(0, 2, 3, 1).contiguous()
    back, _, onto = (matrix.to(padded) for matrix in _matrices(side))
    n, (whole, line, pixel, _) = side + TAPS - 1, picture.stride()
    # row = phase + rate * (side * tile + offset), and so for columns
    tiles = picture.as_strided(
        (n, n, count, rows, rate, cols, rate, channels),
        (rate * line, rate * pixel, whole, rate * side * line, line, rate * side * pixel, pixel, 1),
    )
    spectrum = _both_ways(onto, tiles.reshape(n, n, -1)).view(n * n, -1, channels)
    product = torch.bmm(spectrum, kernel.values).view(n, n, -1)
    made = _both_ways(back, product).view(side, side, count, rows, rate, cols, rate, -1)
    made = made.permute(2, 3, 0, 4, 5, 1, 6, 7).reshape(count, rows * side * rate, cols * side * rate, -1)
    return made.add_(kernel.bias)[:, :height, :width].permute(0, 3, 1, 2)
