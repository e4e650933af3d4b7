"""Where rays meet solids, in numpy. The functions stand under the same names in `caster.frag`.

Rays are float32 arrays [N, 3] of origins and unit directions; a distance of `FAR` means that nothing is met.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import optics
from .scene import Scene

Floats = NDArray[np.float32]
FAR = np.float32(1e9)
BEVEL = np.float32(optics.CONSTANTS["BEVEL"])


@dataclass(frozen=True, slots=True)
class World:
    """A scene as arrays: `place`, `look`, `form` [objects, 4], `camera` [4, 3], `light` [3, 3] (`optics`)."""

    place: Floats
    look: Floats
    form: Floats
    camera: Floats
    light: Floats
    radius: float
    power: float
    ground: float

    @classmethod
    def of(cls, scene: Scene) -> World:
        """Lay a scene out as arrays."""
        rows = {
            name: np.array(table, np.float32).reshape(len(table), -1 if table else 4)  # no object: [0, 4]
            for name, table in optics.uniforms(scene).items()
        }
        return cls(**rows, radius=scene.light.radius, power=scene.light.power, ground=scene.ground)


def dot(a: Floats, b: Floats) -> Floats:
    """Return the scalar products along the last axis."""
    product: Floats = np.einsum("...i,...i->...", a, b)
    return product


def unit(a: Floats) -> Floats:
    """Return vectors of length 1."""
    scaled: Floats = (a / np.sqrt(dot(a, a))[..., None]).astype(np.float32, copy=False)
    return scaled


def turn(v: Floats, form: Floats) -> Floats:
    """Turn vectors of the scene into the frame of an object."""
    _, c, s, _ = form
    return np.stack((c * v[:, 0] + s * v[:, 1], c * v[:, 1] - s * v[:, 0], v[:, 2]), axis=1)


def unturn(v: Floats, form: Floats) -> Floats:
    """Turn vectors from the frame of an object back into the scene's."""
    _, c, s, _ = form
    return np.stack((c * v[:, 0] - s * v[:, 1], c * v[:, 1] + s * v[:, 0], v[:, 2]), axis=1)


def meet_sphere(o: Floats, d: Floats, r: np.float32) -> Floats:
    """Return the distance to a sphere of radius `r` about the origin."""
    b, c = dot(o, d), dot(o, o) - r * r
    s = b * b - c
    t = -b - np.sqrt(np.maximum(s, 0))
    return np.where((s >= 0) & (t > 0), t, FAR)


def meet_cube(o: Floats, d: Floats, h: np.float32) -> Floats:
    """Return the distance to the cube [-h, h]^3."""
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (-h - o) / d, (h - o) / d
    return _slab(np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1))


def meet_cylinder(o: Floats, d: Floats, h: np.float32) -> Floats:
    """Return the distance to the upright cylinder of radius `h` and height 2 `h` about the origin."""
    a, b = dot(d[:, :2], d[:, :2]), dot(o[:, :2], d[:, :2])
    s = b * b - a * (dot(o[:, :2], o[:, :2]) - h * h)
    root = np.sqrt(np.maximum(s, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        z0, z1 = (-h - o[:, 2]) / d[:, 2], (h - o[:, 2]) / d[:, 2]
        start = np.maximum((-b - root) / a, np.minimum(z0, z1))
        end = np.minimum((-b + root) / a, np.maximum(z0, z1))
    return np.where(s >= 0, _slab(start, end), FAR)


def meet(world: World, k: int, o: Floats, d: Floats) -> Floats:
    """Return the distance to object k."""
    p, h, form = o - world.place[k, :3], world.place[k, 3], world.form[k]
    if form[0] == 1:
        return meet_sphere(p, d, h)
    if form[0] == 2:
        return meet_cylinder(p, d, h)
    return meet_cube(turn(p, form), turn(d, form), h)


def first(world: World, o: Floats, d: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return what each ray meets first (1 + object, 0 the ground, -1 neither) and its distance."""
    down = d[:, 2] < 0
    t: Floats = np.where(down, -o[:, 2] / np.where(down, d[:, 2], 1), FAR).astype(np.float32)
    found = np.where(down, 0, -1)
    for k in range(len(world.place)):
        s = meet(world, k, o, d)
        closer = s < t
        t, found = np.where(closer, s, t), np.where(closer, k + 1, found)
    return found, t


def normal(world: World, ids: NDArray[np.intp], p: Floats) -> Floats:
    """Return the normals at points of what `first` found; edges are bent as if bevelled."""
    n = np.zeros_like(p)
    n[:, 2] = 1
    for k in range(len(world.place)):
        here = ids == k + 1
        if here.any():
            n[here] = _normal_of(world, k, p[here])
    return n


def _normal_of(world: World, k: int, p: Floats) -> Floats:
    q, form = (p - world.place[k, :3]) / world.place[k, 3], world.form[k]
    if form[0] == 1:
        return unit(q)
    if form[0] == 2:
        r = np.sqrt(dot(q[:, :2], q[:, :2]))[:, None]
        side = q[:, :2] / np.maximum(r, 1e-6) * _rise(r)
        return unit(np.concatenate((side, np.sign(q[:, 2:]) * _rise(np.abs(q[:, 2:]))), axis=1))
    q = turn(q, form)
    return unit(unturn(_rise(np.abs(q)) * np.sign(q), form))


def _rise(q: Floats) -> Floats:
    """Return how far a coordinate (1 on the surface) is into the bevel, squared."""
    w: Floats = np.maximum(0, (q - (1 - BEVEL)) / BEVEL)
    return w * w


def _slab(start: Floats, end: Floats) -> Floats:
    return np.where((start < end) & (start > 0), start, FAR)
