"""Residual aggregation and the two codes' resizes, against plain forms of both."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from harness_hifill.pipeline import Variant, aggregate, blend, enlarged, factor, hole_cells, prepare
from harness_hifill.sampling import centred_taps, double, halve, legacy_taps, nearest_index, pad_same, resize

SIZE, TIMES = 64, 3


def _picture(height: int, width: int) -> tuple[Tensor, Tensor]:
    raw = torch.rand(3, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1
    hole = torch.zeros(1, height, width)
    hole[:, height // 2 : height // 2 + 30, 40:70] = 1
    return raw, hole


def _attention() -> Tensor:
    return torch.softmax(torch.randn(16, 16, generator=torch.Generator().manual_seed(1)), 1)


@pytest.mark.parametrize("variant", ["places2", "atlas"])
@pytest.mark.parametrize("faithful", [False, True])
def test_only_the_cells_at_the_hole_are_needed(variant: Variant, faithful: bool) -> None:
    large = prepare(*_picture(150, 170), SIZE, TIMES, variant, faithful=faithful)
    refined, attention = torch.rand(3, SIZE, SIZE) * 2 - 1, _attention()
    cells = hole_cells(large)
    assert 0 < len(cells) < 16
    few, all_of_them = (enlarged(large, refined, attention, which) for which in (cells, torch.arange(16)))
    torch.testing.assert_close(blend(large, few), blend(large, all_of_them))


def test_aggregation_is_a_transposed_convolution_of_patches_that_do_not_overlap() -> None:
    raw, hole = _picture(SIZE * TIMES, SIZE * TIMES)
    large = prepare(raw, hole, SIZE, TIMES, "places2", faithful=True)
    small = F.avg_pool2d(raw[None], TIMES)
    known = 1 - hole[:, ::TIMES, ::TIMES].repeat_interleave(TIMES, 1).repeat_interleave(TIMES, 2)
    residual, patch, attention = (raw - resize(small, SIZE * TIMES, SIZE * TIMES)) * known, 16 * TIMES, _attention()
    kernels = F.unfold(residual, patch, stride=patch)[0].T.reshape(16, 3, patch, patch)
    wanted = F.conv_transpose2d(attention.T.reshape(1, 16, 4, 4), kernels, stride=patch)[0]
    found = torch.zeros_like(raw)
    aggregate(large, attention, torch.arange(16), found)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_a_block_s_mean_is_that_of_its_known_pixels() -> None:
    raw, hole = _picture(SIZE * TIMES, SIZE * TIMES)
    large = prepare(torch.full_like(raw, 0.5) + hole, hole, SIZE, TIMES, "places2")
    torch.testing.assert_close(large.small, torch.full_like(large.small, 0.5))
    touched = F.max_pool2d(hole, TIMES)
    assert torch.equal(large.small_hole, touched)


def test_the_resizes_are_tensorflows_and_opencvs() -> None:
    image = torch.rand(1, 2, 12, 20)
    torch.testing.assert_close(double(image), resize(image, 24, 40))
    assert torch.equal(halve(image), resize(image, 6, 10))
    assert resize(image, 24, 40, legacy_taps)[0, 0, 0, 0] == image[0, 0, 0, 0]  # no half-pixel shift
    for height, width in ((24, 40), (17, 9)):
        wanted = F.interpolate(image, size=(height, width), mode="bilinear", align_corners=False)
        torch.testing.assert_close(resize(image, height, width, centred_taps), wanted, atol=1e-5, rtol=0)
    assert nearest_index(700, 1536, image.device)[[0, 1, 3, 1535]].tolist() == [0, 0, 1, 699]


def test_same_padding_puts_the_odd_pixel_below_and_to_the_right() -> None:
    padded = pad_same(torch.ones(1, 1, 256, 256), 5, 2)
    assert padded.shape[-2:] == (259, 259)
    assert padded[0, 0, :, 100].tolist() == [0.0] + [1.0] * 256 + [0.0, 0.0]


def test_the_factor_covers_the_picture_up_to_8k() -> None:
    assert [factor(side, side // 2, 512) for side in (16, 512, 513, 4096, 8192, 20_000)] == [1, 1, 2, 8, 16, 16]
