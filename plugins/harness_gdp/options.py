"""What a user may choose of the sampling, and the presets that decide the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from harness.errors import HarnessError
from harness.nn.diffusion import Diffusion
from harness_gdp.distances import Distance
from harness_gdp.guidance import Form, Point, Quality

__all__ = ["LOSSES", "OFFICIAL_SIDE", "OFFICIAL_STEPS", "Options", "Preset", "Switch"]

Preset = Literal["ours", "release", "paper"]
Switch = Literal["preset", "off", "on"]
LOSSES = ("exposure", "colour", "tv", "spatial")
EXPOSURE, COLOUR, SPATIAL = 1 / 100, 1 / 200, 1 / 100
"""Weights as shares of the scale: the first two stand in the release, commented out; the third is ours."""
SMOOTH = 10.0
"""ours: weight of M's roughness; at the release's own (the scale) a step would overshoot."""
OFFICIAL_SIDE, OFFICIAL_STEPS = 256, 1000
PRESET_NOISE: dict[Preset, Literal["learned", "least"]] = {"ours": "least", "release": "learned", "paper": "learned"}
PRESET_STEPS: dict[Preset, int] = {"ours": 50, "release": OFFICIAL_STEPS, "paper": OFFICIAL_STEPS}


@dataclass(frozen=True)
class Options:
    """The parameters of a reference; see `harness_gdp.spec` for what each means.

    Raises `HarnessError` for a value that cannot be.
    """

    preset: Preset = "ours"
    steps: int = 0
    point: Literal["preset", "x0", "xt"] = "preset"
    form: Literal["preset", "mean", "score"] = "preset"
    variance: Switch = "preset"
    noise: Literal["preset", "learned", "least"] = "preset"
    distance: Distance = "mse"
    scale: float = 0.0
    losses: str = "preset"
    weight: float = 1.0
    target: float = 0.3
    window: int = 0
    precision: Literal["float32", "bfloat16", "float16"] = "float32"

    def __post_init__(self) -> None:
        if self.scale < 0:
            raise HarnessError(f"scale={self.scale:g}: the pull's factor is positive, or 0 for the release's own")
        if self.weight < 0:
            raise HarnessError(f"weight={self.weight:g}: the factor of quality losses is not negative")
        if self.window < 0:
            raise HarnessError(f"window={self.window}: a side in pixels, or 0 for the prior's own")
        if self.variance == "on" and self.form == "score":
            raise HarnessError("form=score has each step's variance in it already: leave out variance=on")
        self.chosen(())

    @classmethod
    def read(cls, given: dict[str, Any]) -> Options:
        """With the preset's own steps, point, form, variance and noise where ``given`` leaves them to it."""
        asked = cls(**given)
        return replace(
            asked,
            steps=asked.steps or PRESET_STEPS[asked.preset],
            point="x0" if asked.point == "preset" else asked.point,
            form="mean" if asked.form == "preset" else asked.form,
            variance="off" if asked.variance == "preset" else asked.variance,
            noise=PRESET_NOISE[asked.preset] if asked.noise == "preset" else asked.noise,
        )

    @property
    def released(self) -> bool:
        """Whether what was found to be wrong in the release is done as there."""
        return self.preset == "release"

    @property
    def ways(self) -> tuple[Point, Form]:
        """Point and form, of options that were `read`."""
        return cast(Point, self.point), cast(Form, self.form)

    @property
    def lands(self) -> bool:
        """Whether a pull may be another than the release's gradient: where a user asked for nothing about it."""
        plain = self.scale == 0 and self.distance == "mse" and self.variance == "off"
        return self.preset == "ours" and plain and self.ways == ("x0", "mean")

    def chosen(self, preset: tuple[str, ...]) -> tuple[str, ...]:
        """Names of the quality losses; ``preset`` are those where none are named."""
        if self.losses == "preset":
            return preset
        found = () if self.losses == "none" else tuple(self.losses.split("+"))
        if unknown := sorted(set(found) - set(LOSSES)):
            raise HarnessError(f"losses={self.losses}: no loss is called {unknown[0]}; join {', '.join(LOSSES)} by +")
        return found

    def unit(self, diffusion: Diffusion, size: tuple[int, int]) -> float:
        """What the release's scales are multiplied by for pictures of ``size`` and the steps that are taken.

        ours: losses are means over pixels, so that the same scale pulls each pixel of a smaller picture harder: it
        follows the area. Where the mean is moved, each step pulls once: fewer steps pull harder; the score's pull has
        the step's length in it already, and where the variance stands before it, its mean is divided out.
        """
        area = size[0] * size[1] / OFFICIAL_SIDE**2
        if self.form == "score":
            return area
        longer = OFFICIAL_STEPS / len(diffusion)
        return area * longer / (float(diffusion.betas.mean()) if self.variance == "on" else 1.0)

    def pull(self, official: float, diffusion: Diffusion, size: tuple[int, int], exposures: int = 1) -> float:
        """Factor on the distance; ``official`` is the release's in this form, used where a user gives none.

        ours, but for the preset `release`: one step's pull never leads beyond what agrees with the observation.
        """
        asked = (self.scale or official) * self.unit(diffusion, size)
        if self.released:
            return asked
        direct = self.form != "score" and self.variance != "on"
        all_the_way = 6 * size[0] * size[1] / (1.0 if direct else float(diffusion.betas.max()))
        return min(asked, all_the_way / exposures)

    def quality(self, names: tuple[str, ...], scale: float, colour: float = COLOUR) -> Quality:
        """Losses with weights that follow ``scale``, the release's scale for the size and steps at hand."""
        full = self.weight * scale
        return Quality(
            exposure=full * EXPOSURE if "exposure" in names else 0.0,
            colour=full * colour if "colour" in names else 0.0,
            spatial=full * SPATIAL if "spatial" in names else 0.0,
            target=self.target,
        )

    def smooth(self, names: tuple[str, ...]) -> float:
        """Weight of M's roughness."""
        return self.weight * SMOOTH if "tv" in names else 0.0
