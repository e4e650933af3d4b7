"""A mask's seed and hash."""

from __future__ import annotations

import numpy as np
import pytest

from harness.masks.identity import mask_hash, mask_rng, mask_seed


def test_every_word_is_part_of_the_seed() -> None:
    words = ("lama", "1", 0, "photo", 0)
    changed = [("irregular", "1", 0, "photo", 0), ("lama", "2", 0, "photo", 0), ("lama", "1", 1, "photo", 0)]
    changed += [("lama", "1", 0, "photo2", 0), ("lama", "1", 0, "photo", 1)]
    assert len({mask_seed(*each) for each in [words, *changed]}) == 6


def test_words_do_not_run_into_each_other() -> None:
    assert mask_seed("a", "b1", 1, "c", 0) != mask_seed("a", "b", 11, "c", 0)


def test_the_generator_repeats() -> None:
    first, second = (mask_rng("lama", "1", 0, "photo", 0).random(4) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_the_hash_tells_size_orientation_and_polarity_apart() -> None:
    mask = np.zeros((4, 6), np.bool_)
    mask[0, :3] = True
    views = [mask, mask.T.copy(), ~mask, mask[::-1], mask[:, ::-1], mask.reshape(6, 4)]
    assert len({mask_hash(view) for view in views}) == len(views)
    assert mask_hash(mask) == mask_hash(np.asfortranarray(mask))


@pytest.mark.parametrize("wrong", [np.zeros((4, 4)), np.zeros((1, 4, 4), np.bool_)], ids=["float", "3 axes"])
def test_the_hash_refuses_what_is_no_mask(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a mask is bool"):
        mask_hash(wrong)
