"""The floors: what each gains over doing nothing on what it is for, their laws, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from harness.datasets.photos import Photos
from harness.degradations.camera import LowLight
from harness.degradations.linear import Combined, Deblurring, Grey, LostPixels, SuperResolution
from harness.errors import HarnessError
from harness.interfaces import Batch, Degradation, Restorer, Sample, Setup
from harness.plugins import build_registry, load_target
from harness.specs import MethodSpec
from harness_restore.smoothness import divergence, slopes
from harness_restore.spec import method_specs

SPECS = {spec.name: spec for spec in method_specs()}
TOLD = sorted(name for name, spec in SPECS.items() if "operator" in spec.needs)


def _method(name: str, **words: object) -> Restorer:
    made = load_target(SPECS[name])(Setup(), **words)
    assert isinstance(made, Restorer)
    return made


@pytest.fixture(scope="module")
def sample() -> Sample:
    photos = Photos()
    whole = photos.load(photos.ids()[0])
    return replace(whole, image=np.ascontiguousarray(whole.image[60:200:2, 40:188:2]))


def _batch(sample: Sample, degradation: Degradation) -> Batch:
    made = degradation.degrade(sample, 5)
    image = torch.from_numpy(made.picture).permute(2, 0, 1)[None].float() / 255
    size = (sample.image.shape[0], sample.image.shape[1])
    return Batch((sample.id,), image, operator=made.operator, target_size=size)


def _psnr(output: torch.Tensor, sample: Sample) -> float:
    truth = torch.from_numpy(sample.image).permute(2, 0, 1)[None] / 255
    assert output.shape == truth.shape
    assert output.isfinite().all()
    return float(-10 * (output - truth).square().mean().log10())


def test_all_are_registered_as_floors_that_need_no_mask() -> None:
    registry = build_registry()
    for name, spec in SPECS.items():
        assert registry.method(name) == spec
        assert "floor" in spec.tags
        assert "mask" not in spec.needs


GAINS = [
    ("pseudo-inverse", Deblurring(), 1.0),
    ("back-projection", SuperResolution(), 0.1),
    ("wiener", Deblurring(sigma=0.02), 0.5),
    ("wiener", LostPixels(share=0.25, block=4), 5.0),
    ("richardson-lucy", Deblurring(sigma=0.02), 0.5),
    ("tv", Deblurring(sigma=0.02), 0.5),
    ("tv", LostPixels(share=0.25, block=4), 5.0),
    ("tv", Combined(sigma=0.1), 1.0),
    ("clahe", LowLight(), 1.0),
    ("gamma", LowLight(), 1.0),
]


@pytest.mark.parametrize(("name", "degradation", "gain"), GAINS)
def test_each_gains_on_what_it_is_for(name: str, degradation: Degradation, gain: float, sample: Sample) -> None:
    batch = _batch(sample, degradation)
    nothing = _psnr(_method("bicubic").restore(batch).image, sample)
    assert _psnr(_method(name).restore(batch).image, sample) > nothing + gain


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("degradation", [SuperResolution(factor=3), Grey(sigma=0.05)])
def test_any_operator_gives_a_picture_of_the_wanted_size(name: str, degradation: Degradation, sample: Sample) -> None:
    restored = _method(name).restore(_batch(sample, degradation)).image
    _psnr(restored, sample)
    assert 0 <= restored.min() <= restored.max() <= 1


def test_back_projection_explains_what_was_observed(sample: Sample) -> None:
    batch = _batch(sample, SuperResolution())
    assert batch.operator is not None
    assert batch.image is not None
    again = batch.operator(_method("back-projection", steps=3).restore(batch).image)
    assert (again - batch.image).square().mean().sqrt() < 0.005


def test_the_divergence_is_minus_the_slopes_transposed() -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 3, 7, 9, dtype=torch.float64, generator=generator)
    field = torch.randn(1, 3, 2, 7, 9, dtype=torch.float64, generator=generator)
    assert torch.allclose((slopes(image) * field).sum(), -(image * divergence(field)).sum())


def test_fusion_takes_each_part_from_the_exposure_that_shows_it() -> None:
    """Left half well exposed in the first, right half in the second."""
    rng = np.random.default_rng(0)
    good = torch.from_numpy(0.5 + 0.1 * rng.standard_normal((3, 16, 64))).float().clamp(0, 1)
    exposures = torch.stack([good.clone(), good.clone()])
    exposures[0, ..., 32:] = 0
    exposures[1, ..., :32] = 1
    fused = _method("exposure-fusion").restore(Batch(("a",), good[None], exposures=exposures[None])).image[0]
    for part in (slice(0, 24), slice(40, 64)):
        assert (fused[..., part].mean() - 0.5).abs() < 0.15


@pytest.mark.parametrize("spec", method_specs(), ids=lambda spec: str(spec.name))
def test_what_is_not_given_is_named(spec: MethodSpec) -> None:
    with pytest.raises(HarnessError, match=f"{spec.name} needs"):
        _method(spec.name).restore(Batch(("a",)))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gamma", {"level": 1.0}), ("clahe", {"tiles": 0}), ("back-projection", {"steps": 0}),
        ("wiener", {"slope": 0.0}), ("tv", {"weight": 0.0}), ("richardson-lucy", {"steps": 0}),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_are_refused(name: str, words: dict[str, float]) -> None:
    with pytest.raises(HarnessError, match=name):
        _method(name, **words)
