"""Views do what the scripts of the field do to a picture before they judge it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from harness.datasets.geometry import parse_view
from harness.datasets.views import apply_view
from harness.errors import HarnessError


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(height * 997 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


PICTURE = noise(74, 101)


def test_square_256_is_the_view_of_the_shipped_photographs() -> None:
    np.testing.assert_array_equal(parse_view("square-256").image(PICTURE), apply_view(PICTURE, "square-256"))
    assert parse_view("square-256").words == parse_view("square+resize256-bicubic").words


def test_native_changes_nothing() -> None:
    np.testing.assert_array_equal(parse_view("native").image(PICTURE), PICTURE)


def test_the_imagenet_list_is_cropped_first_then_resized_bilinearly() -> None:
    """DDRM: the long edge is cropped to the short one, then torchvision's resize, which is Pillow's bilinear."""
    square = PICTURE[:, 13 : 13 + 74]
    wanted = np.asarray(Image.fromarray(square).resize((40, 40), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(parse_view("square+resize40-bilinear").image(PICTURE), wanted)


def test_celeba_is_cropped_to_178() -> None:
    face = noise(218, 178)
    np.testing.assert_array_equal(parse_view("crop178").image(face), face[20:198])


def test_lama_resizes_the_short_side() -> None:
    wanted = np.asarray(Image.fromarray(PICTURE).resize((87, 64), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(parse_view("short64").image(PICTURE), wanted)
    np.testing.assert_array_equal(parse_view("short64+crop64").image(PICTURE), wanted[:, 11:75])


def test_mat_reflects_what_is_too_small_and_takes_the_centre() -> None:
    """dataset_512_val.py: OpenCV's BORDER_REFLECT below and right, then the centre."""
    padded = cv2.copyMakeBorder(PICTURE, 0, 96 - 74, 0, 0, cv2.BORDER_REFLECT)
    np.testing.assert_array_equal(parse_view("pad96+crop96").image(PICTURE), padded[:, 2 : 2 + 96])


def test_mi_gan_resizes_the_whole_picture() -> None:
    wanted = np.asarray(Image.fromarray(PICTURE).resize((32, 32), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(parse_view("resize32").image(PICTURE), wanted)


STEPS = st.lists(
    st.one_of(
        st.just("square"),
        st.integers(1, 60).map("resize{}".format),
        st.integers(1, 60).map("short{}-lanczos".format),
        st.integers(1, 60).map("pad{}".format),
    ),
    max_size=3,
)


@given(steps=STEPS, height=st.integers(1, 70), width=st.integers(1, 70))
@settings(max_examples=60)
def test_masks_and_labels_keep_their_values_and_the_pictures_shape(steps: list[str], height: int, width: int) -> None:
    view = parse_view("+".join(steps) or "native")
    image = view.image(noise(height, width))
    labels = (np.arange(height * width, dtype=np.int64) % 7 * 30_000).reshape(height, width)
    shown = view.labels(labels)
    assert shown.shape == image.shape[:2]
    assert shown.dtype == labels.dtype
    assert set(np.unique(shown)) <= set(np.unique(labels))
    mask = view.mask(labels > 0)
    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, shown > 0)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("resize", "no step 'resize'"),
        ("square+", "no step ''"),
        ("short0", "a side has 1 to 8192 pixels"),
        ("resize9000", "a side has 1 to 8192 pixels"),
        ("crop64-bilinear", "only short and resize take a filter"),
        ("resize64-sinc", "only short and resize take a filter"),
        ("Resize64", "no step 'Resize64'"),
    ],
)
def test_a_view_that_is_none_is_one_line(text: str, line: str) -> None:
    with pytest.raises(HarnessError, match=line):
        parse_view(text)


def test_a_crop_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(HarnessError, match="a crop of 80 px from a picture of 101 x 74: pad or resize it first"):
        parse_view("crop80").image(PICTURE)
