"""Laws that every registered mask set obeys, and the areas that each of them promises."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.interfaces import MaskSet, Sample
from harness.masks import mask_set_specs
from harness.masks.identity import mask_hash
from harness.masks.irregular import BINS
from harness.specs import MaskSetSpec

SPECS = {spec.name: spec for spec in mask_set_specs()}
COUNTED = [name for name, spec in SPECS.items() if "count" in spec.params]
BOUNDS = {
    "lama-thick-256": (0.0, 0.5),
    "lama-medium-256": (0.0, 0.5),
    "object-holes": (0.03, 0.35),
    "centre-square": (0.22, 0.28),
}
SIDES = st.integers(24, 160)


def build(name: str, **params: Any) -> MaskSet:
    module, _, cls = SPECS[name].target.partition(":")
    return getattr(importlib.import_module(module), cls)(**params)


def sample(height: int, width: int, id: str = "photo") -> Sample:
    return Sample(id, id, np.zeros((height, width, 3), np.uint8))


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
def test_the_class_is_what_its_spec_says(spec: MaskSetSpec) -> None:
    masks = build(spec.name, **{name: param.default for name, param in spec.params.items()})
    assert isinstance(masks, MaskSet)
    assert masks.version == spec.version
    assert masks.name == spec.name  # type: ignore[attr-defined]


@given(name=st.sampled_from(sorted(BOUNDS)), height=SIDES, width=SIDES, id=st.text(min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_area_shape_and_type(name: str, height: int, width: int, id: str) -> None:
    mask = build(name).draw(sample(height, width, id), 0)
    low, high = BOUNDS[name]
    assert mask.shape == (height, width)
    assert mask.dtype == np.bool_
    assert max(low, 1e-9) <= mask.mean() <= high


@given(k=st.integers(0, 5), height=SIDES, width=SIDES, seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_irregular_masks_lie_in_their_bin(k: int, height: int, width: int, seed: int) -> None:
    low, high = BINS[k]
    assert low < build("irregular-6", seed=seed).draw(sample(height, width), k).mean() <= high


@pytest.mark.parametrize("name", SPECS)
def test_a_tiny_image_that_is_not_square(name: str) -> None:
    masks = build(name)
    for k in range(masks.count):
        mask = masks.draw(sample(33, 47), k)
        assert mask.shape == (33, 47)
        assert 0 < mask.mean() < 1


@pytest.mark.parametrize("name", COUNTED)
def test_samples_draws_and_seeds_differ(name: str) -> None:
    masks, other = build(name, count=3), build(name, seed=1, count=3)
    drawn = [masks.draw(sample(64, 80, id), k) for id in ("a", "b", "c") for k in range(3)]
    drawn.append(other.draw(sample(64, 80, "a"), 0))
    assert len({mask_hash(mask) for mask in drawn}) == len(drawn)


def test_the_number_of_masks_asked_for_changes_none_of_them() -> None:
    few, many = build("lama-thick-256", count=1), build("lama-thick-256", count=6)
    np.testing.assert_array_equal(few.draw(sample(64, 64), 0), many.draw(sample(64, 64), 0))


def test_the_centre_square_is_a_quarter_and_ignores_the_sample() -> None:
    mask = build("centre-square").draw(sample(256, 128), 0)
    assert mask.mean() == 0.25
    assert mask[64:192, 32:96].all()


@pytest.mark.parametrize("k", [-1, 1])
def test_a_mask_that_is_not_there(k: int) -> None:
    with pytest.raises(ValueError, match="draws 1 masks a sample"):
        build("object-holes").draw(sample(32, 32), k)


def test_an_image_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="fits into 1×1"):
        build("lama-thick-256").draw(sample(1, 1), 0)


PINNED = {
    "lama-thick-256": "9ceb1be53364ccb8ff5f43af87b01dc50d893ab4729b3614baa853892e22eac5",
    "lama-medium-256": "c8b5dc62c9a9d42f33eb4d82a1d78f207c937a735d168e37cb3928943d47d0d2",
    "irregular-6": "a7471006ec9f2d6e8ca66d7d9431fb01db77fdd85f64310ff910e722cab00b3e",
    "object-holes": "5e6224660ccf297dfa334f7e967976b7091c912eb9f71b29e520b6533c5910f6",
    "centre-square": "3bc8db7946044c871a61bf3b5c6d0137dc0bbd4ea386d8152b6cc9de1fdd93a3",
}


@pytest.mark.parametrize("name", SPECS)
def test_masks_are_the_same_as_ever(name: str) -> None:
    """A change here (ours, numpy's or OpenCV's) makes old runs incomparable: raise the mask set's version."""
    assert mask_hash(build(name).draw(sample(96, 128), 0)) == PINNED[name]


def test_another_process_draws_the_same_masks() -> None:
    program = (
        "import numpy as np\n"
        "from harness.interfaces import Sample\n"
        "from harness.masks.identity import mask_hash\n"
        "from harness.masks.objects import ObjectHoles\n"
        "print(mask_hash(ObjectHoles().draw(Sample('photo', 'photo', np.zeros((96, 128, 3), np.uint8)), 0)))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == mask_hash(build("object-holes").draw(sample(96, 128), 0))


def test_listing_mask_sets_imports_nothing_heavy() -> None:
    program = "import sys, harness.masks; print(sorted({'numpy', 'cv2', 'torch'} & set(sys.modules)))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == "[]"
