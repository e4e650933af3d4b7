"""The two exact solvers: closed forms, scikit-image, and the equations themselves."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.restoration import inpaint_biharmonic

from harness.interfaces import Setup
from harness.masks.lama import draw_lama
from harness_classical.elliptic import Biharmonic, Harmonic


def polynomial(power: int, height: int = 24, width: int = 31) -> np.ndarray:
    """x^power - y^power in [0, 1], three equal channels."""
    rows, columns = np.mgrid[:height, :width] / 40
    plane = 0.4 + 0.4 * (columns**power - rows**power)
    return np.repeat(plane[..., None], 3, axis=2).astype(np.float32)


@pytest.mark.parametrize(("method", "power"), [(Harmonic, 1), (Harmonic, 2), (Biharmonic, 1), (Biharmonic, 3)])
def test_polynomials_that_solve_the_equation_are_recovered(method: type[Harmonic], power: int) -> None:
    image = polynomial(power)
    hole = np.zeros(image.shape[:2], np.bool_)
    hole[7:18, 9:22] = True
    hole[9:12, 20:25] = True
    filled = method(Setup()).fill(np.where(hole[..., None], 0, image).astype(np.float32), hole)
    np.testing.assert_allclose(filled, image, atol=2e-6)


def test_a_cubic_is_not_harmonic() -> None:
    image = polynomial(3)
    hole = np.zeros(image.shape[:2], np.bool_)
    hole[7:18, 9:22] = True
    filled = Harmonic(Setup()).fill(np.where(hole[..., None], 0, image).astype(np.float32), hole)
    assert np.abs(filled - image).max() > 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_biharmonic_equals_scikit_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random((29, 37, 3)).astype(np.float32)
    hole = draw_lama(rng, 29, 37)
    ours = Biharmonic(Setup()).fill(np.where(hole[..., None], 0, image).astype(np.float32), hole)
    theirs = inpaint_biharmonic(image.astype(np.float64), hole, channel_axis=-1)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_every_unknown_pixel_is_the_mean_of_its_neighbours(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random((40, 33, 3)).astype(np.float32)
    hole = draw_lama(rng, 40, 33)
    filled = Harmonic(Setup()).fill(np.where(hole[..., None], 0, image).astype(np.float32), hole)
    around = np.pad(filled, ((1, 1), (1, 1), (0, 0)), mode="edge")
    mean = (around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]) / 4
    np.testing.assert_allclose(filled[hole], mean[hole], atol=1e-5)
