"""What must hold for every metric of single samples, whatever its formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from harness.interfaces import MetricBatch, SampleMetric
from harness.metrics.feature_distance import FeatureDistance
from harness.metrics.gmsd import Gmsd
from harness.metrics.high_frequency import HighFrequencyRatio
from harness.metrics.l1 import L1
from harness.metrics.psnr import Psnr, PsnrY
from harness.metrics.ssim import Ssim, SsimY

Make = Callable[..., MetricBatch]
Noise = Callable[[torch.Tensor, float], torch.Tensor]
Hole = Callable[[torch.Tensor], torch.Tensor]
WHOLE: list[type[Any]] = [Psnr, PsnrY, Ssim, SsimY, L1, Gmsd, FeatureDistance]
BETTER_UP = {Psnr, PsnrY, Ssim, SsimY}


def value(metric: SampleMetric, batch: MetricBatch) -> torch.Tensor:
    (column,) = metric(batch).values()
    return column


@pytest.fixture(scope="module")
def stack(photos: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([photo[..., :96, :112] for photo in photos.values()])


@pytest.mark.parametrize("kind", [*WHOLE, HighFrequencyRatio])
@pytest.mark.parametrize("region", ["", "hole"])
def test_batch_is_loop(
    kind: type[Any], region: str, stack: torch.Tensor, batch: Make, noisy: Noise, hole: Hole
) -> None:
    if kind is HighFrequencyRatio and not region:
        pytest.skip("hf_ratio is of a hole only")
    metric, output = kind(region=region), noisy(stack, 20)
    mask = hole(stack) if region else None
    together = value(metric, batch(output, stack, mask))
    alone = [
        value(metric, batch(output[i : i + 1], stack[i : i + 1], mask[i : i + 1] if mask is not None else None))
        for i in range(len(stack))
    ]
    assert together.shape == (len(stack),)
    assert torch.allclose(together, torch.cat(alone), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_hole_of_everything_is_the_whole_picture(
    kind: type[Any], stack: torch.Tensor, batch: Make, noisy: Noise
) -> None:
    output = noisy(stack, 20)
    everything = torch.ones(len(stack), 1, *stack.shape[-2:])
    restricted = value(kind(region="hole"), batch(output, stack, everything))
    assert torch.allclose(restricted, value(kind(), batch(output, stack)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [*WHOLE, HighFrequencyRatio])
def test_nothing_counted_is_undefined_and_only_there(
    kind: type[Any], stack: torch.Tensor, batch: Make, noisy: Noise, hole: Hole
) -> None:
    region = hole(stack)
    region[1] = 0
    values = value(kind(region="hole"), batch(noisy(stack, 20), stack, region))
    assert torch.isnan(values).tolist() == [False, True, False]


@pytest.mark.parametrize("kind", [Psnr, PsnrY, L1, HighFrequencyRatio])
def test_what_lies_outside_the_hole_changes_nothing_on_a_composite(
    kind: type[Any], stack: torch.Tensor, batch: Make, noisy: Noise, hole: Hole
) -> None:
    region = hole(stack)
    output = torch.where(region > 0, noisy(stack, 20), stack)
    values = value(kind(region="hole"), batch(output, stack, region))
    far = torch.zeros_like(region)
    far[..., -3:, :3] = 1
    moved = [torch.where(far > 0, 1 - image, image) for image in (output, stack)]
    assert torch.allclose(values, value(kind(region="hole"), batch(*moved, region)), rtol=1e-5)


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("region", ["", "hole"])
def test_more_damage_is_worse(
    kind: type[Any], region: str, stack: torch.Tensor, batch: Make, noisy: Noise, hole: Hole
) -> None:
    mask = hole(stack) if region else None
    metric = kind(region=region)
    sign = 1 if kind in BETTER_UP else -1
    for damaged in ([noisy(stack, s) for s in (2, 8, 32)], [_blurred(stack, s) for s in (0.7, 1.5, 4)]):
        scores = torch.stack([sign * value(metric, batch(image, stack, mask)) for image in damaged])
        assert (scores.diff(dim=0) < 0).all(), scores


def _blurred(image: torch.Tensor, sigma: float) -> torch.Tensor:
    x = torch.arange(-12, 13.0)
    gauss = torch.exp(-x.square() / (2 * sigma**2))
    gauss = (gauss / gauss.sum()).view(1, 1, 1, -1).repeat(3, 1, 1, 1)
    padded = F.pad(image, (12, 12, 12, 12), mode="reflect")
    return F.conv2d(F.conv2d(padded, gauss, groups=3), gauss.transpose(2, 3), groups=3).clamp(0, 1)


@pytest.mark.parametrize("kind", WHOLE)
def test_swapping_output_and_truth_changes_nothing(
    kind: type[Any], stack: torch.Tensor, batch: Make, noisy: Noise
) -> None:
    output = noisy(stack, 20)
    assert torch.allclose(value(kind(), batch(output, stack)), value(kind(), batch(stack, output)), atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(11, 48), st.integers(11, 48), st.integers(1, 3), st.integers(0, 999))
def test_any_size_gives_a_number_within_bounds(height: int, width: int, n: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    output, truth = torch.rand(2, n, 3, height, width, generator=generator)
    given_batch = MetricBatch(tuple(map(str, range(n))), output, truth, None)
    for metric, low, high in (
        (Psnr(), 0, 100),
        (PsnrY(), 0, 100),
        (Ssim(), 0, 1),
        (SsimY(), -1, 1),
        (L1(), 0, 1),
        (Gmsd(), 0, 1),
    ):
        values = value(metric, given_batch)
        assert values.shape == (n,)
        assert ((values >= low) & (values <= high)).all()


@pytest.mark.parametrize("kind", WHOLE)
def test_samples_keep_their_order(kind: type[Any], stack: torch.Tensor, batch: Make, noisy: Noise) -> None:
    output, order = noisy(stack, 20), [2, 0, 1]
    values = value(kind(), batch(output, stack))
    assert torch.allclose(value(kind(), batch(output[order], stack[order])), values[order], rtol=1e-6)
