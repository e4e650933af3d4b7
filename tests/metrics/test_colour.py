"""Greys are those of the libraries they are named after."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from skimage import color

from harness.metrics.colour import grey_opencv, luma_8bit, studio_y
from harness.metrics.natural_scene import half_size


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    """A third of a million colours, uint8 H×W×3."""
    return np.random.default_rng(0).integers(0, 256, (577, 577, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def image(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def test_grey_is_opencvs_to_the_last_bit(pixels: np.ndarray, image: torch.Tensor) -> None:
    theirs = cv2.cvtColor(np.ascontiguousarray(pixels[..., ::-1]), cv2.COLOR_BGR2GRAY)
    assert np.array_equal(grey_opencv(image)[0, 0].numpy(), theirs)


def test_studio_y_is_scikit_images(pixels: np.ndarray, image: torch.Tensor) -> None:
    assert np.abs(studio_y(image)[0, 0].numpy() * 255 - color.rgb2ycbcr(pixels)[..., 0]).max() < 1e-4


def test_luma_is_whole_levels_that_no_rounding_error_decides(pixels: np.ndarray, image: torch.Tensor) -> None:
    to_yiq = np.linalg.inv([[1, 0.956, 0.621], [1, -0.272, -0.647], [1, -1.106, 1.703]])  # MATLAB's ntsc2rgb
    exact = pixels @ to_yiq[0]
    assert np.array_equal(luma_8bit(image)[0, 0].numpy(), exact.round())
    assert np.abs(exact % 1 - 0.5).min() > 1e-7  # far above what float64 can miss


def test_half_size_is_pillows_away_from_the_border_and_rounds_up(pixels: np.ndarray) -> None:
    plane = pixels[:64, :80, 0]
    theirs = np.asarray(Image.fromarray(plane.astype(np.float32)).resize((40, 32), Image.Resampling.BICUBIC))
    ours = half_size(torch.from_numpy(plane.astype(np.float64)))
    assert np.abs(ours.numpy() - theirs)[2:-2, 2:-2].max() < 1e-3
    assert half_size(torch.ones(1, 1, 7, 9)).equal(torch.ones(1, 1, 4, 5))
