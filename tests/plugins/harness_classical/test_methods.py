"""What every classical inpainter promises, whatever it is given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import harness_classical
from harness.errors import HarnessError
from harness.interfaces import Batch, Inpainter, Setup
from harness.plugins import load_target
from harness.specs import MethodSpec
from harness.testing import leak
from harness_classical.spec import method_specs

SPECS = {spec.name: spec for spec in method_specs()}
METHODS = {
    name: load_target(spec)(Setup(), **{key: param.default for key, param in spec.params.items()})
    for name, spec in SPECS.items()
}
CREEPS = {"telea": 16, "telea-blur": 16}  # levels: OpenCV's Telea rounds upwards, more the deeper the hole
every_method = pytest.mark.parametrize("name", SPECS)


def make_batch(height: int = 33, width: int = 47, count: int = 1, seed: int = 0) -> Batch:
    """Noise of any float value (not only k/255) with an asymmetric hole that touches the top border."""
    image = torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))
    mask = torch.zeros(count, 1, height, width)
    mask[..., : max(1, height // 2), width // 4 : width // 4 + max(1, width // 5)] = 1
    return Batch(tuple(f"s{i}" for i in range(count)), image, mask, seeds=(0,) * count)


@every_method
def test_spec(name: str) -> None:
    spec = SPECS[name]
    assert isinstance(METHODS[name], Inpainter)
    assert "floor" in spec.tags
    assert spec.paper is not None or name in {"mean", "nearest"}
    assert ("exemplar" in spec.tags) == (name == "patchmatch")
    assert ("smooth" in spec.tags) == (name not in {"patchmatch", "nearest"})
    assert (Path(harness_classical.__file__).parent / spec.card.partition(":")[2]).is_file()


@every_method
@pytest.mark.parametrize("size", [(33, 47), (64, 40), (3, 5), (1, 9)], ids=str)
def test_known_pixels_are_exact_and_the_hole_is_filled(name: str, size: tuple[int, int]) -> None:
    batch = make_batch(*size, count=2)
    output = METHODS[name].inpaint(batch).image
    hole = (batch.mask > 0).expand_as(batch.image)
    assert output.shape == batch.image.shape
    assert output.dtype == torch.float32
    assert torch.equal(output[~hole], batch.image[~hole])
    assert torch.isfinite(output).all()
    assert output.min() >= 0
    assert output.max() <= 1
    assert (output[hole] != batch.image[hole]).all()


@every_method
def test_nothing_under_the_hole_is_read(name: str) -> None:
    report = leak(METHODS[name], make_batch(64, 80, count=2))
    assert report.passed, str(report)
    assert max(report.levels.values()) == 0


@every_method
def test_without_a_hole_the_input_comes_back(name: str) -> None:
    batch = make_batch()
    batch.mask.zero_()
    answer = METHODS[name].inpaint(batch)
    assert torch.equal(answer.image, batch.image)
    assert answer.facts["strategy"] == ["nothing to fill"]


@every_method
def test_without_a_known_pixel_the_answer_is_mid_grey(name: str) -> None:
    batch = make_batch()
    batch.mask.fill_(1)
    answer = METHODS[name].inpaint(batch)
    assert torch.equal(answer.image, torch.full_like(batch.image, 0.5))
    assert answer.facts["strategy"] == ["mid-grey, nothing known"]


@every_method
def test_one_known_pixel_is_enough(name: str) -> None:
    batch = make_batch()
    batch.mask.fill_(1)
    batch.mask[..., 5, 7] = 0
    batch.image[..., 5, 7] = 51 / 255
    within = CREEPS.get(name, 1.01) / 255
    assert torch.allclose(METHODS[name].inpaint(batch).image, torch.tensor(51 / 255), atol=within)


@every_method
def test_a_flat_picture_stays_flat(name: str) -> None:
    batch = make_batch()
    batch.image[:] = torch.tensor([20, 120, 220]).view(1, 3, 1, 1) / 255
    within = CREEPS.get(name, 1.01) / 255
    assert torch.allclose(METHODS[name].inpaint(batch).image, batch.image, atol=within)


@every_method
def test_rows_do_not_depend_on_their_batch_or_order(name: str) -> None:
    batch = make_batch(count=3)
    together = METHODS[name].inpaint(batch).image
    for row in (2, 0):
        alone = Batch(("x",), batch.image[row : row + 1], batch.mask[row : row + 1], seeds=(0,))
        assert torch.equal(METHODS[name].inpaint(alone).image, together[row : row + 1])


@pytest.mark.parametrize("name", ["mean", "nearest", "harmonic", "biharmonic", "navier-stokes"])
@given(seed=st.integers(0, 2**16), height=st.integers(1, 20), width=st.integers(2, 20))
@settings(max_examples=15, deadline=None)
def test_the_fill_stays_within_the_known_range(name: str, seed: int, height: int, width: int) -> None:
    batch = make_batch(height, width, seed=seed)
    batch.mask = (torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(seed)) < 0.6).float()
    batch.mask[..., 0, 0], batch.mask[..., -1, -1] = 0, 1
    known = batch.image[(batch.mask == 0).expand_as(batch.image)].view(3, -1)
    output = METHODS[name].inpaint(batch).image[0].flatten(1)
    assert (output >= known.amin(1, keepdim=True) - 1 / 255).all()
    assert (output <= known.amax(1, keepdim=True) + 1 / 255).all()


@every_method
def test_no_mask_is_an_error(name: str) -> None:
    with pytest.raises(HarnessError, match="needs an image and a mask"):
        METHODS[name].inpaint(Batch(("a",), image=torch.zeros(1, 3, 8, 8)))


@pytest.mark.parametrize(
    ("name", "params"),
    [("telea", {"radius": 0.0}), ("telea-blur", {"sigma": -1.0}), ("patchmatch", {"radius": 0})],
    ids=str,
)
def test_senseless_parameters_are_refused(name: str, params: dict[str, float]) -> None:
    with pytest.raises(HarnessError, match="must be"):
        load_target(SPECS[name])(Setup(), **params)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("telea", {"radius": 9.0}),
        ("navier-stokes", {"radius": 9.0}),
        ("telea-blur", {"sigma": 2.0}),
        ("patchmatch", {"radius": 5}),
        ("patchmatch", {"seed": 1}),
    ],
    ids=str,
)
def test_parameters_do_something(name: str, params: dict[str, float]) -> None:
    batch = make_batch(64, 64)
    changed = load_target(SPECS[name])(Setup(), **params).inpaint(batch).image
    assert not torch.equal(changed, METHODS[name].inpaint(batch).image)


def test_registering_imports_nothing_heavy() -> None:
    program = (
        "import sys, harness_classical; harness_classical.harness_register_methods(register=lambda spec: None)\n"
        "print(sorted({'torch', 'numpy', 'cv2', 'scipy', 'patchmatch'} & set(sys.modules)))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == "[]"


def test_every_spec_is_registered_once() -> None:
    seen: list[MethodSpec] = []
    harness_classical.harness_register_methods(register=seen.append)
    assert [spec.name for spec in seen] == list(SPECS)
    assert len(set(SPECS)) == 8


def test_mean_and_nearest_on_a_picture_done_by_hand() -> None:
    row = torch.tensor([0.0, 0.2, 0.9, 0.9, 1.0]).view(1, 1, 1, 5).expand(1, 3, 1, 5).clone()
    mask = torch.tensor([0.0, 0, 1, 1, 0]).view(1, 1, 1, 5)
    batch = Batch(("a",), row, mask)
    mean = METHODS["mean"].inpaint(batch).image[0, 0, 0].numpy()
    nearest = METHODS["nearest"].inpaint(batch).image[0, 0, 0].numpy()
    np.testing.assert_allclose(mean, [0, 0.2, 0.4, 0.4, 1], atol=1e-6)
    np.testing.assert_allclose(nearest, [0, 0.2, 0.2, 1, 1], atol=1e-6)
