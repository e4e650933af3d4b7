"""Numbers and tables that both renderers share, so that they compute the same picture.

Radiance is linear; one unit is the white of the picture. All constants are ours, set by eye for CLEVR's look.
The picture equation, per sub-ray, with n the normal, l the way to the key light's centre, v to the viewer:

    key    = power * visibility * spot(p) * max(n.l, 0)
    direct = albedo * (KEY * key + FILL * max(n.f, 0) + hemisphere(n) * occlusion)
    gloss  = power * visibility * max(n.h, 0)^SHARPNESS, h halfway between l and v
    rubber = direct + RUBBER_GLOSS * gloss
    metal  = METAL_DIFFUSE * direct + METAL_GLOSS * gloss + fresnel * reflected

`visibility` is the share of `SHADOW_RAYS` points of the light's disc that are seen, `reflected` the direct
light at what the mirror ray meets (with `MIRROR_RAYS` shadow rays; a metal in a metal reflects the
surroundings only).
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Final

from .scene import Camera, Scene, Vector
from .vocabulary import COLOURS, SHAPES

CONSTANTS: Final = MappingProxyType(
    {
        "KEY": 1.05,
        "FILL": 0.16,
        "SKY": 0.42,
        "BOUNCE": 0.20,
        "RUBBER_GLOSS": 0.10,
        "RUBBER_SHARPNESS": 22.0,
        "METAL_DIFFUSE": 0.35,
        "METAL_GLOSS": 1.3,
        "METAL_SHARPNESS": 180.0,
        "METAL_BASE": 0.05,
        "METAL_TINT": 0.85,
        "OCCLUSION": 0.75,
        "BEVEL": 0.13,
        "OFFSET": 2e-3,
        "HORIZON": 0.62,
        "ZENITH": 0.30,
        "FOG": 30.0,
        "SPOT": 13.0,
        "BOX": 2.2,
        "BOX_INNER": math.cos(math.radians(9.0)),
        "BOX_OUTER": math.cos(math.radians(15.0)),
        "VIGNETTE": 0.30,
    }
)

SUB_RAYS: Final = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))
"""Offsets of the four sub-rays from the pixel's centre, in pixels (2 x 2, rotated grid)."""

SHADOW_RAYS: Final = 16
MIRROR_RAYS: Final = 4
GOLDEN: Final = math.pi * (3.0 - math.sqrt(5.0))


def light_pattern() -> tuple[tuple[float, float], ...]:
    """Return `SHADOW_RAYS` points of the unit disc for each sub-ray, one sub-ray after the other.

    A golden-angle spiral, interleaved between the sub-rays: 64 points in a pixel, and no noise that a numpy
    and a GLSL generator would have to agree on.
    """
    total = len(SUB_RAYS) * SHADOW_RAYS
    points = []
    for sub in range(len(SUB_RAYS)):
        for ray in range(SHADOW_RAYS):
            k = ray * len(SUB_RAYS) + sub
            radius, angle = math.sqrt((k + 0.5) / total), k * GOLDEN
            points.append((radius * math.cos(angle), radius * math.sin(angle)))
    return tuple(points)


def linear(colour: str) -> Vector:
    """Return the linear radiance (0 to 1) of a colour of the vocabulary."""
    r, g, b = (_decode(channel / 255.0) for channel in COLOURS[colour])
    return r, g, b


def uniforms(scene: Scene) -> dict[str, list[tuple[float, ...]]]:
    """Return what a renderer needs to know of a scene, as rows of float.

    `place` (x, y, z, half), `look` (linear r, g, b, 1 for metal), `form` (shape index, cos, sin, bound) have
    one row an object; `camera` is position, right, up, forward; `light` is centre, and two axes of its disc.
    """
    right, up, forward = scene.camera.basis()
    first, second = _disc_axes(scene.light.position, scene.light.radius)
    turns = [math.radians(item.rotation) for item in scene.objects]
    return {
        "place": [(*item.position, item.half) for item in scene.objects],
        "look": [(*linear(item.colour), float(item.material == "metal")) for item in scene.objects],
        "form": [
            (float(SHAPES.index(item.shape)), math.cos(turn), math.sin(turn), item.bound)
            for item, turn in zip(scene.objects, turns, strict=True)
        ],
        "camera": [scene.camera.position, right, up, forward],
        "light": [scene.light.position, first, second],
    }


def _decode(value: float) -> float:
    """Invert the sRGB transfer function (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _disc_axes(position: Vector, radius: float) -> tuple[Vector, Vector]:
    """Return two axes of length `radius`, perpendicular to each other and to the way to the origin."""
    x, y, z = position
    flat = math.hypot(x, y)
    first = (-y / flat * radius, x / flat * radius, 0.0)
    length = math.sqrt(flat * flat + z * z)
    second = (-x * z / flat / length * radius, -y * z / flat / length * radius, flat / length * radius)
    return first, second


def half_field(camera: Camera) -> float:
    """Return half the width of the picture on a plane at distance 1."""
    return math.tan(math.radians(camera.field) / 2.0)
