"""Harmonic and biharmonic fills: a differential equation in the hole, known pixels as boundary values.

With the five-point Laplacian L of the pixel grid (no flux through the image border), unknown pixels u and
known ones k: harmonic solves L[u,u] x = -L[u,k] k, biharmonic the same with L². Both matrices are symmetric and
definite as soon as one pixel is known, and are solved directly, exact to rounding.

Chan and Shen, SIAM J. Appl. Math. 62, 2002; Damelin and Hoang, Int. J. Math. Math. Sci., 2018 (the equation
that scikit-image's `inpaint_biharmonic` solves; its clipping to the range of the known pixels is kept).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from harness_classical.filler import Filler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness_classical.filler import Hole, Picture

__all__ = ["Biharmonic", "Harmonic"]


def _second_difference(count: int) -> sparse.csr_array:
    """The one-dimensional Laplacian of `count` pixels; the ends have one neighbour, so rows sum to 0."""
    diagonal = np.full(count, -2.0)
    diagonal[0] += 1
    diagonal[-1] += 1
    beside = np.ones(count - 1)
    return sparse.diags_array([beside, diagonal, beside], offsets=[-1, 0, 1], shape=(count, count)).tocsr()


def _laplacian(height: int, width: int) -> sparse.csr_array:
    """The five-point Laplacian of the pixel grid, row-major."""
    along_rows = sparse.kron(sparse.eye_array(height), _second_difference(width))
    return (along_rows + sparse.kron(_second_difference(height), sparse.eye_array(width))).tocsr()


def _window(hole: Hole, reach: int) -> tuple[slice, slice]:
    """The part of the picture that decides the fill: the hole's bounding box and `reach` pixels around it."""
    spans = []
    for axis in (1, 0):
        inside = np.flatnonzero(hole.any(axis=axis))
        spans.append(slice(max(0, int(inside[0]) - reach), int(inside[-1]) + reach + 1))
    return spans[0], spans[1]


def _solve(image: Picture, hole: Hole, order: int) -> NDArray[np.float64]:
    """The unknown pixels [n, 3], row-major, for which Laplacian^order is 0 in the hole."""
    laplacian = _laplacian(*hole.shape)
    unknown, known = np.flatnonzero(hole), np.flatnonzero(~hole)
    rows = laplacian[unknown]
    for _ in range(order - 1):
        rows = (rows @ laplacian).tocsr()
    # a fill-reducing order for symmetric matrices, no pivoting: about twice as fast as the default
    factors = splu(
        rows[:, unknown].tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    return np.asarray(factors.solve(-(rows[:, known] @ image.reshape(-1, 3)[known].astype(np.float64))))


class _Elliptic(Filler):
    """Laplacian^order = 0 in the hole, clipped to the range of the known pixels."""

    order: ClassVar[int]

    def fill(self, image: Picture, hole: Hole) -> Picture:
        """Solve on the hole's surroundings only: the equations reach no further than `order` pixels."""
        window = _window(hole, self.order)
        known = image[~hole]
        filled = image.copy()
        solution = _solve(image[window], hole[window], self.order)
        filled[hole] = np.clip(solution, known.min(axis=0), known.max(axis=0))
        return filled


class Harmonic(_Elliptic):
    """A soap film: every unknown pixel is the mean of its neighbours (clipping only removes rounding)."""

    order = 1


class Biharmonic(_Elliptic):
    """A thin plate: goes on with the slope that the picture has at the hole's edge."""

    order = 2
