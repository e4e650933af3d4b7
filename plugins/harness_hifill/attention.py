"""Contextual attention and its transfer (CRA, arXiv 2005.09704, section 3.2) as matrix products and diagonal sums.

The official code convolves with 1,024 kernels made of patches. The same numbers follow from fewer products:

- the product of two 3x3 patches is a sum of nine products of pixels, so that scores are sums along the diagonals of
  one pixel-by-pixel matrix;
- the identity kernel that *fuses* scores is a sum along diagonals;
- pasting overlapping patches sums, for a cell, what its neighbours' patches have there: diagonal sums of the attention,
  then one product with cells that do not overlap.

An attention is ``[N, Q, K]``: weights of the K = rows*cols key cells of each query cell, both row by row.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["CELL", "Part", "Window", "attend", "overlapped", "part", "paste", "scores", "transfer", "valid_keys"]

CELL = 16  # pixels of the network's input a cell of the attention, each way
SCALE = 10.0  # of the softmax
SMALLEST_NORM = 1e-8


class Part(NamedTuple):
    """What of an attention is needed: indices of query cells and of key cells, of a grid that may be padded."""

    queries: Tensor
    keys: Tensor


class Window(NamedTuple):
    """A rectangle of cells of a grid of ``rows`` x ``cols``; ``bottom`` and ``right`` are exclusive."""

    top: int
    bottom: int
    left: int
    right: int
    rows: int
    cols: int

    @classmethod
    def around(cls, mask: Tensor) -> Window:
        """The cells that a hole touches; ``mask`` ``[N, 1, H, W]`` holds at least one pixel of it."""
        touched = F.max_pool2d(mask, CELL).amax((0, 1)) > 0
        lines, cols = (touched.any(axis).nonzero()[:, 0] for axis in (1, 0))
        return cls(int(lines[0]), int(lines[-1]) + 1, int(cols[0]), int(cols[-1]) + 1, *touched.shape)

    def grown(self, margin: int) -> Window:
        """So many cells more on every side, as far as the grid goes."""
        top, left = max(0, self.top - margin), max(0, self.left - margin)
        bottom, right = min(self.rows, self.bottom + margin), min(self.cols, self.right + margin)
        return self._replace(top=top, bottom=bottom, left=left, right=right)

    def cut(self, image: Tensor, cell: int, inside: Window | None = None) -> Tensor:
        """These cells of ``[..., H, W]``, of ``cell`` pixels each; the image is of the window ``inside``, if given."""
        up, across = (inside.top, inside.left) if inside else (0, 0)
        lines = slice((self.top - up) * cell, (self.bottom - up) * cell)
        return image[..., lines, (self.left - across) * cell : (self.right - across) * cell]


def part(window: Window, valid: Tensor, extra: int = 0) -> Part:
    """What of an attention these cells need, given the keys that are ``valid`` (from `valid_keys`).

    ``extra`` is 1 for the grid of `overlapped`, whose cells lie half a cell up and to the left.
    """
    grid = torch.zeros(window.rows + extra, window.cols + extra, dtype=torch.bool, device=valid.device)
    keys = grid.clone()
    grid[window.top : window.bottom + extra, window.left : window.right + extra] = True
    # diagonal sums move what a key has to the key below and to the right of it
    seen = valid.amax((0, 1)).view(window.rows, window.cols) > 0
    for down in (0, 1):
        for right in (0, 1):
            moved = seen[: keys.shape[0] - down, : keys.shape[1] - right]
            keys[down : down + moved.shape[0], right : right + moved.shape[1]] |= moved
    return Part(*(flags.flatten().nonzero()[:, 0] for flags in (grid, keys)))


def _shifted(matrix: Tensor, query: int, key: int, both: bool) -> Tensor:
    """Sum along the diagonals of two axes: itself and the entry before (index - 1), and after too if ``both``."""
    total, size, other = matrix.clone(), matrix.shape[query] - 1, matrix.shape[key] - 1
    before = matrix.narrow(query, 0, size).narrow(key, 0, other)
    total.narrow(query, 1, size).narrow(key, 1, other).add_(before)
    if both:
        after = matrix.narrow(query, 1, size).narrow(key, 1, other)
        total.narrow(query, 0, size).narrow(key, 0, other).add_(after)
    return total


def _fuse(matrix: Tensor, rows: int, cols: int) -> Tensor:
    """The official fusion: 3x3 identity kernel over query index x key index, row-major and then column-major."""
    n = matrix.shape[0]
    fused = _shifted(matrix, 1, 2, both=True)
    turned = fused.view(n, rows, cols, rows, cols).permute(0, 2, 1, 4, 3).reshape(n, rows * cols, rows * cols)
    turned = _shifted(turned, 1, 2, both=True)
    back = turned.view(n, cols, rows, cols, rows).permute(0, 2, 1, 4, 3)
    return back.reshape(n, rows * cols, rows * cols)


def scores(features: Tensor) -> Tensor:
    """Fused similarity of every cell's 3x3 patch with every cell's normalised 3x3 patch, ``[N, cells, cells]``.

    ``features`` is ``[N, C, 2*rows, 2*cols]``; cells are every second pixel of it.
    """
    thin = features[..., ::2, ::2]
    n, _, rows, cols = thin.shape
    flat = thin.flatten(2)
    pixels = (flat.transpose(1, 2) @ flat).view(n, rows, cols, rows, cols)
    patches = _shifted(_shifted(pixels, 1, 3, both=True), 2, 4, both=True).view(n, rows * cols, rows * cols)
    squares = F.avg_pool2d(thin.square().sum(1, keepdim=True), 3, 1, 1, divisor_override=1)
    norm = squares.clamp(min=SMALLEST_NORM**2).sqrt().view(n, 1, rows * cols)
    return _fuse(patches / norm, rows, cols)


def valid_keys(mask: Tensor) -> Tensor:
    """``[N, 1, cells]``: 1 for cells that, with their eight neighbours, hold no hole. ``mask`` at the input's size."""
    holes = F.max_pool2d(F.max_pool2d(mask, CELL), 3, 1, 1)
    return (1 - holes).flatten(2)


def attend(features: Tensor, mask: Tensor) -> Tensor:
    """The attention ``[N, cells, cells]`` of a feature map; invalid keys get 0, so that rows may sum to less than 1."""
    valid = valid_keys(mask)
    return torch.softmax(scores(features) * valid * SCALE, 2) * valid


def _product(attention: Tensor, cells: Tensor, part: Part | None) -> Tensor:
    """``attention @ cells``, or only its ``part``: rows outside stay 0."""
    if part is None:
        return attention @ cells
    chosen = attention[:, part.queries][:, :, part.keys] @ cells[:, part.keys]
    whole = chosen.new_zeros(attention.shape[0], attention.shape[1], cells.shape[2])
    return whole.index_copy(1, part.queries, chosen)


def paste(attention: Tensor, features: Tensor, part: Part | None = None) -> Tensor:
    """Paste 3x3 patches at stride 2 of ``features`` by the attention, overlaps summed: ``[N, C, 2*rows, 2*cols]``.

    Only even pixels lie in two patches of a direction; each of the four parities has its own diagonal sums.
    """
    n, channels, height, width = features.shape
    rows, cols = height // 2, width // 2
    grid = attention.view(n, rows, cols, rows, cols)
    out = features.new_empty(features.shape)
    for row_parity in (0, 1):
        summed = grid if row_parity else _shifted(grid, 1, 3, both=False)
        for col_parity in (0, 1):
            weights = summed if col_parity else _shifted(summed, 2, 4, both=False)
            pixels = features[..., row_parity::2, col_parity::2].reshape(n, channels, -1).transpose(1, 2)
            pasted = _product(weights.reshape(n, rows * cols, rows * cols), pixels, part)
            out[..., row_parity::2, col_parity::2] = pasted.transpose(1, 2).view(n, channels, rows, cols)
    return out


def overlapped(attention: Tensor, rows: int, cols: int) -> Tensor:
    """The attention between half-shifted cells, ``[N, (rows+1)*(cols+1), same]``, that pastes patches of 2x2 cells."""
    n = attention.shape[0]
    grid = F.pad(attention.view(n, rows, cols, rows, cols), (0, 1, 0, 1, 0, 1, 0, 1))
    grid = _shifted(_shifted(grid, 1, 3, both=False), 2, 4, both=False)
    return grid.view(n, (rows + 1) * (cols + 1), -1)


def transfer(overlap: Tensor, features: Tensor, rows: int, cols: int, part: Part | None = None) -> Tensor:
    """Transfer by the attention: patches of two cells a side at a stride of one, overlaps summed.

    ``overlap`` is the attention after `overlapped`; ``features`` ``[N, C, rows*r, cols*r]`` with an even cell ``r``.
    """
    n, channels, height, _ = features.shape
    cell = height // rows
    half = cell // 2
    padded = F.pad(features, (half, half, half, half))
    split = padded.view(n, channels, rows + 1, cell, cols + 1, cell).permute(0, 2, 4, 1, 3, 5)
    moved = _product(overlap, split.reshape(n, (rows + 1) * (cols + 1), -1), part)
    joined = moved.view(n, rows + 1, cols + 1, channels, cell, cell).permute(0, 3, 1, 4, 2, 5)
    return joined.reshape(padded.shape)[..., half:-half, half:-half]
