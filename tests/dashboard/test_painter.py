"""What the mask painter's answers are taken for."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image

pytest.importorskip("streamlit", reason="pip install 'iq-harness[dashboard]'")

from harness.errors import HarnessError
from harness_dashboard.components.painter import data_uri, mask_of

PREFIX = "data:image/png;base64,"


def sent(image: Image.Image, kind: str = "PNG") -> str:
    """As a browser sends it."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return PREFIX + base64.b64encode(buffer.getvalue()).decode()


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)))
def test_a_mask_comes_back_as_it_was_painted(mask: NDArray[np.bool_]) -> None:
    np.testing.assert_array_equal(mask_of(sent(Image.fromarray(mask)), mask.shape), mask)


@given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([(1, 0), (0, 1), (-1, 0), (5, 5)]))
def test_a_mask_of_another_size_is_refused(height: int, width: int, off: tuple[int, int]) -> None:
    mask = np.ones((max(1, height + off[0]), max(1, width + off[1])), bool)
    if mask.shape != (height, width):
        with pytest.raises(HarnessError):
            mask_of(sent(Image.fromarray(mask)), (height, width))


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (None, "no PNG"),
        (7, "no PNG"),
        ("", "no PNG"),
        ("data:image/svg+xml;base64,PHN2Zy8+", "no PNG"),
        ("https://example.org/mask.png", "no PNG"),
        (PREFIX + "%%%%", "not whole"),
        (PREFIX + "AAAA" * 4000, "more than a mask of 20×10 takes"),
        (PREFIX, "is empty"),
        (PREFIX + base64.b64encode(b"<svg onload=alert(1)>").decode(), "not an image"),
        (sent(Image.new("RGB", (20, 10))), "PNG RGB 20×10, not PNG 1 20×10"),
        (sent(Image.new("L", (20, 10))), "PNG L"),
        (sent(Image.new("1", (20, 10)), "GIF"), "GIF"),
        (sent(Image.new("1", (20, 10)))[:-40], "not an image|damaged"),
        (sent(Image.new("1", (200, 100))), "more than the limit of 200"),
    ],
)
def test_anything_else_is_refused_in_one_line(what: object, says: str) -> None:
    with pytest.raises(HarnessError, match=says) as refused:
        mask_of(what, (10, 20))
    assert "\n" not in str(refused.value)


def test_pictures_go_to_the_browser_lossless() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    content = base64.b64decode(data_uri(pixels).removeprefix(PREFIX))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(content))), pixels)
