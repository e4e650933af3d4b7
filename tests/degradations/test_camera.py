"""Little light and exposures: nobody is told, and the physics holds."""

from __future__ import annotations

import numpy as np
import pytest

from harness.degradations.camera import Exposures, LowLight, linear_light, srgb
from harness.errors import HarnessError
from harness.interfaces import Sample


def _flat(level: int, side: int = 64, **truth: object) -> Sample:
    return Sample("a", "a", np.full((side, side, 3), level, np.uint8), truth=truth)


def test_srgb_levels_come_back() -> None:
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(srgb(linear_light(levels)), levels)
    assert linear_light(np.uint8(188)) == pytest.approx(0.503, abs=0.001)  # half of the light is level 188


def test_little_light_is_dark_noisy_and_from_the_seed() -> None:
    quiet = LowLight(darkest=0.1, lightest=0.1, photons=1e9, read=0, bits=16).degrade(_flat(200), 0)
    assert quiet.operator is None
    assert np.unique(quiet.picture).tolist() == srgb(0.1 * linear_light(np.array([200], np.uint8))).tolist()
    noisy = LowLight(darkest=0.1, lightest=0.1, photons=4000.0, read=0).degrade(_flat(200), 0).picture
    light = linear_light(noisy)
    mean = 0.1 * float(linear_light(np.uint8(200)))
    assert light.mean() == pytest.approx(mean, rel=0.01)
    assert light.std() == pytest.approx((mean / 4000) ** 0.5, rel=0.05)  # photons: variance is the mean
    several = [LowLight().degrade(_flat(200), seed).picture for seed in (1, 1, 2)]
    assert np.array_equal(several[0], several[1])
    assert several[0].mean() != pytest.approx(several[2].mean(), rel=0.01)


def test_exposures_clip_where_they_must() -> None:
    radiance = np.full((4, 4, 3), 0.1, np.float32)
    radiance[:2] = 3.0
    made = Exposures().degrade(_flat(0, 4, radiance=radiance), 0)
    assert made.exposures is not None
    assert made.exposures.shape == (3, 4, 4, 3)
    assert np.array_equal(made.picture, made.exposures[1])
    assert (made.exposures[1:, :2] == 255).all()
    assert (made.exposures[0] < 255).all()
    np.testing.assert_allclose(linear_light(made.exposures[:, 3, 0, 0]), [0.025, 0.1, 0.4], rtol=0.05)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(HarnessError, match="need the linear radiance"):
        Exposures().degrade(_flat(9), 0)
    with pytest.raises(HarnessError, match="stops"):
        Exposures(stops=0)
    with pytest.raises(HarnessError, match="lowlight"):
        LowLight(darkest=0.5, lightest=0.1)
