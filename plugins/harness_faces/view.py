"""How a face is seen once: pose, expression, light and ground, drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .identity import VERSION

__all__ = ["View"]

Triple = tuple[float, float, float]
_EXPRESSIONS: tuple[Mapping[str, float], ...] = (
    {},
    {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "cheekSquintLeft": 0.4, "cheekSquintRight": 0.4},
    {"jawOpen": 0.2, "mouthSmileLeft": 0.3, "mouthSmileRight": 0.3},
    {"browInnerUp": 0.6, "eyeWideLeft": 0.4, "eyeWideRight": 0.4},
    {"browDownLeft": 0.6, "browDownRight": 0.6, "eyeSquintLeft": 0.4, "eyeSquintRight": 0.4},
    {"mouthPressLeft": 0.5, "mouthPressRight": 0.5, "mouthFrownLeft": 0.4, "mouthFrownRight": 0.4},
    {"mouthPucker": 0.4},
)


@dataclass(frozen=True, slots=True)
class View:
    """One take of a face.

    `yaw`, `pitch`, `roll` in degrees; `expression` maps anny's facial actions to [0, 1]; `light` points to the key
    light (x right, y up, z to the camera); `key` and `fill` are its and the ambient light's power; `warmth` tints the
    key light from blue (-1) to red (1); `ground` are two linear RGB colours, above and below.
    """

    yaw: float
    pitch: float
    roll: float
    expression: Mapping[str, float]
    light: Triple
    key: float
    fill: float
    warmth: float
    ground: tuple[Triple, Triple]
    grain: float

    @classmethod
    def draw(cls, person: int, number: int) -> View:
        """Draw take `number` of the person with seed `person`."""
        rng = np.random.default_rng([VERSION, 72, person, number])
        yaw, pitch, roll = np.clip(rng.normal(0.0, 1.0, 3), -1.8, 1.8) * (13.0, 6.0, 4.0)
        chosen = _EXPRESSIONS[int(rng.integers(len(_EXPRESSIONS)))]
        strength = rng.uniform(0.4, 1.0)
        azimuth, height = rng.uniform(-0.9, 0.9), rng.uniform(-0.05, 0.9)
        light = np.array([np.sin(azimuth), height, np.cos(azimuth)])
        x, y, z = (light / np.linalg.norm(light)).tolist()
        above, below = rng.uniform(0.02, 0.6, (2, 3)).tolist()
        return cls(
            float(yaw),
            float(pitch),
            float(roll),
            {name: value * float(strength) for name, value in chosen.items()},
            (x, y, z),
            float(rng.uniform(0.6, 1.0)),
            float(rng.uniform(0.25, 0.5)),
            float(rng.uniform(-1.0, 1.0)),
            (tuple(above), tuple(below)),
            float(rng.uniform(0.0, 100.0)),
        )
