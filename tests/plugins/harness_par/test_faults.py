"""Faults by construction: where they are, that they can be seen, that the same seed makes the same picture."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.masks.lama import draw_lama
from harness.testing.conformance.pictures import photograph
from harness_par.faults import DIFFERENT, FAULTS, RIGHT, Made, made, untouched

SIDE = 96


def photo(index: int = 0) -> np.ndarray:
    return photograph(index, SIDE, SIDE)


def hole(seed: int = 0) -> np.ndarray:
    return draw_lama(np.random.default_rng(seed), SIDE, SIDE).astype(bool)


def changed(found: Made, before: np.ndarray) -> np.ndarray:
    return np.abs(found.picture.astype(int) - before).max(2)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), kind=st.sampled_from(FAULTS + RIGHT), index=st.integers(0, 5))
def test_what_is_put_in_stays_in_the_hole_and_is_decided_by_the_seed(seed: int, kind: str, index: int) -> None:
    inside = hole(seed % 97)
    found = made(photo(index), inside, seed, kind)
    assert found.kind in (kind, "clean")
    assert found.picture.dtype == np.uint8
    assert not changed(found, photo(index))[~inside].any()
    assert not (found.artifact & ~inside).any()
    assert found.artifact.any() == (found.kind in FAULTS)
    again = made(photo(index), inside, seed, kind)
    assert np.array_equal(again.picture, found.picture)
    assert np.array_equal(again.artifact, found.artifact)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_takes_a_part_of_the_hole_and_can_be_seen_there(kind: str) -> None:
    strengths = []
    for seed in range(8):
        found = made(photo(seed % 4), hole(seed), seed, kind)
        if found.kind == kind:
            assert found.artifact.sum() <= 0.7 * found.hole.sum()
            assert changed(found, photo(seed % 4))[found.artifact].mean() >= 1
            strengths.append(found.strength)
    assert len(strengths) >= 6
    assert min(strengths) < 0.4 < 0.6 < max(strengths)


def test_right_but_different_is_different_and_without_fault() -> None:
    found = [made(photo(seed % 4), hole(seed), seed, DIFFERENT) for seed in range(8)]
    different = [f for f in found if f.kind == DIFFERENT]
    assert len(different) >= 3
    for index, each in enumerate(found):
        assert changed(each, photo(index % 4))[each.hole].any() == (each.kind == DIFFERENT)
        assert not each.artifact.any()


def test_kinds_are_drawn_in_their_shares() -> None:
    drawn = Counter(made(photo(0), hole(1), seed).kind for seed in range(80))
    assert drawn["clean"] >= 0.17 * 80
    assert sum(drawn[kind] for kind in RIGHT) >= 0.35 * 80
    assert set(FAULTS) <= set(drawn)


def test_without_a_hole_nothing_is_put_in() -> None:
    found = made(photo(), np.zeros((SIDE, SIDE), bool), 0, "seam")
    assert found.kind == "clean"
    assert np.array_equal(found.picture, untouched(photo(), found.hole).picture)
    with pytest.raises(KeyError):
        made(photo(), hole(), 0, "scratch")
