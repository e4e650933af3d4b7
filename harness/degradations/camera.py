"""Degradations that no method is told: too little light, and a scene brighter than one exposure can hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.interfaces import Degraded, Sample

__all__ = ["Exposures", "LowLight", "linear_light", "srgb"]

Floats = NDArray[np.float64]


def linear_light(picture: NDArray[np.uint8]) -> Floats:
    """sRGB levels 0–255 as linear light in [0, 1] (IEC 61966-2-1)."""
    level = picture.astype(np.float64) / 255
    light: Floats = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return light


def srgb(light: Floats) -> NDArray[np.uint8]:
    """Linear light as sRGB levels, clipped and rounded; undoes `linear_light`."""
    held = light.clip(0, 1)
    level = np.where(held <= 0.0031308, held * 12.92, 1.055 * held ** (1 / 2.4) - 0.055)
    rounded: NDArray[np.uint8] = np.rint(level * 255).astype(np.uint8)
    return rounded


class LowLight:
    """A photograph in little light: linear, scaled down, photons counted, read noise, quantised, sRGB. Nobody is told.

    ours: the share of light is log-uniform between two bounds, drawn per picture: a method finds it per picture, and a
    model of the kind f · x + M is not what made it.

    Args:
        darkest, lightest: bounds of the share of light that is left.
        photons: that a white pixel of the full light would count.
        read: standard deviation of the read noise, of the full light's white.
        bits: of the sensor's converter.

    Raises:
        HarnessError: bounds that are no range in (0, 1], no photons, a negative noise, no bits.
    """

    version = "1"

    def __init__(
        self, *, darkest: float = 0.03, lightest: float = 0.12, photons: float = 4000.0, read: float = 0.0008,
        bits: int = 12,
    ) -> None:  # fmt: skip
        if not 0 < darkest <= lightest <= 1 or not photons > 0 or read < 0 or not 1 <= bits <= 16:
            raise HarnessError(
                f"lowlight: 0 < darkest ({darkest:g}) <= lightest ({lightest:g}) <= 1, photons ({photons:g}) above 0, "
                f"read ({read:g}) from 0 on, 1 to 16 bits ({bits})"
            )
        self.bounds = np.log(darkest), np.log(lightest)
        self.photons, self.read, self.levels = photons, read, 2**bits - 1

    def degrade(self, sample: Sample, seed: int) -> Degraded:
        """Share of light, photons and read noise are drawn from the seed, in this order."""
        rng = np.random.default_rng(seed)
        light = linear_light(sample.image) * np.exp(rng.uniform(*self.bounds))
        counted = rng.poisson(light * self.photons) / self.photons
        read = counted + self.read * rng.standard_normal(counted.shape)
        return Degraded(srgb(np.rint(read.clip(0, 1) * self.levels) / self.levels))


class Exposures:
    """Three pictures of one radiance: ``stops`` under, as it is, ``stops`` over; clipped, sRGB, 8 bit. Nobody is told.

    `picture` is the middle one, `exposures` all three from the shortest on. Needs `truth["radiance"]` (float32 H×W×3,
    linear, 1 = white of the middle exposure) of the sample.
    """

    version = "1"

    def __init__(self, *, stops: float = 2.0) -> None:
        if not stops > 0:
            raise HarnessError(f"exposures lie more than 0 stops apart, not {stops:g}")
        self.gains = tuple(2.0**step for step in (-stops, 0.0, stops))

    def degrade(self, sample: Sample, seed: int) -> Degraded:
        """Nothing is drawn. Raises `HarnessError` for a sample without a radiance."""
        del seed
        radiance = sample.truth.get("radiance")
        if radiance is None:
            raise HarnessError(f"{sample.id}: exposures need the linear radiance of a scene (scenes-hdr has it)")
        taken = np.stack([srgb(radiance.astype(np.float64) * gain) for gain in self.gains])
        return Degraded(taken[1], exposures=taken)
