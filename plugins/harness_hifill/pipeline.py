"""HiFill at any resolution (CRA, section 3.3): fill a small copy, then bring back the detail by aggregating residuals.

A picture is read as ``large``, a square of ``times`` x the network's size. Its block means are the small copy that the
network fills. What enlarging the small copy loses is the residual of the known pixels; the attention that pasted
features inside the hole pastes residuals too, cell by cell, on top of the enlarged fill.

The two published inference codes differ in how they resize and blend: ``places2`` (the training repository's
``test.py``, TensorFlow throughout) and ``atlas`` (the frozen graph's ``GPU_CPU/test.py``, OpenCV around the network).

``large`` is never built: its pixels are gathered when they are read, residuals aggregated a few rows of every cell at
a time, and only for the cells that the hole touches. Pictures are ``[3, H, W]`` in [-1, 1], holes
``[1, H, W]``, 1 = hole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.nn.smooth_fill import smooth_fill
from harness_hifill.attention import CELL
from harness_hifill.sampling import (
    Taps,
    TapsOf,
    at_cols,
    at_rows,
    centred_taps,
    legacy_taps,
    nearest_index,
    resize,
    sample,
)

__all__ = [
    "CHUNK_BYTES",
    "LARGEST_FACTOR",
    "Large",
    "Variant",
    "aggregate",
    "blend",
    "enlarged",
    "factor",
    "hole_cells",
    "prepare",
    "soft_hole",
]

Variant = Literal["places2", "atlas"]
TAPS: dict[str, TapsOf] = {"places2": legacy_taps, "atlas": centred_taps}
CHUNK_BYTES = 64 << 20
"""ours: about how much the residuals of one step may take."""
COLOURS = 3
LARGEST_FACTOR = 16
"""512 x 16 = 8192: the largest resolution that the paper claims."""
BLUR, SIGMA = 7, 1.0


def factor(height: int, width: int, size: int) -> int:
    """The smallest ``times`` for which ``size * times`` covers the picture, at most 16.

    ours: the published codes fix it (8 in the README of ``places2``, 6 in ``atlas``).
    """
    return min(LARGEST_FACTOR, max(1, -(-max(height, width) // size)))


@dataclass(frozen=True)
class Large:
    """A picture as the pipeline reads it: ``side = times * size`` square, gathered from the raw pixels on demand.

    Attributes:
        raw, hole: the raw picture and hole.
        small: ``[3, size, size]``, block means of ``large``; the network's input before it is blanked.
        small_hole: ``[1, size, size]``, what the network is told of the hole.
        times: pixels of ``large`` a pixel of ``small``, each way.
        variant: whose resizes.
        leak_free: whether hole pixels are read as the enlarged ``small`` instead of as they are.
    """

    raw: Tensor
    hole: Tensor
    small: Tensor
    small_hole: Tensor
    times: int
    variant: Variant
    leak_free: bool

    @property
    def side(self) -> int:
        """Height and width of ``large``."""
        return self.times * self.small.shape[-1]

    def rows(self, index: Tensor) -> Tensor:
        """Rows of ``large``, ``[3, len(index), side]``."""
        pixels = _read(self.raw, index, self.side, self.variant)
        if not self.leak_free:
            return pixels
        hole = _nearest(self.hole, index, self.side)
        return torch.where(hole > 0, self.low(index), pixels)

    def low(self, index: Tensor) -> Tensor:
        """Rows of ``small`` enlarged to ``large``."""
        return at_rows(self._wide, self.taps.at(index))

    @cached_property
    def taps(self) -> Taps:
        """Where a pixel of ``large`` reads in a picture of the size of ``small``."""
        return TAPS[self.variant](self.small.shape[-1], self.side, self.small.device)

    @cached_property
    def _wide(self) -> Tensor:
        return at_cols(self.small, self.taps)

    def known(self, index: Tensor) -> Tensor:
        """``[1, len(index), side]``: 1 where the residual may be read."""
        if self.variant == "atlas" and not self.leak_free:
            return 1 - _nearest(self.hole, index, self.side)
        return 1 - self.small_hole[:, index // self.times].repeat_interleave(self.times, 2)

    def residual(self, index: Tensor) -> Tensor:
        """Rows of what enlarging loses, 0 in the hole: ``[3, len(index), side]``."""
        return (self.rows(index) - self.low(index)) * self.known(index)


def _nearest(image: Tensor, rows: Tensor, side: int) -> Tensor:
    lines = image.index_select(-2, nearest_index(image.shape[-2], side, image.device)[rows])
    if image.shape[-1] == side:
        return lines
    return lines.index_select(-1, nearest_index(image.shape[-1], side, image.device))


def _read(raw: Tensor, rows: Tensor, side: int, variant: Variant) -> Tensor:
    if variant == "places2":
        return _nearest(raw, rows, side)
    cols, lines_at = (centred_taps(raw.shape[axis], side, raw.device) for axis in (-1, -2))
    return sample(raw, lines_at.at(rows), cols)


def _chunks(side: int, times: int, device: torch.device) -> list[Tensor]:
    """Row indices of ``large`` in whole blocks, so many that three colours take about `CHUNK_BYTES`."""
    step = max(1, CHUNK_BYTES // (12 * side * times)) * times
    return list(torch.split(torch.arange(side, device=device), step))


def _block_means(pixels: Tensor, times: int) -> Tensor:
    return F.avg_pool2d(pixels[None], times)[0] if times > 1 else pixels


def prepare(raw: Tensor, hole: Tensor, size: int, times: int, variant: Variant, *, faithful: bool = False) -> Large:
    """The small copy that the network fills, and the way to read the large one.

    Faithful is the published order, in which blocks at the hole's border mix in what stands in the hole. Without it
    (ours), the hole's pixels are never read: a block's mean is that of its known pixels, blocks without any get the
    smooth fill of the others, and a block is hole when any of its pixels is.
    """
    side = size * times
    if faithful:
        parts = [_block_means(_read(raw, rows, side, variant), times) for rows in _chunks(side, times, raw.device)]
        every = torch.arange(size, device=hole.device)
        return Large(raw, hole, torch.cat(parts, 1), _nearest(hole, every, size), times, variant, False)
    clean = torch.where(hole > 0, 0.0, raw)
    means, shares = [], []
    for rows in _chunks(side, times, raw.device):
        known = 1 - _read_spoilt(hole, rows, side, variant)
        shares.append(_block_means(known, times))
        means.append(_block_means(_read(clean, rows, side, variant) * known, times))
    share, mean = torch.cat(shares, 1), torch.cat(means, 1)
    blank = (share == 0).to(raw.dtype)
    small = smooth_fill((mean / share.clamp(min=1e-6))[None], blank[None])[0]
    return Large(clean, hole, small, (share < 1).to(raw.dtype), times, variant, True)


def _read_spoilt(hole: Tensor, rows: Tensor, side: int, variant: Variant) -> Tensor:
    """Pixels of ``large`` that hold anything of the hole."""
    return (_read(hole, rows, side, variant) > 0).to(hole.dtype)


def aggregate(large: Large, attention: Tensor, cells: Tensor, canvas: Tensor) -> None:
    """Add aggregated residuals to ``canvas`` ``[3, side, side]`` in these cells (indices of the attention's grid).

    ``attention`` is ``[K, K]``. A few rows of every cell at a time: a cell's row is pasted from the same row of others.
    """
    grid = large.small.shape[-1] // CELL
    patch = large.side // grid
    weights = attention[cells]
    keys = weights.any(0).nonzero()[:, 0]
    weights = weights[:, keys]
    step = max(1, CHUNK_BYTES // (12 * large.side * grid))
    starts = torch.arange(grid, device=canvas.device) * patch
    for rows in torch.split(torch.arange(patch, device=canvas.device), step):
        index = (starts[:, None] + rows).flatten()
        lines = large.residual(index).view(3, grid, len(rows), grid, patch).permute(1, 3, 0, 2, 4)
        pasted = weights @ lines.reshape(grid * grid, -1)[keys]
        for cell, lines_of in zip(cells.tolist(), pasted.view(len(cells), 3, len(rows), patch), strict=True):
            top, left = patch * (cell // grid) + int(rows[0]), patch * (cell % grid)
            canvas[:, top : top + len(rows), left : left + patch] += lines_of


def enlarged(large: Large, refined: Tensor, attention: Tensor, cells: Tensor) -> Tensor:
    """The network's picture enlarged, with residuals, ``[3, side, side]`` in [-1, 1]; 0 in rows without ``cells``."""
    grid = refined.shape[-1] // CELL
    patch = large.side // grid
    wide = at_cols(refined, large.taps)
    canvas = refined.new_zeros(COLOURS, large.side, large.side)
    needed = torch.arange(large.side, device=cells.device).view(grid, patch)[torch.unique(cells // grid)].flatten()
    for rows in torch.split(needed, max(1, CHUNK_BYTES // (12 * large.side))):
        canvas[:, rows] = at_rows(wide, large.taps.at(rows))
    if large.times > 1 and len(cells):
        aggregate(large, attention, cells, canvas)
    return canvas.clamp_(-1, 1)


def hole_cells(large: Large) -> Tensor:
    """Indices of the cells that the small hole touches, and of their neighbours (a resize reads across borders)."""
    touched = F.max_pool2d(F.max_pool2d(large.small_hole[None], CELL), 3, 1, 1)
    return touched.flatten().nonzero()[:, 0]


def soft_hole(small_hole: Tensor) -> Tensor:
    """The hole blurred by a 7x7 Gaussian of sigma 1, zeros beyond the border: how the published codes blend."""
    place = torch.arange(BLUR, dtype=torch.float64, device=small_hole.device) - BLUR // 2
    line = torch.exp(-place.square() / (2 * SIGMA**2))
    kernel = (line[:, None] * line / line.sum() ** 2).to(small_hole.dtype)
    return F.conv2d(small_hole[None], kernel[None, None], padding=BLUR // 2)[0]


def blend(large: Large, canvas: Tensor) -> Tensor:
    """The raw picture with its hole taken from ``canvas``, ``[3, H, W]``.

    Leak-free (ours): hole pixels are the canvas's, known ones the picture's. Otherwise the published blend by the
    softened hole, through which known pixels near the hole change, and what stood in the hole shines through.
    """
    height, width = large.raw.shape[-2:]
    taps = TAPS[large.variant]
    if not large.leak_free:
        share = resize(soft_hole(large.small_hole), height, width, taps)
        return resize(canvas, height, width, taps) * share + large.raw * (1 - share)
    out = large.raw.clone()
    lines, cols = (taps(large.side, size, out.device) for size in (height, width))
    touched = (large.hole > 0)[0].any(1).nonzero()[:, 0]
    for rows in torch.split(touched, max(1, CHUNK_BYTES // (12 * width))):
        filled = sample(canvas, lines.at(rows), cols)
        out[:, rows] = torch.where(large.hole[:, rows] > 0, filled, out[:, rows])
    return out
