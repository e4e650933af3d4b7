from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from PIL import Image

from harness.report import pictures

rgb = arrays(np.uint8, (9, 7, 3))


def decode(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image)


@given(rgb)
def test_png_is_lossless(pixels: np.ndarray) -> None:
    assert np.array_equal(decode(pictures.png_bytes(pixels)), pixels)


@given(rgb, rgb, arrays(np.bool_, (9, 7)))
def test_a_difference_layer_over_the_truth_is_the_output(
    output: np.ndarray, truth: np.ndarray, same: np.ndarray
) -> None:
    output = np.where(same[..., None], truth, output)
    layer = decode(pictures.png_bytes(pictures.difference_layer(output, truth)))
    assert np.array_equal(pictures.overlay(truth, layer), output)
    assert not layer[same].any()


def test_error_levels_are_the_amplified_mean_over_channels() -> None:
    truth = np.zeros((1, 3, 3), np.uint8)
    output = np.array([[[0, 0, 0], [3, 6, 9], [255, 255, 255]]], np.uint8)
    assert pictures.error_levels(output, truth, gain=4).tolist() == [[0, 24, 255]]
    assert np.array_equal(pictures.error_levels(truth, output), pictures.error_levels(output, truth))


@given(arrays(np.uint8, (5, 8)))
def test_an_error_png_shows_the_colours_of_its_levels(levels: np.ndarray) -> None:
    with Image.open(io.BytesIO(pictures.error_png(levels))) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), pictures.colour_error(levels))


def test_no_error_is_black_and_more_error_is_brighter() -> None:
    colours = pictures.colour_error(np.arange(256, dtype=np.uint8)[None])[0].astype(int).sum(axis=1)
    assert colours[0] < 12
    assert (colours[64:] - colours[:-64] > 0).all()


def test_a_hole_layer_covers_exactly_the_hole() -> None:
    mask = np.zeros((20, 30), bool)
    mask[4:15, 5:25] = True
    alpha = pictures.hole_layer(mask)[..., 3]
    assert (alpha[mask] == 255).all()
    assert (alpha[~mask] == 0).all()
    seen = pictures.hole_layer(mask, visible=True)[..., 3]
    assert 0 < seen[10, 10] < 255
    assert seen[4, 5] == 255, "the outline stays opaque"


def test_a_strip_has_a_column_a_label_and_cuts_long_ones() -> None:
    picture = np.full((40, 80, 3), 200, np.uint8)
    one = decode(pictures.strip_png([[picture, picture]], ["a", "b"], tile=100))
    two = decode(pictures.strip_png([[picture, picture]] * 2, ["a", "b"], tile=100))
    assert one.shape == (30 + 50 + 8, 8 + 2 * 108, 3)
    assert two.shape[0] == one.shape[0] + 58
    cut = decode(pictures.strip_png([[picture, picture]], ["a very long label that has no room", "b"], tile=100))
    assert (cut[:30, 108:116] == 255).all(), "a label must not reach into the next column"


def test_a_strip_writes_a_caption_above_each_row() -> None:
    row = [np.full((40, 80, 3), 200, np.uint8)]
    sheet = decode(pictures.strip_png([row, row], ["a"], tile=100, captions=["cut", ""]))
    assert sheet.shape == (30 + 2 * (20 + 50 + 8), 8 + 108, 3)
    assert (sheet[30:50] < 250).any(), "the first row has words above it"
    assert (sheet[108:128] == 255).all(), "the second has none"
    with pytest.raises(ValueError, match="1 captions for 2 rows"):
        pictures.strip_png([row, row], ["a"], captions=["cut"])


@pytest.mark.parametrize("rows", [[], [[np.zeros((4, 4, 3), np.uint8)]]])
def test_a_strip_needs_a_picture_a_label(rows: list[list[np.ndarray]]) -> None:
    with pytest.raises(ValueError, match="2 pictures"):
        pictures.strip_png(rows, ["a", "b"])


def test_a_data_uri_holds_the_bytes() -> None:
    assert base64.b64decode(pictures.data_uri(b"\x89PNG").removeprefix("data:image/png;base64,")) == b"\x89PNG"
