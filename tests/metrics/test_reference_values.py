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
SIGMAS = (1.0, 8.0, 60.0)


def _pixels(image: torch.Tensor) -> np.ndarray:
    return image[0].permute(1, 2, 0).double().numpy()


@pytest.fixture(scope="module")
def pairs(photos: dict[str, torch.Tensor], noisy: Noise) -> list[tuple[torch.Tensor, torch.Tensor]]:
    found = [(noisy(photo, sigma), photo) for photo in photos.values() for sigma in SIGMAS]
    generator = torch.Generator().manual_seed(0)
    unrelated = [(torch.rand(1, 3, 64, 48, generator=generator) * 255).round() / 255 for _ in range(2)]
    negative = (1 - photos["coffee"], photos["coffee"])  # structure term below 0 nearly everywhere
    white = (noisy(torch.ones(1, 3, 64, 64), 2.0), torch.ones(1, 3, 64, 64))  # where float32 moments cancel most
    return [*found, (unrelated[0], unrelated[1]), negative, white]


@pytest.mark.parametrize(("ours", "theirs"), [(Ssim, "ssimc"), (Gmsd, "gmsd")])
def test_equals_pyiqa(ours: type[Ssim | Gmsd], theirs: str, pairs: list[tuple[torch.Tensor, ...]], batch: Make) -> None:
    pytest.importorskip("pyiqa", exc_type=ImportError)
    from harness.metrics.pyiqa_adapter import PyiqaMetric

    reference = PyiqaMetric(name=theirs)
    for output, truth in pairs:
        given = batch(output, truth)
        (mine,), (other,) = ours()(given).values(), reference(given).values()
        assert mine.item() == pytest.approx(other.item(), abs=1e-5)


def test_ssim_is_skimages_on_related_pictures(photos: dict[str, torch.Tensor], noisy: Noise, batch: Make) -> None:
    for truth in photos.values():
        output = noisy(truth, 8)
        full = skimage_metrics.structural_similarity(
            _pixels(output), _pixels(truth), gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
            data_range=1.0, channel_axis=2,
        )  # fmt: skip
        assert Ssim()(batch(output, truth))["ssim"].item() == pytest.approx(full, abs=1e-5)


def test_psnr_and_l1_are_skimages_and_numpys(pairs: list[tuple[torch.Tensor, ...]], batch: Make) -> None:
    for output, truth in pairs:
        a, b = _pixels(output), _pixels(truth)
        psnr = skimage_metrics.peak_signal_noise_ratio(b, a, data_range=1.0)
        assert Psnr()(batch(output, truth))["psnr"].item() == pytest.approx(psnr, abs=1e-4)
        assert L1()(batch(output, truth))["l1"].item() == pytest.approx(np.abs(a - b).mean(), abs=1e-6)


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
