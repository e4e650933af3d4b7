"""The same pair gives the same number as the definitions' other implementations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage import metrics as skimage_metrics

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.gmsd import Gmsd
from harness.metrics.l1 import L1
from harness.metrics.psnr import CAP, Psnr
from harness.metrics.ssim import Ssim

Noise = Callable[[torch.Tensor, float], torch.Tensor]
Make = Callable[..., MetricBatch]


def _pixels(image: torch.Tensor) -> np.ndarray:
    return image[0].permute(1, 2, 0).double().numpy()


def test_ssim_is_skimages_on_related_pictures(photos: dict[str, torch.Tensor], noisy: Noise, batch: Make) -> None:
    for truth in photos.values():
        output = noisy(truth, 8)
        full = skimage_metrics.structural_similarity(
            _pixels(output), _pixels(truth), gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
            data_range=1.0, channel_axis=2,
        )  # fmt: skip
        assert Ssim()(batch(output, truth))["ssim"].item() == pytest.approx(full, abs=1e-5)


def test_region_psnr_divides_by_elements(photos: dict[str, torch.Tensor], noisy: Noise, batch: Make) -> None:
    truth = photos["astronaut"]
    region = torch.zeros(1, 1, 192, 192)
    region[..., 48:144, 48:144] = 1
    output = torch.where(region > 0, noisy(truth, 8), truth)
    inside = skimage_metrics.peak_signal_noise_ratio(
        _pixels(truth[..., 48:144, 48:144]), _pixels(output[..., 48:144, 48:144]), data_range=1.0
    )
    in_hole = Psnr(region="hole")(batch(output, truth, region))["psnr"].item()
    assert in_hole == pytest.approx(inside, abs=1e-4)
    assert Psnr()(batch(output, truth))["psnr"].item() == pytest.approx(in_hole + 10 * np.log10(4), abs=1e-3)


def test_equal_pictures(photos: dict[str, torch.Tensor], batch: Make) -> None:
    for photo in photos.values():
        same = batch(photo, photo.clone())
        assert Psnr()(same)["psnr"].item() == CAP
        assert Ssim()(same)["ssim"].item() == pytest.approx(1, abs=1e-6)
        assert L1()(same)["l1"].item() == 0
        assert Gmsd()(same)["gmsd"].item() == pytest.approx(0, abs=1e-6)


def test_ssim_positions_are_their_windows_centres(photos: dict[str, torch.Tensor], batch: Make) -> None:
    truth = photos["astronaut"]
    output = truth.clone()
    output[..., 60, 70] = 1 - output[..., 60, 70]
    for offset, touched in ((5, True), (6, False)):  # an 11 x 11 window centred five pixels away still sees it
        region = torch.zeros(1, 1, *truth.shape[-2:])
        region[..., 60 + offset, 70] = 1
        value = Ssim(region="hole")(batch(output, truth, region))["ssim"].item()
        assert (value < 1 - 1e-6) == touched


def test_ssim_refuses_pictures_smaller_than_its_window(batch: Make) -> None:
    tiny = torch.zeros(1, 3, 10, 40)
    with pytest.raises(HarnessError, match="11 x 11"):
        Ssim()(batch(tiny, tiny))
