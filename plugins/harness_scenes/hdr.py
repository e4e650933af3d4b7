"""The data set `scenes-hdr`: scenes whose linear light is known, brighter than white where a lamp is mirrored.

Committed, so that neither numpy's nor a processor's rounding changes the data; `build_hdr.py` makes the folder anew.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.interfaces import Sample

from .packed import PackedScenes
from .scene import Scene

__all__ = ["FOLDER", "LEVELS", "MU", "PEAK", "HdrScenes", "mu_law", "undo_mu_law"]

FOLDER = files(__package__) / "data" / "scenes_hdr"
MU: Final = 5000.0
"""Of the tone curve in which HDR is compared (Kalantari and Ramamoorthi, SIGGRAPH 2017)."""
PEAK: Final = 4.0
"""ours: the radiance that the curve takes for 1; none of the scenes reaches it. White of a plain picture is 1."""
LEVELS: Final = 4095
"""Steps in which the curve of the radiance is stored (12 bit)."""

Floats = NDArray[np.float32]


def mu_law(radiance: Floats) -> Floats:
    """Return ``log(1 + mu r / peak) / log(1 + mu)`` of a linear radiance 0 … `PEAK`: in [0, 1], same shape."""
    curved: Floats = np.log1p(MU * np.clip(radiance / PEAK, 0, 1)) / np.log1p(MU)
    return curved.astype(np.float32)


def undo_mu_law(curved: Floats) -> Floats:
    """Return the linear radiance, 0 … `PEAK`, that `mu_law` gives ``curved`` in [0, 1] for."""
    linear: Floats = np.expm1(curved.astype(np.float64) * np.log1p(MU)) / MU * PEAK
    return linear.astype(np.float32)


class HdrScenes(PackedScenes):
    """A `harness.interfaces.Dataset` of 24 scenes at 64 px with their linear light.

    A sample's `image` is the radiance's `mu_law` in 8 bit, its `mask` where a plain picture of it is clipped in some
    channel. `truth` has `radiance` (float32 [64, 64, 3], linear, 1 = white of a plain picture, as stored in 4,095 steps
    of the curve), `peak` (`PEAK`), `scene` and `seed`. Every scene
    is a cluster.
    """

    name = "scenes-hdr"
    version = "1"

    def __init__(self, folder: Traversable = FOLDER) -> None:
        super().__init__(folder)

    def load(self, id: str) -> Sample:
        """Read one scene. Raises `HarnessError` for an unknown id or a file that is missing or altered."""
        entry = self._entry(id)
        planes = self._decode(entry["radiance"]).astype(np.float32) / np.float32(LEVELS)
        curved: Floats = np.stack(np.split(planes, 3), axis=2)
        radiance = undo_mu_law(curved)
        return Sample(
            id=id,
            cluster=entry["cluster"],
            image=np.rint(curved * 255).astype(np.uint8),
            mask=(radiance > 1).any(axis=2),
            truth={
                "radiance": radiance,
                "peak": PEAK,
                "scene": Scene.from_dict(entry["scene"]),
                "seed": entry["seed"],
            },
        )
