"""The scene without OpenGL: the same maths as `caster.frag`, on arrays of rays. Needs numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import optics
from .geometry import FAR, Floats, World, dot, first, meet, normal, unit
from .scene import Scene

Ids = NDArray[np.intp]
C = {name: np.float32(value) for name, value in optics.CONSTANTS.items()}


def render(scene: Scene, size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the picture (size x size x 3, sRGB) and the instance at every pixel's centre (size x size)."""
    picture = np.rint(_encode(_traced(scene, size, 1.0)) * 255).astype(np.uint8)
    return picture, instances(scene, size)


def radiance(scene: Scene, size: int) -> Floats:
    """Return the linear light of every pixel, float32 [size, size, 3], 1 = the white of the picture.

    Before any tone curve: highlights are as bright as they are, where `render` cuts every sub-ray off at 1.
    """
    return _traced(scene, size, np.inf)


def instances(scene: Scene, size: int) -> NDArray[np.uint8]:
    """Return the instance at every pixel's centre, uint8 [size, size]: 0 background, k + 1 object k. Shades nothing."""
    world = World.of(scene)
    found = np.maximum(first(world, *_rays(scene, world, size, _centres(size)))[0], 0)
    return found.astype(np.uint8).reshape(size, size)


def _centres(size: int) -> Floats:
    """Return (column, row) of every pixel's centre, row by row: [size * size, 2]."""
    rows, columns = np.indices((size, size)).reshape(2, -1)
    return np.stack((columns, rows), axis=1).astype(np.float32) + np.float32(0.5)


def _rays(scene: Scene, world: World, size: int, at: Floats) -> tuple[Floats, Floats]:
    """Return origins and unit directions of the rays through points (column, row) of the picture."""
    s = (2 * at / np.float32(size) - 1) * np.float32(optics.half_field(scene.camera))
    _, right, up, forward = world.camera
    d = unit(forward + s[:, :1] * right - s[:, 1:] * up)
    return np.broadcast_to(world.camera[0], d.shape), d


def _traced(scene: Scene, size: int, white: float) -> Floats:
    """Return the mean over the sub-rays of every pixel's light, each cut off at `white`: [size, size, 3]."""
    world, centre = World.of(scene), _centres(size)
    shown = np.zeros((size * size, 3), np.float32)
    for sub, offset in enumerate(optics.SUB_RAYS):
        rays = _rays(scene, world, size, centre + np.array(offset, np.float32))
        shown += np.minimum(_radiance(world, *rays, sub, bounce=True), np.float32(white))
    off: Floats = 2 * centre / np.float32(size) - 1
    shown *= (1 - C["VIGNETTE"] * dot(off, off) / 2)[:, None] / len(optics.SUB_RAYS)
    return shown.reshape(size, size, 3)


@dataclass(frozen=True, slots=True)
class _Hits:
    """Points that rays meet: what (0 the ground, k + 1 object k), where, normals, the rays' directions."""

    ids: Ids
    p: Floats
    n: Floats
    d: Floats
    metal: NDArray[np.bool_]


def _radiance(world: World, o: Floats, d: Floats, sub: int, *, bounce: bool) -> Floats:
    """Return the light that comes along each ray.

    With `bounce` it is the shader's `radiance`; without, its `mirrored`: a metal mirrors the surroundings
    only, and the ground fades into them.
    """
    ids, t = first(world, o, d)
    light = np.empty_like(d)
    lost = ids < 0
    light[lost] = _environment(world, d[lost])[:, None]
    if lost.all():
        return light
    ids, o, d, t = ids[~lost], o[~lost], d[~lost], t[~lost]
    p = o + t[:, None] * d
    metal = np.concatenate(([False], world.look[:, 3] > 0.5))[ids]
    hits = _Hits(ids, p, normal(world, ids, p), d, metal)
    shed, gloss = _direct(world, hits, sub, optics.SHADOW_RAYS if bounce else optics.MIRROR_RAYS)
    rubber = (ids > 0) & ~metal
    shed[rubber] += C["RUBBER_GLOSS"] * gloss[rubber, None]
    if not bounce:
        fog, floor = np.exp(-t * t / (C["FOG"] * C["FOG"]))[:, None], ids == 0
        shed[floor] = (_environment(world, d)[:, None] * (1 - fog) + shed * fog)[floor]
    if metal.any():
        mirror = C["METAL_GLOSS"] * gloss[metal, None] + _mirror(world, hits, sub, bounce=bounce)
        shed[metal] = C["METAL_DIFFUSE"] * shed[metal] + mirror
    light[~lost] = shed
    return light


def _mirror(world: World, hits: _Hits, sub: int, *, bounce: bool) -> Floats:
    """Return what the metal points mirror, tinted by their colour."""
    m = hits.metal
    n, d = hits.n[m], hits.d[m]
    r = d - 2 * dot(d, n)[:, None] * n
    if bounce:
        seen = _radiance(world, hits.p[m] + C["OFFSET"] * n, r, sub, bounce=False)
    else:
        seen = _environment(world, r)[:, None]
    return _fresnel(world.look[hits.ids[m] - 1, :3], -dot(n, d)) * seen


def _direct(world: World, hits: _Hits, sub: int, rays: int) -> tuple[Floats, Floats]:
    """Return the light that leaves each point towards -d but for mirrors, and the key light's gloss alone."""
    p, n, centre, power = hits.p, hits.n, world.light[0], np.float32(world.power)
    lamp = unit(centre - p)
    fill = unit(np.array((-centre[0], -centre[1], centre[2]), np.float32))
    facing = np.maximum(dot(n, lamp), 0)
    lit = facing > 0
    seen = np.zeros(len(p), np.float32)
    seen[lit] = _visibility(world, p[lit] + C["OFFSET"] * n[lit], sub, rays)
    spot = np.exp(-dot(p[:, :2], p[:, :2]) / (C["SPOT"] * C["SPOT"]))
    sky = C["BOUNCE"] + (C["SKY"] - C["BOUNCE"]) * (np.float32(0.5) + np.float32(0.5) * n[:, 2])
    shed = C["KEY"] * power * spot * facing * seen
    shed += C["FILL"] * np.maximum(n @ fill, 0) + sky * _occlusion(world, p, n, hits.ids)
    sharpness = np.where(hits.metal, C["METAL_SHARPNESS"], C["RUBBER_SHARPNESS"])
    gloss: Floats = seen * power * np.maximum(dot(n, unit(lamp - hits.d)), 0) ** sharpness
    albedo = np.concatenate((np.full((1, 3), world.ground, np.float32), world.look[:, :3]))[hits.ids]
    return albedo * shed[:, None], gloss


def _visibility(world: World, p: Floats, sub: int, rays: int) -> Floats:
    """Return the share of `rays` points of the light's disc that each point sees.

    Only the points whose way to the disc can touch an object's bounding sphere are tested against the object.
    """
    axis = world.light[0] - p
    way = np.sqrt(dot(axis, axis))
    axis = axis / way[:, None]
    near = []
    for place, form in zip(world.place, world.form, strict=True):
        c, bound = place[:3] - p, form[3]
        along = dot(c, axis)
        aside = c - along[:, None] * axis
        wide = bound + np.float32(world.radius) * (along + bound) / way
        near.append(np.flatnonzero((along > -bound) & (np.sqrt(dot(aside, aside)) < wide)))
    seen = np.zeros(len(p), np.float32)
    table = np.array(optics.light_pattern(), np.float32)[sub * optics.SHADOW_RAYS :][: optics.SHADOW_RAYS]
    for at in table[:: optics.SHADOW_RAYS // rays]:
        target = world.light[0] + at[0] * world.light[1] + at[1] * world.light[2]
        open_ = np.ones(len(p), bool)
        for k, here in enumerate(near):
            undecided = here[open_[here]]
            way_out = unit(target - p[undecided])
            open_[undecided] = meet(world, k, p[undecided], way_out) >= FAR
        seen += open_
    return seen / np.float32(rays)


def _occlusion(world: World, p: Floats, n: Floats, ids: Ids) -> Floats:
    """Return how open the sky is at each point, the other objects taken for spheres."""
    open_: Floats = np.ones(len(p), np.float32)
    for k, place in enumerate(world.place):
        c = place[:3] - p
        squared = dot(c, c)
        share = C["OCCLUSION"] * np.maximum(dot(n, c), 0) / np.sqrt(squared)
        open_ *= np.where(ids == k + 1, 1, 1 - share * np.minimum(1, place[3] * place[3] / squared))
    return open_


def _environment(world: World, d: Floats) -> Floats:
    """Return the surroundings' light from direction d: a grey sky and the key light's soft box."""
    x = (d @ unit(world.light[0]) - C["BOX_OUTER"]) / (C["BOX_INNER"] - C["BOX_OUTER"])
    x = np.clip(x, 0, 1)
    box = C["BOX"] * np.float32(world.power) * x * x * (3 - 2 * x)
    light: Floats = C["HORIZON"] + C["ZENITH"] * np.clip(d[:, 2], 0, 1) + box
    return light


def _fresnel(tint: Floats, cosine: Floats) -> Floats:
    """Return the mirrored share by colour (Schlick, 1994)."""
    base = C["METAL_BASE"] + C["METAL_TINT"] * tint
    mirrored: Floats = base + (1 - base) * ((1 - np.clip(cosine, 0, 1)) ** 5)[:, None]
    return mirrored


def _encode(v: Floats) -> Floats:
    """Apply the sRGB transfer function (IEC 61966-2-1)."""
    high = np.float32(1.055) * np.maximum(v, np.float32(0.0031308)) ** np.float32(1 / 2.4) - np.float32(0.055)
    encoded: Floats = np.where(v < np.float32(0.0031308), v * np.float32(12.92), high)
    return encoded
