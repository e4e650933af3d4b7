"""CLIP@N counted as the release counts it, with a scorer whose answers are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness_gqa.clip_accuracy import NS, Removal, clip_accuracy, missed, object_crop

COLOURS = {"cherry": (200, 20, 20), "leaf": (20, 160, 20), "sky": (40, 80, 220), "snow": (250, 250, 250)}


def _by_colour(crop: np.ndarray, prompts: Sequence[str]) -> np.ndarray:
    """The nearer the mean colour, the higher."""
    mean = crop.reshape(-1, 3).mean(axis=0)
    names = [prompt.removeprefix("a photo of a ") for prompt in prompts]
    return np.array([-np.linalg.norm(mean - COLOURS[name]) for name in names])


def test_a_removed_object_counts_and_one_that_stays_does_not() -> None:
    source = np.full((120, 200, 3), COLOURS["leaf"], np.uint8)
    source[30:60, 60:100] = COLOURS["cherry"]
    gone = np.full_like(source, COLOURS["leaf"])
    pairs = [Removal(source, gone, "cherry", (60, 30, 100, 60)), Removal(source, source, "cherry", (60, 30, 100, 60))]
    found = clip_accuracy(pairs, list(COLOURS), _by_colour)
    assert found[1] == 0.5
    assert found[5] == 0  # of four classes all are among five
    assert clip_accuracy(pairs[:1], list(COLOURS), _by_colour)[1] == 1
    with pytest.raises(ValueError, match="no pairs"):
        clip_accuracy([], list(COLOURS), _by_colour)


def test_a_crop_is_the_box_in_the_centre_square_at_256() -> None:
    pixels = np.zeros((128, 228, 3), np.uint8)
    pixels[20:40, 70:100] = 255
    crop = object_crop(pixels, (70, 20, 100, 40))
    assert crop.shape == (40, 60, 3)
    assert crop[2:-2, 2:-2].min() == 255
    assert object_crop(pixels, (0, 0, 30, 20)).shape == (40, 1, 3)  # left of the square, but never nothing


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 8))
def test_counting_is_the_releases_by_pandas(seed: int, pairs: int, classes: int) -> None:
    source, result = np.random.default_rng(seed).integers(0, 4, (2, pairs, classes)).astype(float)
    for n in NS:
        told = [
            pd.Series(a).nlargest(1).index[0] not in pd.Series(b).nlargest(n).index
            for a, b in zip(source, result, strict=True)
        ]
        assert missed(source, result, n).tolist() == told
