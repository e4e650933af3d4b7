from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.high_frequency import HighFrequencyRatio
from harness.nn.smooth_fill import smooth_fill

Make = Callable[..., MetricBatch]
Noise = Callable[[torch.Tensor, float], torch.Tensor]
Hole = Callable[[torch.Tensor], torch.Tensor]


@pytest.fixture
def scene(photos: dict[str, torch.Tensor], hole: Hole) -> tuple[torch.Tensor, torch.Tensor]:
    return photos["chelsea"], hole(photos["chelsea"])


def _ratio(batch: MetricBatch) -> float:
    return HighFrequencyRatio()(batch)["hf_ratio"].item()


def test_tells_smooth_from_true_from_noisy(scene: tuple[torch.Tensor, torch.Tensor], batch: Make, noisy: Noise) -> None:
    truth, hole = scene
    smooth = torch.where(hole > 0, smooth_fill(truth * (1 - hole), hole), truth)
    elsewhere = torch.where(hole > 0, truth.roll(60, -1), truth)  # wrong pixels, right texture
    rough = torch.where(hole > 0, noisy(truth, 40), truth)
    assert _ratio(batch(smooth, truth, hole)) < 0.2
    assert _ratio(batch(truth, truth, hole)) == pytest.approx(1)
    assert 0.5 < _ratio(batch(elsewhere, truth, hole)) < 2
    assert _ratio(batch(rough, truth, hole)) > 2


def test_swapping_gives_the_reciprocal(scene: tuple[torch.Tensor, torch.Tensor], batch: Make, noisy: Noise) -> None:
    truth, hole = scene
    output = torch.where(hole > 0, noisy(truth, 15), truth)
    there, back = _ratio(batch(output, truth, hole)), _ratio(batch(truth, output, hole))
    assert there * back == pytest.approx(1, rel=1e-4)


def test_a_seam_is_no_detail(scene: tuple[torch.Tensor, torch.Tensor], batch: Make) -> None:
    truth, hole = scene
    flat = torch.where(hole > 0, torch.ones_like(truth), truth)  # a glaring edge all around
    assert _ratio(batch(flat, truth, hole)) < 0.2


def test_a_flat_hole_in_a_flat_truth_is_right(batch: Make) -> None:
    truth, hole = torch.full((1, 3, 64, 64), 0.5), torch.zeros(1, 1, 64, 64)
    hole[..., 20:40, 20:40] = 1
    assert _ratio(batch(truth, truth, hole)) == pytest.approx(1)


def test_softening_everything_keeps_the_contrast_of_hole_and_ring(
    scene: tuple[torch.Tensor, torch.Tensor], batch: Make
) -> None:
    truth, hole = scene
    soft = 0.5 + (truth - 0.5) / 2  # half the contrast: a quarter of the energy, in hole and ring alike
    assert _ratio(batch(soft, truth, hole)) == pytest.approx(1, rel=0.15)


def test_other_regions_are_refused() -> None:
    with pytest.raises(HarnessError, match="hf_ratio@hole"):
        HighFrequencyRatio(region="known")
