"""The smooth fill against a direct solution of Laplace's equation, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

from harness.nn.smooth_fill import smooth_fill

MEAN_TOLERANCE = 1.2 / 255
WORST_TOLERANCE = 10 / 255


def _direct(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Laplace's equation in the hole, no flux through the image border, by one sparse solve a channel."""
    places = list(zip(*np.nonzero(hole), strict=True))
    number = {place: index for index, place in enumerate(places)}
    matrix, known = lil_matrix((len(places), len(places))), np.zeros((len(places), image.shape[0]))
    for (y, x), row in number.items():
        for other in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if not (0 <= other[0] < hole.shape[0] and 0 <= other[1] < hole.shape[1]):
                continue
            matrix[row, row] += 1
            if other in number:
                matrix[row, number[other]] = -1
            else:
                known[row] += image[:, other[0], other[1]]
    filled = image.copy()
    filled[:, hole] = spsolve(matrix.tocsc(), known).T
    return filled


def _picture(size: int) -> np.ndarray:
    """Smooth shading, an edge and some grain, in [0, 1]."""
    y, x = np.mgrid[0:size, 0:size] / size
    shades = [0.5 + 0.3 * np.sin(5 * x + c) * np.cos(4 * y - c) + 0.2 * (x + y > 1) for c in range(3)]
    return np.stack(shades) + 0.05 * np.random.default_rng(1).standard_normal((3, size, size))


def _holes(size: int) -> dict[str, np.ndarray]:
    y, x = np.mgrid[0:size, 0:size] / size
    centre = (abs(x - 0.5) <= 0.25) & (abs(y - 0.5) <= 0.25)
    return {
        "centre": centre,
        "band": abs(y - (0.75 + 0.12 * np.sin(19 * x))) < 0.06,
        "corner": (x < 0.4) & (y < 0.5),
        "most": ~((x < 0.1) | (y > 0.9)),
        "spray": np.random.default_rng(0).random((size, size)) < 0.8,
        "dots": np.random.default_rng(0).random((size, size)) < 0.98,
    }


@pytest.mark.parametrize("name", ["centre", "band", "corner", "most", "spray", "dots"])
def test_agrees_with_the_direct_solution(name: str) -> None:
    image, hole = _picture(64), _holes(64)[name]
    filled = smooth_fill(torch.tensor(image)[None], torch.tensor(hole)[None, None].double())[0].numpy()
    error = np.abs(filled - _direct(image, hole))[:, hole]
    assert error.mean() < MEAN_TOLERANCE
    assert error.max() < WORST_TOLERANCE


def test_more_cycles_converge() -> None:
    image, hole = _picture(64), _holes(64)["centre"]
    truth = _direct(image, hole)
    batch = torch.tensor(image)[None], torch.tensor(hole)[None, None].double()
    errors = [np.abs(smooth_fill(*batch, cycles=n)[0].numpy() - truth).max() for n in (1, 3, 6)]
    assert errors[0] > 5 * errors[1] > 50 * errors[2]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 33), st.integers(1, 33), st.integers(0, 2**31), st.floats(0, 1))
def test_known_pixels_stay_and_the_hole_is_never_read(height: int, width: int, seed: int, share: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(2, 3, height, width, generator=generator)
    mask = (torch.rand(2, 1, height, width, generator=generator) < share).float()
    filled = smooth_fill(image, mask)
    assert torch.equal(filled * (1 - mask), image * (1 - mask))
    assert torch.equal(filled, smooth_fill(torch.where(mask > 0, torch.nan, image), mask))
    assert bool(filled.isfinite().all())


def test_a_constant_is_continued_and_nothing_known_gives_zero() -> None:
    mask = torch.zeros(1, 1, 40, 56)
    mask[..., 5:30, 10:50] = 1
    torch.testing.assert_close(smooth_fill(torch.full((1, 3, 40, 56), 0.3), mask), torch.full((1, 3, 40, 56), 0.3))
    assert not smooth_fill(torch.ones(1, 3, 16, 16), torch.ones(1, 1, 16, 16)).any()


def test_gradients_reach_the_known_pixels_only() -> None:
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 4:12, 4:12] = 1
    (smooth_fill(image, mask) * mask).sum().backward()
    assert image.grad is not None
    assert image.grad[..., 3, 4:12].all()
    assert not (image.grad * mask).any()
