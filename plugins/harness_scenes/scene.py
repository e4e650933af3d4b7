"""The scene graph: what stands where, seen from where, lit from where.

Units: the ground is the plane z = 0, z points up, lengths are scene units (a large cube has an edge of 1.44),
angles are degrees. Objects are numbered by their place in `Scene.objects`; instance k + 1 of a rendered map
is object k, 0 is the background. A scene with an object less is `dataclasses.replace(scene, objects=...)`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .vocabulary import COLOURS, LABELS, MATERIALS, SHAPES, SIZES

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SceneObject:
    """One solid standing on the ground.

    `position` is its centre (z = half its height), `rotation` its turn about the vertical axis.
    Raises `ValueError` for a word that is not in `vocabulary`.
    """

    shape: str
    colour: str
    material: str
    size: str
    position: Vector
    rotation: float

    def __post_init__(self) -> None:
        words = ((self.shape, SHAPES), (self.colour, COLOURS), (self.material, MATERIALS), (self.size, SIZES))
        for word, allowed in words:
            if word not in allowed:
                raise ValueError(f"{word!r} is none of {', '.join(allowed)}")

    @property
    def half(self) -> float:
        """Half the edge of a cube; radius and half the height of a sphere or cylinder."""
        return SIZES[self.size]

    @property
    def bound(self) -> float:
        """Radius of the smallest sphere about `position` that holds the object."""
        return self.half * {"cube": math.sqrt(3.0), "sphere": 1.0, "cylinder": math.sqrt(2.0)}[self.shape]

    @property
    def label(self) -> int:
        """Class of the object's pixels in a label map."""
        return LABELS.index(self.shape)


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole at `position` looking at `target`; `field` is the full angle of view, both ways."""

    position: Vector
    target: Vector
    field: float

    def basis(self) -> tuple[Vector, Vector, Vector]:
        """Return the unit vectors right, up and forward of the camera."""
        forward = _unit(_minus(self.target, self.position))
        right = _unit((forward[1], -forward[0], 0.0))
        return right, _cross(right, forward), forward

    def project(self, point: Vector) -> tuple[float, float, float]:
        """Return (column, row, depth) of a point; column and row run from 0 to 1 inside the picture."""
        right, up, forward = self.basis()
        offset = _minus(point, self.position)
        depth = _dot(offset, forward)
        scale = 2.0 * depth * math.tan(math.radians(self.field) / 2.0)
        return 0.5 + _dot(offset, right) / scale, 0.5 - _dot(offset, up) / scale, depth


@dataclass(frozen=True, slots=True)
class Light:
    """The key light: a disc of `radius` at `position`, facing the origin; `power` scales its radiance."""

    position: Vector
    radius: float
    power: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Objects on a ground of grey `ground` (linear, 0 to 1), a camera and a key light."""

    objects: tuple[SceneObject, ...]
    camera: Camera
    light: Light
    ground: float

    def to_dict(self) -> dict[str, Any]:
        """Return the scene as plain JSON types; `from_dict` gives an equal scene back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scene:
        """Build a scene from what `to_dict` returned. Raises `KeyError` or `TypeError` for another shape."""
        camera, light = data["camera"], data["light"]
        return cls(
            objects=tuple(SceneObject(**{**item, "position": _vector(item["position"])}) for item in data["objects"]),
            camera=Camera(_vector(camera["position"]), _vector(camera["target"]), camera["field"]),
            light=Light(_vector(light["position"]), light["radius"], light["power"]),
            ground=data["ground"],
        )


def _vector(values: Any) -> Vector:
    x, y, z = values
    return float(x), float(y), float(z)


def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _unit(a: Vector) -> Vector:
    length = math.sqrt(_dot(a, a))
    return a[0] / length, a[1] / length, a[2] / length
