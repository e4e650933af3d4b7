"""Degradations grow with their strength; alignment brings the five points to the template; the gate counts rightly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.datasets.photos import Photos
from harness.faces.alignment import SIDE, TEMPLATE, align
from harness_faces.degrade import KINDS, degrade
from harness_faces.gate import fnmr_at_fmr, split_similarities

STRENGTHS = (0.0, 0.2, 0.5, 1.0)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    dataset = Photos()
    image = dataset.load(dataset.ids()[0]).image
    assert image is not None
    return np.ascontiguousarray(image[100:212, 100:212])


@pytest.mark.parametrize("kind", KINDS)
def test_a_stronger_degradation_is_farther_from_the_picture(kind: str, photo: np.ndarray) -> None:
    far = [np.abs(degrade(photo, kind, s, 4).astype(float) - photo).mean() for s in STRENGTHS]
    assert far[0] == 0.0
    assert far == sorted(far)
    assert far[-1] > far[1] > 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_degradation_comes_again_from_its_seed_and_leaves_its_input(kind: str, photo: np.ndarray) -> None:
    before = photo.copy()
    assert np.array_equal(degrade(photo, kind, 0.6, 7), degrade(photo, kind, 0.6, 7))
    assert np.array_equal(photo, before)


def test_an_occlusion_covers_the_share_that_it_says(photo: np.ndarray) -> None:
    flat = np.full_like(photo, 77)
    shares = [(degrade(flat, "occlusion", 0.5, seed) != 77).any(axis=2).mean() for seed in range(20)]
    assert np.allclose(shares, 0.25, atol=0.02)


@pytest.mark.parametrize(("kind", "strength"), [("fog", 0.5), ("blur", 1.2), ("blur", -0.1)])
def test_unknown_kinds_and_strengths_are_refused(kind: str, strength: float, photo: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"degradation|strength"):
        degrade(photo, kind, strength, 0)


@given(st.floats(0.4, 2.0), st.floats(-0.6, 0.6), st.floats(-20, 20), st.floats(-20, 20))
def test_a_moved_template_comes_back(scale: float, angle: float, x: float, y: float) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    marks = (np.array(TEMPLATE) - 56.0) @ turn.T + (128.0 + x, 128.0 + y)
    image = np.zeros((256, 256, 3), np.uint8)
    for column, row in marks.round().astype(int):
        image[row - 3 : row + 4, column - 3 : column + 4] = 255
    aligned = align(image, marks)
    assert aligned.shape == (SIDE, SIDE, 3)
    assert all(aligned[round(row), round(column)].min() > 200 for column, row in TEMPLATE)


def test_fnmr_by_hand() -> None:
    impostor = np.linspace(0.0, 0.99, 100)  # one of a hundred may pass: the threshold is the second highest, .98
    assert fnmr_at_fmr(np.array([0.97, 0.98, 0.985, 1.0]), impostor, 1e-2) == 0.5


def test_pairs_are_parted_by_owner() -> None:
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    genuine, impostor = split_similarities(vectors, np.array([0, 0, 1]))
    assert np.allclose(genuine, [0.6])
    assert np.allclose(impostor, [0.0, 0.8])
