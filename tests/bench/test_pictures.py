from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.benching.pictures import Pictures, centred_hole, square


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 130))
def test_a_square_shows_the_middle_at_its_own_scale_whatever_the_size(height: int, width: int, side: int) -> None:
    pixels = np.arange(height * width * 3, dtype=np.uint32).astype(np.uint8).reshape(height, width, 3)
    shown = square(pixels, side)
    assert shown.shape == (side, side, 3)
    top, left = ((side - length) // 2 if side > length else 0 for length in (height, width))
    rows, columns = (
        slice(max(0, (length - side) // 2), max(0, (length - side) // 2) + side) for length in (height, width)
    )
    middle = pixels[rows, columns]
    assert np.array_equal(shown[top : top + middle.shape[0], left : left + middle.shape[1]], middle)


def test_what_is_missing_is_the_mirror_image() -> None:
    pixels = np.arange(4, dtype=np.uint8).reshape(1, 4, 1).repeat(3, axis=2)
    assert square(pixels, 8)[0, :, 0].tolist() == [1, 0, 0, 1, 2, 3, 3, 2]


@given(st.integers(8, 2000), st.floats(0.001, 0.999))
def test_a_hole_has_its_share_lies_in_the_middle_and_leaves_something_known(side: int, share: float) -> None:
    hole = centred_hole(side, share)
    inside = int(hole[side // 2].sum()) or 1
    assert hole.sum() == inside**2
    assert abs(inside - side * share**0.5) <= 1
    assert 0 < hole.sum() < hole.size
    rows = np.flatnonzero(hole.any(axis=1))
    assert abs(int(rows[0]) - int(side - 1 - rows[-1])) <= 1


def test_turns_begin_anew_where_there_are_more_than_photographs() -> None:
    pictures = Pictures(100, 0.25).inputs().pictures
    assert pictures[:40] == pictures[40:80]
    assert len(set(pictures)) == 40
