"""From a person's colouring (0 to 1) to what the shader takes: linear RGB colours and a few numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .identity import Identity
from .view import View

__all__ = ["uniforms"]

_SKINS = ((0.80, 0.55, 0.44), (0.62, 0.38, 0.26), (0.40, 0.21, 0.12), (0.12, 0.055, 0.03))
_HAIRS = ((0.010, 0.008, 0.008), (0.05, 0.025, 0.013), (0.16, 0.08, 0.035), (0.42, 0.28, 0.12), (0.5, 0.48, 0.46))
_IRISES = ((0.03, 0.012, 0.005), (0.10, 0.045, 0.015), (0.10, 0.10, 0.04), (0.08, 0.15, 0.24), (0.16, 0.21, 0.25))

Values = Mapping[str, float | tuple[float, ...]]


def uniforms(person: Identity, view: View) -> Values:
    """Return the uniforms of `face.frag` that this person and this take decide."""
    c = person.colouring
    skin = _between(_SKINS, c["melanin"]) * (1.0, 1.0 - 0.12 * c["redness"], 1.0 - 0.16 * c["redness"])
    dark = float(c["melanin"])
    hair = _between(_HAIRS, c["hair_tone"] * (1.0 - 0.75 * dark)) * (1.0 + 0.7 * c["hair_red"] * (1 - dark), 1.0, 0.9)
    male = 1.0 - person.phenotype["gender"]
    lip = skin * (0.92, 0.62 - 0.15 * c["lip_red"], 0.62 - 0.1 * c["lip_red"])
    iris = _between(_IRISES, c["iris_hue"] * (1.0 - dark)) * (1.2 - 0.5 * c["iris_dark"])
    warm = np.array([1.0 + 0.12 * view.warmth, 1.0, 1.0 - 0.16 * view.warmth])
    line = 4.8 + 2.4 * c["hair_line"]
    bald = c["bald"] > 0.9
    return {
        "skin": tuple(skin),
        "hair": tuple(hair),
        "brows": tuple(hair * 0.7),
        "lip": tuple(lip),
        "iris": tuple(iris),
        "brow": (0.28 + 0.4 * c["brow_thick"], 0.55 + 0.45 * c["brow_dark"], 0.9 * c["brow_arch"], 0.5 + c["brow_gap"]),
        "fringe": (line, -5.6 + 2.6 * c["hair_side"], 0.35 if bald else 1.0, _above(c["beard"], 0.6) * male),
        "extra": (_above(c["moustache"], 0.6) * male, _above(c["freckles"], 0.6), 0.3 + 0.6 * c["shine"], view.grain),
        "light": view.light,
        "light_colour": tuple(view.key * warm),
        "ambient": tuple(view.fill / warm),
    }


def _between(stops: tuple[tuple[float, ...], ...], at: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Interpolate along equally spaced colours; `at` runs from 0 to 1."""
    table = np.array(stops)
    place = np.linspace(0.0, 1.0, len(table))
    return np.array([np.interp(at, place, table[:, channel]) for channel in range(3)])


def _above(value: float, floor: float) -> float:
    """Return 0 up to `floor` and from there on a line to 1."""
    return max(0.0, (value - floor) / (1.0 - floor))
