"""The dlib ResNet on aligned pictures: its chip is dlib's, and rendered people are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from harness.faces.alignment import SIDE, TEMPLATE
from harness_faces.recogniser import _CHIP_EYES, DlibRecogniser, _chip


def marked(points: np.ndarray, side: int) -> np.ndarray:
    image = np.zeros((side, side, 3), np.uint8)
    for x, y in np.rint(points).astype(int):
        image[y - 1 : y + 2, x - 1 : x + 2] = 255
    return image


def middle(image: np.ndarray, near: tuple[float, float]) -> np.ndarray:
    """Centre of light within 8 pixels of a place, x and y."""
    rows, columns = np.indices(image.shape[:2])
    weight = image[..., 0] * (np.hypot(columns - near[0], rows - near[1]) < 8.0)
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


def test_the_eyes_of_the_template_come_to_the_eyes_of_the_chip() -> None:
    chip = _chip(marked(np.array(TEMPLATE[:2]), SIDE))
    for eye in _CHIP_EYES:
        assert np.abs(middle(chip, eye) - eye).max() < 0.8


def test_dlib_puts_the_eyes_where_our_chip_has_them() -> None:
    dlib = pytest.importorskip("dlib", reason="pip install 'iq-harness[face]'")
    # outer and inner corners of both eyes and the nose's base as dlib's mean face has them, rounded to 1/100
    mean = np.array([[0.86, 0.21], [0.65, 0.23], [0.12, 0.21], [0.33, 0.23], [0.49, 0.63]]) * 100.0 + 60.0
    eyes = np.array([mean[2:4].mean(axis=0), mean[:2].mean(axis=0)])
    points = dlib.points([dlib.point(int(x), int(y)) for x, y in mean.round()])
    shape = dlib.full_object_detection(dlib.rectangle(60, 60, 160, 160), points)
    chip = dlib.get_face_chip(marked(eyes, 220), shape, 150, 0.25)
    for eye in _CHIP_EYES:
        assert np.abs(middle(chip, eye) - eye).max() < 1.5


def test_vectors_have_length_one_and_a_slight_change_moves_them_less_than_another_picture() -> None:
    pytest.importorskip("dlib", reason="pip install 'iq-harness[face]'")
    rng = np.random.default_rng(0)
    first, second = np.kron(rng.integers(0, 256, (2, 7, 7, 3)), np.ones((1, 16, 16, 1))).astype(np.uint8)
    vectors = DlibRecogniser().embed(np.stack([first, np.clip(first, 4, 251), second]))
    assert vectors.shape == (3, 128)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0)
    assert vectors[0] @ vectors[1] > 0.99 > vectors[0] @ vectors[2]
