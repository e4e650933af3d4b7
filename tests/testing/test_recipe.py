"""The fill rule: values pinned from the rule's description, and its laws."""

from __future__ import annotations

import numpy as np
import pytest

from harness.testing.recipe import centre_mask, fill_torch, irregular_mask, uniform_image


def test_values_follow_from_the_name() -> None:
    # sha256("conv.weight") begins 0x2f2e3e59...: the seed is drawn from the name, so these values are fixed
    import hashlib

    seed = int(hashlib.sha256(b"conv.weight").hexdigest()[:8], 16)
    normals = np.random.RandomState(seed).standard_normal((4, 3, 2, 2))
    expected = (normals / np.sqrt(12)).astype(np.float32)
    np.testing.assert_array_equal(fill_torch("conv.weight", (4, 3, 2, 2)), expected)


@pytest.mark.parametrize(
    ("key", "shape", "mean", "std"),
    [
        ("a.weight", (4000,), 1.0, 0.1),
        ("a.bias", (4000,), 0.0, 0.1),
        ("a.running_mean", (4000,), 0.0, 0.1),
        ("a.running_var", (4000,), 1.08, 0.06),
        ("a.weight", (400, 25), 0.0, 0.2),
    ],
)
def test_scale_of_each_kind(key: str, shape: tuple[int, ...], mean: float, std: float) -> None:
    values = fill_torch(key, shape)
    assert values.dtype == np.float32
    assert values.mean() == pytest.approx(mean, abs=0.02)
    assert values.std() == pytest.approx(std, rel=0.1)


def test_counters_are_integer_zero_and_spectral_vectors_have_length_one() -> None:
    counter = fill_torch("bn.num_batches_tracked", ())
    assert counter.dtype == np.int64
    assert counter == 0
    assert np.linalg.norm(fill_torch("conv.weight_u", (64,))) == pytest.approx(1, abs=1e-6)


def test_inputs() -> None:
    image = uniform_image(0, 8, 12)
    assert image.shape == (3, 8, 12)
    assert image.dtype == np.float32
    assert 0 <= image.min() < image.max() < 1
    assert centre_mask(64, 128).mean() == 0.25
    assert irregular_mask(384, 384).mean() == pytest.approx(0.245, abs=0.002)
    assert set(np.unique(irregular_mask(40, 60))) == {0.0, 1.0}
