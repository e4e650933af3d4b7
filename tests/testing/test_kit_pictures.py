"""The kit's inputs are what its checks take them for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from harness.testing.conformance.pictures import hole, photograph, spearman
from harness.testing.conformance.tensors import blurred, holes, noisy, pictures

WHOLE = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=3, max_size=12)


@given(WHOLE)
def test_spearman_is_scipy_s_with_ties(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array(column, float) for column in zip(*pairs, strict=True))
    if len(set(a)) > 1 and len(set(b)) > 1:
        assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)
    else:
        assert np.isnan(spearman(a, b))


@pytest.mark.parametrize("size", [(64, 96), (65, 97), (16, 16), (40, 400), (400, 40)])
def test_photographs_and_holes_have_the_size_asked_for(size: tuple[int, int]) -> None:
    assert photograph(0, *size).shape == (*size, 3)
    assert photograph(0, *size).std() > 10
    for number in range(3):
        mask = hole(size, number)
        assert mask.shape == size
        assert 0.03 < mask.mean() < 0.4
        assert all(not np.array_equal(mask, other) for other in (mask[::-1], mask[:, ::-1], ~mask))


def test_a_picture_s_damage_does_not_depend_on_its_batch() -> None:
    images = pictures(3, (64, 96))
    for damage in (noisy, blurred):
        assert torch.equal(damage(images, 3.0)[1:2], damage(images[1:2], 3.0))
        assert torch.equal(damage(images, 0.0), images)
        step, further = ((damage(images, s) - images).square().mean() for s in (1.0, 4.0))
        assert 0 < step < further
    assert torch.equal(holes(3, (64, 96))[1:2].bool()[0, 0], torch.from_numpy(hole((64, 96), 1)))
