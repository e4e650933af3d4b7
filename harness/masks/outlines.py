"""Pieces that silhouettes are put together from: polygons [n, 2] of (x, y) in units of the silhouette."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Polygon = NDArray[np.float64]

__all__ = ["capsule", "ellipse", "limb", "profile"]

_TURN = np.linspace(0, 2 * math.pi, 40, endpoint=False)


def ellipse(centre: ArrayLike, half_axes: ArrayLike, tilt: float = 0.0) -> Polygon:
    """An ellipse with half axes (a, b), turned by `tilt` radians."""
    points = np.stack([np.cos(_TURN), np.sin(_TURN)], 1) * np.asarray(half_axes)
    cos, sin = math.cos(tilt), math.sin(tilt)
    turned = points @ np.array([[cos, sin], [-sin, cos]])
    return np.asarray(turned + np.asarray(centre), np.float64)


def capsule(start: ArrayLike, end: ArrayLike, start_radius: float, end_radius: float) -> Polygon:
    """A tapering limb: the hull of two half circles around its ends."""
    first, last = np.asarray(start, float), np.asarray(end, float)
    along = last - first
    heading = math.atan2(along[1], along[0])
    half = heading + np.linspace(math.pi / 2, 3 * math.pi / 2, 12)
    circle = np.stack([np.cos(half), np.sin(half)], 1)
    return np.concatenate([first + start_radius * circle, last - end_radius * circle])


def limb(start: ArrayLike, bones: list[tuple[float, float]], radii: list[float]) -> list[Polygon]:
    """A chain of capsules: each bone is (length, direction; 0 right, pi/2 down); one radius a joint."""
    pieces = []
    joint = np.asarray(start, float)
    for (length, heading), near, far in zip(bones, radii[:-1], radii[1:], strict=True):
        end = joint + length * np.array([math.cos(heading), math.sin(heading)])
        pieces.append(capsule(joint, end, near, far))
        joint = end
    return pieces


def profile(heights: ArrayLike, half_widths: ArrayLike, centre: float = 0.5) -> Polygon:
    """A turned thing (bottle, vase) seen from the side: half widths at increasing y, smoothly joined."""
    knots = np.asarray(heights, float)
    levels = np.linspace(knots[0], knots[-1], 40)
    width = np.interp(levels, knots, np.asarray(half_widths, float))
    width = np.convolve(np.pad(width, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    right = np.stack([centre + width, levels], 1)
    left = np.stack([centre - width, levels], 1)[::-1]
    return np.concatenate([right, left])
