"""`tools.judge_icfgu`: what it measures, on a method whose confidence and fills are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from harness.interfaces import Batch, Images, Sample
from harness.stats.model import Interval
from tools.judge_icfgu import compare, confidence_of, verdict

SIDE = 64


class Known:
    """Fills with the truth plus an error that grows to the right; its confidence falls there, or rises."""

    def __init__(self, error: float, honest: bool = True) -> None:
        self.error, self.honest = error, honest

    def inpaint(self, batch: Batch) -> Images:
        assert batch.image is not None
        assert batch.mask is not None
        ramp = torch.linspace(0, 1, SIDE).expand_as(batch.mask)
        confidence = 1 - ramp if self.honest else ramp
        later = {"confidence2": torch.where(ramp < 0.75, confidence.clamp(min=0.6), confidence)}
        fill = torch.where(batch.mask > 0, batch.image + self.error * ramp, batch.image)
        return Images(fill, maps={"confidence1": confidence, **later})


def _pairs(count: int) -> list[tuple[Sample, Batch]]:
    rng = np.random.default_rng(0)
    pairs = []
    for k in range(count):
        pixels = rng.integers(0, 180, (SIDE, SIDE, 3), dtype=np.uint8)
        mask = torch.zeros(1, 1, SIDE, SIDE)
        mask[..., 16:48, :] = 1
        image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        pairs.append((Sample(str(k), f"photograph {k}", pixels), Batch((str(k),), image=image, mask=mask)))
    return pairs


def test_confidence_that_falls_with_the_error_correlates_and_its_trusted_set_grows() -> None:
    ((_, batch),) = _pairs(1)
    honest, liar = (confidence_of(Known(0.2, honest), Known(0.2, honest), batch, "a") for honest in (True, False))
    assert honest.correlation == pytest.approx(1, abs=1e-3)
    assert liar.correlation == pytest.approx(-1, abs=1e-3)
    assert honest.confidence == pytest.approx(0.5)
    assert honest.trusted == pytest.approx((0.5, 0.75, 0.75, 0.75))


def test_the_smaller_error_is_found_better_by_every_metric() -> None:
    found = compare(Known(0.05).inpaint, Known(0.25).inpaint, _pairs(4))
    assert list(found) == ["feat_efl0", "gmsd", "psnr"]
    for name, (mean, difference) in found.items():
        assert (mean.n, mean.clusters) == (4, 4)
        assert verdict(name, difference) == "better"
    swapped = compare(Known(0.25).inpaint, Known(0.05).inpaint, _pairs(4))
    assert {verdict(name, difference) for name, (_, difference) in swapped.items()} == {"worse"}


def test_an_interval_that_holds_zero_or_is_unknown_separates_nothing() -> None:
    for low, high in ((-1.0, 1.0), (math.nan, math.nan)):
        assert verdict("psnr", Interval(0.5, low, high, 9, 9)) == "not separable"
