"""The share of a removed object's effects that is left outside the mask."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.shadow_residual import ShadowResidual

METRIC = ShadowResidual(region="known")


def _pair(photos: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A photograph, the same with a soft shadow, and a region that leaves out half of it."""
    truth = next(iter(photos.values()))[..., :64, :80]
    shade = torch.zeros(1, 1, 64, 80)
    shade[..., 20:40, 10:50] = torch.linspace(0, 0.4, 40)
    region = torch.ones(1, 1, 64, 80)
    region[..., 20:30, :] = 0
    return truth, truth * (1 - shade), region


def _value(output: torch.Tensor, truth: torch.Tensor, shown: torch.Tensor, region: torch.Tensor) -> float:
    return float(METRIC(MetricBatch(("a",), output, truth, 1 - region, region, shown))["shadow_residual"])


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1.5))
def test_it_is_the_share_that_is_left(photos: dict[str, torch.Tensor], share: float) -> None:
    truth, shown, region = _pair(photos)
    output = truth + share * (shown - truth)
    assert math.isclose(_value(output, truth, shown, region), share, abs_tol=1e-5)


def test_neither_the_mask_nor_what_the_object_left_alone_counts(photos: dict[str, torch.Tensor]) -> None:
    truth, shown, region = _pair(photos)
    untouched = ((shown - truth).abs().amax(1, keepdim=True) < 2 / 255).float()
    damaged = shown + 0.5 * torch.maximum(untouched, 1 - region)
    assert _value(damaged, truth, shown, region) == pytest.approx(1, abs=1e-6)


def test_three_levels_count_and_two_do_not() -> None:
    truth, region = torch.full((1, 3, 4, 4), 100 / 255), torch.ones(1, 1, 4, 4)
    assert math.isnan(_value(truth, truth, truth + 2 / 255, region))
    assert _value(truth, truth, truth + 3 / 255, region) == 0


def test_a_task_without_pairs_is_refused(photos: dict[str, torch.Tensor]) -> None:
    truth, _, region = _pair(photos)
    with pytest.raises(HarnessError, match="needs pairs with and without an object"):
        METRIC(MetricBatch(("a",), truth, truth, 1 - region, region))
    with pytest.raises(HarnessError, match="ask for shadow_residual@known"):
        ShadowResidual(region="hole")
