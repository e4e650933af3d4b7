"""Linear degradations: equal to numpy's and scipy's, their laws, and what is told of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import correlate1d

from harness.degradations.linear import Combined, Deblurring, Grey, LostPixels, SuperResolution
from harness.degradations.matrices import gaussian_taps
from harness.degradations.operators import Separable, linear_operator
from harness.errors import HarnessError
from harness.interfaces import Sample

CHOICES = (
    {"factor": 4},
    {"spread": 2.0},
    {"grey": True},
    {"spread": 1.5, "factor": 2},
    {"spread": 2.0, "factor": 4, "grey": True},
    {"lost": True},
    {"lost": True, "grey": True},
)
SIZES = st.tuples(st.integers(8, 23), st.integers(8, 23))


def _operator(size: tuple[int, int], choice: dict[str, object], seed: int = 0) -> Separable:
    words = dict(choice)
    if words.pop("lost", False):
        words["kept"] = torch.from_numpy(np.random.default_rng(seed).random(size) < 0.6)
    return linear_operator(size, **words)  # type: ignore[arg-type]


def _draw(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal(shape))


def _sample(height: int = 24, width: int = 20, value: int | None = None) -> Sample:
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Sample("a", "a", pixels if value is None else np.full_like(pixels, value))


@settings(max_examples=25, deadline=None)
@given(size=SIZES, choice=st.sampled_from(CHOICES), seed=st.integers(0, 99))
def test_its_decomposition_is_the_operator_s(size: tuple[int, int], choice: dict[str, object], seed: int) -> None:
    """<Ax, y> = <x, Aᵀy> = <S Vᵀx, Uᵀy>; V is an isometry; A A⁺ A = A where no value is cut."""
    rng, operator = np.random.default_rng(seed), _operator(size, choice, seed)
    x = _draw(rng, 1, 3, *size).requires_grad_()
    seen = operator(x)
    y = _draw(rng, *seen.shape)
    product = (seen * y).sum()
    (back,) = torch.autograd.grad(product, x)
    start = x.detach()
    assert torch.allclose((start * back).sum(), product)
    spectral = (operator.values * operator.analyse(start) * operator.analyse_observed(y)).sum()
    assert torch.allclose(spectral, product, atol=1e-5)
    assert torch.allclose(operator.adjoint(y), back, atol=1e-5)
    assert torch.allclose(operator.synthesise(operator.analyse(start)), start)
    if "spread" not in choice:
        assert torch.allclose(operator(operator.pseudo_inverse(seen.detach())), seen.detach(), atol=1e-5)


@pytest.mark.parametrize("size", [(20, 24), (17, 13)])
def test_they_are_numpy_s_and_scipy_s(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).random((3, *size))
    given_ = torch.from_numpy(picture)[None]
    taps = gaussian_taps(2.0)
    blurred = correlate1d(correlate1d(picture, taps, axis=1, mode="reflect"), taps, axis=2, mode="reflect")
    np.testing.assert_allclose(linear_operator(size, spread=2.0)(given_)[0], blurred, atol=1e-12)
    means = [
        [picture[:, i : i + 4, j : j + 4].mean((1, 2)) for j in range(0, size[1], 4)] for i in range(0, size[0], 4)
    ]
    np.testing.assert_allclose(
        linear_operator(size, factor=4)(given_)[0], np.moveaxis(np.array(means), 2, 0), atol=1e-12
    )
    np.testing.assert_allclose(linear_operator(size, grey=True)(given_)[0, 1], picture.mean(0), atol=1e-12)


def test_the_kernel_is_the_release_s() -> None:
    """Nine bins that reach to ±2.278 standard deviations: masses from a normal table, rooted; symmetric."""
    taps = gaussian_taps(2.0)
    assert taps == pytest.approx(taps[::-1])
    assert taps.sum() == pytest.approx(1)
    assert (taps[4] / taps[0]) ** 2 == pytest.approx(0.1998 / 0.0269, rel=0.01)
    deviation = np.sqrt((taps * np.arange(-4, 5) ** 2).sum())
    assert 2.0 < deviation < 2.2
    assert gaussian_taps(3.0)[4] > taps[4] > gaussian_taps(1.0)[4]


def test_noise_has_its_sigma_and_comes_from_the_seed() -> None:
    grey = _sample(64, 64, 128)
    made = SuperResolution(factor=1, sigma=0.05).degrade(grey, 3)
    assert made.operator is not None
    assert made.operator.sigma == 0.05
    assert made.picture.std() / 255 == pytest.approx(0.05, rel=0.03)
    again, other = (SuperResolution(factor=1, sigma=0.05).degrade(grey, seed) for seed in (3, 4))
    assert np.array_equal(made.picture, again.picture)
    assert not np.array_equal(made.picture, other.picture)


def test_sizes_and_what_is_lost() -> None:
    sample = _sample(26, 20)
    assert SuperResolution().degrade(sample, 0).picture.shape == (7, 5, 3)
    grey = Grey().degrade(sample, 0).picture
    assert np.array_equal(grey[..., 0], grey[..., 2])
    lost = LostPixels(share=0.25, block=2).degrade(_sample(value=200), 0).picture
    assert (lost[..., 0] == 0).mean() == pytest.approx(0.25)
    assert set(np.unique(lost)) == {0, 200}


def test_a_mismatched_kernel_is_told_and_not_used() -> None:
    sample = _sample()
    true, wrong = Deblurring(spread=1.5), Deblurring(spread=1.5, told=2.0)
    assert np.array_equal(true.degrade(sample, 0).picture, wrong.degrade(sample, 0).picture)
    clean = torch.from_numpy(sample.image / 255).permute(2, 0, 1)[None]
    told = wrong.degrade(sample, 0).operator
    assert told is not None
    assert torch.equal(told(clean), linear_operator((24, 20), spread=2.0)(clean))


@pytest.mark.parametrize("words", [{"sigma": -1.0}, {"share": 1.0}, {"block": 0}, {"factor": 0}, {"grey": 2}])
def test_numbers_that_cannot_be_are_refused(words: dict[str, float]) -> None:
    with pytest.raises(HarnessError, match="numbers are 0 or more"):
        Combined(**words)  # type: ignore[arg-type]


def test_what_has_no_decomposition_is_refused() -> None:
    with pytest.raises(HarnessError, match="lost pixels"):
        Combined(spread=2.0, share=0.5).degrade(_sample(), 0)
    with pytest.raises(HarnessError, match="do not fit"):
        SuperResolution(factor=30).degrade(_sample(), 0)
    with pytest.raises(HarnessError, match="too short"):
        Deblurring().degrade(_sample(3, 20), 0)
    with pytest.raises(HarnessError, match="an operator for 3×8×8"):
        linear_operator((8, 8), grey=True)(torch.zeros(1, 3, 8, 9))
