"""Drawing scenes: `sample_scene(seed, split)` gives the same scene on every machine.

Python's own generator is used, seeded by a string: its stream stays the same from version to version.
"""

from __future__ import annotations

import math
from random import Random

from .scene import Camera, Light, Scene, SceneObject, Vector
from .vocabulary import OBJECT_COUNT, SEEDS, SIZES, VERSION, Split, light_sectors, looks

# ours: CLEVR jitters a fixed camera and three lights; these ranges give its look with one key light.
CAMERA_DISTANCE = (10.5, 12.0)
CAMERA_ELEVATION = (24.0, 34.0)
CAMERA_AZIMUTH = (-180.0, 180.0)
CAMERA_FIELD = (32.0, 35.0)
TARGET_HEIGHT = 0.35
LIGHT_DISTANCE = 12.0
LIGHT_ELEVATION = (40.0, 60.0)
LIGHT_RADIUS = (0.7, 1.5)
LIGHT_POWER = (0.9, 1.1)
GROUND = (0.34, 0.46)
FLOOR = 3.1
"""Objects stand within this distance of the origin along x and along y."""
GAP = 0.18
"""Least free way between the bounding circles of two objects."""
MARGIN = 0.09
"""Share of the picture's side that every object's centre keeps from the border."""
CLEAR = 1.0
"""A nearer object's disc, this much enlarged, never covers the centre of a farther one."""
TRIES = 200


def sample_scene(seed: int, split: Split) -> Scene:
    """Return scene number `seed` of `split`: 3 to 8 objects in looks and light that only this split uses.

    The centre of every object is seen (no nearer object covers it). Raises `ValueError` when `seed` is not in
    `vocabulary.SEEDS[split]`.
    """
    allowed = SEEDS[split]
    if seed not in allowed:
        raise ValueError(f"{split} seeds run from {allowed.start} to {allowed.stop - 1}, not {seed}")
    random = Random(f"harness_scenes/{VERSION}/{split}/{seed}")
    azimuth = random.uniform(*CAMERA_AZIMUTH)
    camera = Camera(
        position=_polar(random.uniform(*CAMERA_DISTANCE), azimuth + 180.0, random.uniform(*CAMERA_ELEVATION)),
        target=(0.0, 0.0, TARGET_HEIGHT),
        field=_tidy(random.uniform(*CAMERA_FIELD)),
    )
    sector = random.choices(light_sectors(split), [hi - lo for lo, hi in light_sectors(split)])[0]
    light = Light(
        position=_polar(LIGHT_DISTANCE, azimuth + random.uniform(*sector), random.uniform(*LIGHT_ELEVATION)),
        radius=_tidy(random.uniform(*LIGHT_RADIUS)),
        power=_tidy(random.uniform(*LIGHT_POWER)),
    )
    ground = _tidy(random.uniform(*GROUND))
    count = random.randint(*OBJECT_COUNT)
    objects: list[SceneObject] = []
    while len(objects) < count:
        objects = _place(random, split, camera, count)
    return Scene(tuple(objects), camera, light, ground)


def light_azimuth(scene: Scene) -> float:
    """Return the key light's azimuth in degrees, 0 to 360, counter-clockwise from the viewing direction."""
    (x, y, _), (u, v, _) = scene.light.position, scene.camera.position
    return math.degrees(math.atan2(y, x) - math.atan2(-v, -u)) % 360.0


def _place(random: Random, split: Split, camera: Camera, count: int) -> list[SceneObject]:
    """Draw up to `count` objects, one after the other; fewer when the floor has become too full."""
    objects: list[SceneObject] = []
    for _ in range(TRIES):
        if len(objects) == count:
            break
        colour, shape, material = random.choice(looks(split))
        size = random.choice(tuple(SIZES))
        x, y = (_tidy(random.uniform(-FLOOR, FLOOR)) for _ in range(2))
        rotation = _tidy(random.uniform(0.0, 360.0))
        item = SceneObject(shape, colour, material, size, (x, y, SIZES[size]), rotation)
        if _inside(item, camera) and all(_apart(item, other, camera) for other in objects):
            objects.append(item)
    return objects


def _inside(item: SceneObject, camera: Camera) -> bool:
    column, row, _ = camera.project(item.position)
    return min(column, row) >= MARGIN and max(column, row) <= 1.0 - MARGIN


def _apart(a: SceneObject, b: SceneObject, camera: Camera) -> bool:
    """Say whether two objects neither touch nor hide each other's centres."""
    free = math.dist(a.position[:2], b.position[:2]) - _footprint(a) - _footprint(b)
    if free < GAP:
        return False
    (ax, ay, a_depth), (bx, by, b_depth) = camera.project(a.position), camera.project(b.position)
    near, depth = (a, a_depth) if a_depth < b_depth else (b, b_depth)
    disc = near.bound / (2.0 * depth * math.tan(math.radians(camera.field) / 2.0))
    return math.hypot(ax - bx, ay - by) > CLEAR * disc


def _footprint(item: SceneObject) -> float:
    return item.half * (math.sqrt(2.0) if item.shape == "cube" else 1.0)


def _polar(distance: float, azimuth: float, elevation: float) -> Vector:
    a, e = math.radians(azimuth), math.radians(elevation)
    flat = distance * math.cos(e)
    return _tidy(flat * math.cos(a)), _tidy(flat * math.sin(a)), _tidy(distance * math.sin(e))


def _tidy(value: float) -> float:
    """Round to four decimals: shorter scene graphs, and no last bit that depends on a machine's cosine."""
    return round(value, 4)
