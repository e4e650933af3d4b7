"""A raw score as its place among scores of reference faces, 0 to 100 (ours).

The raw score has no scale of its own: two trainings give other numbers. Its percentile among faces that the network
never saw has: 30 says that 30 % of the reference faces look worse. The map is the reference's distribution function,
straight between its percentiles, so it never changes an order. It lies beside the weights it belongs to.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError

__all__ = ["FEWEST", "Calibration"]

STEPS = 101
FEWEST = 200
"""ours: with fewer reference faces a percentile says more than they know."""


@dataclass(frozen=True)
class Calibration:
    """Percentiles of a network's raw scores on reference faces.

    Attributes:
        weights: sha256 of the weights that gave the scores.
        reference: which faces, in words.
        faces: how many.
        percentiles: raw scores at 0, 1, … 100 %, never falling.
    """

    weights: str
    reference: str
    faces: int
    percentiles: tuple[float, ...]

    @classmethod
    def fit(cls, scores: Sequence[float] | NDArray[np.floating], weights: str, reference: str) -> Calibration:
        """Of raw scores [N]. Raises `HarnessError` for fewer than `FEWEST`, for NaN, and where all are the same."""
        values = np.asarray(scores, np.float64)
        if len(values) < FEWEST or not np.isfinite(values).all():
            raise HarnessError(f"{np.isfinite(values).sum()} of {len(values)} reference scores: {FEWEST} are needed")
        if values.min() == values.max():
            raise HarnessError(f"all {len(values)} reference scores are {values[0]:.6g}: they order nothing")
        points = np.percentile(values, np.linspace(0, 100, STEPS))
        return cls(weights, reference, len(values), tuple(float(f"{point:.6g}") for point in points))

    def percentile(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 to 100 of raw scores [N]: 0 below every reference face, 100 above; never falling in the score."""
        levels = np.linspace(0, 100, len(self.percentiles))
        points, first = np.unique(self.percentiles, return_index=True)
        last = len(self.percentiles) - 1 - np.unique(self.percentiles[::-1], return_index=True)[1]
        found: NDArray[np.float64] = np.interp(raw, points, (levels[first] + levels[last]) / 2)  # ties: their middle
        return np.where(raw < points[0], 0.0, np.where(raw > points[-1], 100.0, found))

    @staticmethod
    def path_of(weights: Path) -> Path:
        """Where the calibration of a weights file lies: beside it, with another ending."""
        return weights.with_suffix(".calibration.json")

    def write(self, weights: Path) -> Path:
        """Write it beside a weights file; returns where."""
        from harness.store.files import write_json

        path = self.path_of(weights)
        write_json(path, asdict(self))
        return path

    @classmethod
    def of(cls, weights: Path, sha256: str) -> Calibration | None:
        """The calibration beside a weights file, None where there is none.

        Raises `HarnessError` where it cannot be read or is of other weights.
        """
        path = cls.path_of(weights)
        if not path.exists():
            return None
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            found = cls(
                str(told["weights"]),
                str(told["reference"]),
                int(told["faces"]),
                tuple(float(point) for point in told["percentiles"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HarnessError(
                f"{path} is no calibration ({type(error).__name__}): delete it or fit it anew"
            ) from error
        steps = np.diff(found.percentiles)
        if len(steps) < 1 or not (steps >= 0).all() or not math.isfinite(sum(found.percentiles)):
            raise HarnessError(f"{path} is no calibration (its percentiles fall): delete it or fit it anew")
        if found.weights != sha256:
            raise HarnessError(f"{path} is of other weights ({found.weights[:12]}…): delete it or fit it anew")
        return found
