from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from harness.errors import HarnessError, UnknownName
from harness.interfaces import MetricBatch
from harness.metrics.regions import boundary_radius, counted, dilate, erode, masked_mean, region_mask


def _random_mask(height: int, width: int, seed: int, share: float = 0.3) -> torch.Tensor:
    return (torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(seed)) < share).float()


@pytest.mark.parametrize(("side", "radius"), [(16, 2), (249, 2), (250, 3), (256, 3), (512, 5), (1024, 10), (2048, 20)])
def test_boundary_is_one_per_cent_and_at_least_two_pixels(side: int, radius: int) -> None:
    assert boundary_radius(side) == radius


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 9), st.integers(0, 99))
def test_morphology_is_scipys(height: int, width: int, radius: int, seed: int) -> None:
    mask = _random_mask(height, width, seed)
    square = torch.ones(2 * radius + 1, 2 * radius + 1).numpy()
    grown = ndimage.binary_dilation(mask[0, 0].numpy() > 0, square)
    shrunk = ndimage.binary_erosion(mask[0, 0].numpy() > 0, square, border_value=1)
    assert torch.equal(dilate(mask, radius)[0, 0], torch.from_numpy(grown).float())
    assert torch.equal(erode(mask, radius)[0, 0], torch.from_numpy(shrunk).float())


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_hole_and_known_share_out_the_picture(height: int, width: int, seed: int) -> None:
    mask = _random_mask(height, width, seed)
    assert torch.equal(region_mask(mask, "hole") + region_mask(mask, "known"), torch.ones_like(mask))


def test_boundary_lies_on_both_sides_of_the_edge_and_not_on_the_image_border() -> None:
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., :32] = 1
    band = region_mask(mask, "boundary")[0, 0, 10]
    assert band.nonzero().flatten().tolist() == [30, 31, 32, 33]


def test_side_sets_the_width_of_the_band() -> None:
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., :32] = 1
    assert region_mask(mask, "boundary", 1024)[0, 0, 10].sum() == 20


def test_no_hole_has_no_boundary() -> None:
    assert region_mask(torch.zeros(1, 1, 9, 9), "boundary").sum() == 0
    assert region_mask(torch.ones(1, 1, 9, 9), "boundary").sum() == 0


def test_a_misspelt_region_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="boundary"):
        region_mask(torch.zeros(1, 1, 4, 4), "boundry")


def test_mean_counts_elements_and_is_undefined_over_nothing() -> None:
    values = torch.arange(24.0).reshape(1, 2, 3, 4)
    region = torch.zeros(1, 1, 3, 4)
    assert torch.isnan(masked_mean(values, region)).all()
    region[..., 0, :2] = 1
    assert masked_mean(values, region).item() == pytest.approx((0 + 1 + 12 + 13) / 4)


def test_a_region_without_a_mask_is_the_users_mistake() -> None:
    image = torch.zeros(1, 3, 4, 4)
    with pytest.raises(HarnessError, match="psnr@hole needs a mask"):
        counted(MetricBatch(("a",), image, image, None), "hole", "psnr")
