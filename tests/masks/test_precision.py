"""The series from an exact mask to its box."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.masks.precision import COARSEST, bounding_box, coarse


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_every_mask_holds_the_one_before_from_the_exact_one_to_the_box(seed: int, dots: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((33, 41), bool)
    mask[rng.integers(5, 25, dots), rng.integers(5, 38, dots)] = True
    series = [coarse(mask, s) for s in range(COARSEST + 1)]
    assert (series[0] == mask).all()
    for finer, coarser in pairwise(series):
        assert (coarser | ~finer).all()
    high, wide = np.nonzero(mask)
    assert series[-1].sum() == (np.ptp(high) + 1) * (np.ptp(wide) + 1)


def test_a_disc_is_less_and_less_exact_and_alike_at_twice_the_size() -> None:
    shares = []
    for scale in (1, 2):
        disc = np.zeros((64 * scale, 64 * scale), np.uint8)
        cv2.circle(disc, (32 * scale, 32 * scale), 20 * scale, 1, -1)
        areas = [coarse(disc.astype(bool), s).sum() for s in range(COARSEST + 1)]
        shares.append(np.array(areas) / areas[-1])
    assert (np.diff(shares[1]) > 0.005).all()
    assert shares[0] == pytest.approx(shares[1], abs=0.02)


def test_nothing_stays_nothing_the_mask_given_is_left_alone_and_other_precisions_are_refused() -> None:
    empty = np.zeros((8, 8), bool)
    assert not any(coarse(empty, s).any() for s in range(COARSEST + 1))
    assert not bounding_box(empty).any()
    mask = empty.copy()
    mask[2:4, 3:6] = True
    mask[5, 3] = True
    kept = mask.copy()
    coarse(mask, 4)[:] = True
    coarse(mask, 0)[:] = True
    assert (mask == kept).all()
    for s in (-1, COARSEST + 1):
        with pytest.raises(ValueError, match=f"not {s}"):
            coarse(mask, s)
