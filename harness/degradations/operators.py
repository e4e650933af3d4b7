"""One operator for every linear degradation here: a matrix on channels, one on rows, one on columns, and lost pixels.

It is the Kronecker product of small matrices (followed by a mask), so its singular values and vectors are products of
theirs: exact, and cheap at any size. DDRM, DiffPIR and total variation are computed in them.

Compared once with deepinv 0.5.0 (24 × 32 px, float64): Blur inside its edges 4e-16, Downsampling 2e-16, Inpainting 0,
Decolorize (average, whose weights are float32) 3e-8.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from harness.degradations.matrices import Axis, axis_of, block_mean_matrix, blur_matrix, grey_matrix
from harness.errors import HarnessError

__all__ = ["SMALLEST", "Separable", "linear_operator"]

SMALLEST = 3e-2
"""Singular values below this share of the largest count as 0, as in DDRM's code: rounding drowns them."""


class Separable:
    """``y = kept · (C ⊗ R ⊗ W) x``, a `harness.interfaces.Operator` with its singular value decomposition.

    Args:
        channels, rows, columns: on the three axes of a picture ``[3, H, W]``; ``None`` leaves an axis as it is.
        kept: bool ``[H, W]``, False where a pixel is lost (observed as 0); only where rows and columns are left alone.
        size: (H, W) of the clean picture.
        sigma: of the noise added after it.

    Raises:
        HarnessError: lost pixels together with an operator on rows or columns: that has no decomposition here.
    """

    def __init__(
        self, channels: Axis | None, rows: Axis | None, columns: Axis | None, kept: Tensor | None,
        size: tuple[int, int], sigma: float = 0.0,
    ) -> None:  # fmt: skip
        if kept is not None and (rows is not None or columns is not None):
            raise HarnessError("lost pixels go together with lost colour only, not with a blur or a smaller picture")
        self.axes = (channels, rows, columns)
        self.kept = kept
        self.size = size
        self.sigma = sigma
        values = torch.ones(3, *size, dtype=torch.float64)
        for axis, shape in zip(self.axes, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), strict=True):
            values = values if axis is None else values * axis.values.view(shape)
        self.values = (values if kept is None else values * kept).float()
        """Singular values ``[3, H, W]``, at least 0; 0 also where there is no observation."""

    def __call__(self, image: Tensor) -> Tensor:
        """Pictures ``[N,3,H,W]`` in [0,1] -> observations ``[N,3,h,w]``, in the picture's dtype."""
        self._fits(image)
        seen = self._along(image, [axis and axis.matrix for axis in self.axes])
        return seen if self.kept is None else seen * self.kept.to(seen)

    def pseudo_inverse(self, observed: Tensor) -> Tensor:
        """``[N,3,h,w] -> [N,3,H,W]``: of least norm; singular values below `SMALLEST` of the largest count as 0."""
        strong = self.strong().to(observed)
        inverse = torch.where(strong > 0, 1 / strong.clamp_min(torch.finfo(observed.dtype).tiny), strong)
        return self.synthesise(inverse * self.analyse_observed(observed))

    def adjoint(self, observed: Tensor) -> Tensor:
        """``[N,3,h,w] -> [N,3,H,W]``: the transposed matrix."""
        return self.synthesise(self.values.to(observed) * self.analyse_observed(observed))

    def strong(self) -> Tensor:
        """The singular values, those below `SMALLEST` of the largest set to 0."""
        return torch.where(self.values < SMALLEST * self.values.max(), 0.0, self.values)

    def analyse(self, image: Tensor) -> Tensor:
        """Coefficients of a picture in the right singular vectors: ``[N,3,H,W] -> [N,3,H,W]``, an isometry."""
        return self._along(image, [axis and axis.right for axis in self.axes])

    def synthesise(self, coefficients: Tensor) -> Tensor:
        """The picture of these coefficients: undoes `analyse`."""
        return self._along(coefficients, [axis and axis.right.mT for axis in self.axes])

    def analyse_observed(self, observed: Tensor) -> Tensor:
        """Coefficients of an observation in the left singular vectors, 0 where there is none: ``[N,3,H,W]``."""
        seen = observed if self.kept is None else observed * self.kept.to(observed)
        found = self._along(seen, [axis and axis.left.mT for axis in self.axes])
        height, width = self.size
        return torch.nn.functional.pad(found, (0, width - found.shape[-1], 0, height - found.shape[-2]))

    def _fits(self, image: Tensor) -> None:
        if image.shape[1:] != (3, *self.size):
            raise HarnessError(f"an operator for 3×{self.size[0]}×{self.size[1]} is given {tuple(image.shape[1:])}")

    @staticmethod
    def _along(image: Tensor, matrices: list[Tensor | None]) -> Tensor:
        channels, rows, columns = (None if m is None else m.to(image) for m in matrices)
        if channels is not None:
            image = torch.einsum("dc,nchw->ndhw", channels, image)
        if rows is not None:
            image = rows @ image
        return image if columns is None else image @ columns.mT


def linear_operator(
    size: tuple[int, int], *, spread: float = 0.0, factor: int = 1, grey: bool = False,
    kept: Tensor | None = None, sigma: float = 0.0,
) -> Separable:  # fmt: skip
    """A blur (``spread`` 0: none), then block means (``factor`` 1: none), then grey, then lost pixels."""
    rows, columns = (_axis(side, spread, factor) for side in size)
    return Separable(axis_of(grey_matrix()) if grey else None, rows, columns, kept, size, sigma)


@lru_cache(maxsize=16)
def _axis(side: int, spread: float, factor: int) -> Axis | None:
    if not spread and factor == 1:
        return None
    blur = blur_matrix(side, spread) if spread else np.eye(side)
    return axis_of(block_mean_matrix(side, factor) @ blur)
