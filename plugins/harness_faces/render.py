"""A picture of a person in a view, by OpenGL on a GPU or on Mesa's llvmpipe; no display needed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .colour import uniforms
from .head import Floats, head, texture
from .identity import Identity
from .view import View

__all__ = ["LANDMARKS", "Portrait", "render"]

FIELD, AWAY, OVER = 27.0, 75.0, 2
"""Centimetres that the picture spans at the face, centimetres to the camera, samples a side of a pixel."""
LANDMARKS = ("right eye", "left eye", "nose", "right mouth corner", "left mouth corner")
"""Of the face's own sides; the right eye stands left in the picture."""
_SHIFT = (0.0, 2.0, 0.0)
_MARKS = ((0.0, -3.7, 3.5), (-2.52, -6.45, 0.5), (2.52, -6.45, 0.5))


@dataclass(frozen=True, slots=True)
class Portrait:
    """`image` uint8 [S, S, 3] sRGB; `landmarks` float64 [5, 2], x and y in pixels, in the order of `LANDMARKS`."""

    image: NDArray[np.uint8]
    landmarks: Floats


def render(person: Identity, view: View, size: int = 192) -> Portrait:
    """Draw a picture of `size` x `size` pixels.

    Raises `ImportError` without moderngl or anny, and moderngl's own error when no EGL context can be made.
    """
    model, stage = head(), _stage()
    vertices = model.vertices(person, view.expression)
    vertices = vertices + (_hair(person, model.canon) * (1.0 - model.ears))[:, None] * model.normals(vertices)
    turn = _turn(view)
    stage.moving.write(_corners(vertices, model.normals(vertices), model.faces))
    for name, value in uniforms(person, view).items():
        stage.program[name] = value
    focal = 2.0 * AWAY / FIELD
    stage.program["turn"] = tuple(turn.T.ravel())
    stage.program["focal"], stage.program["away"], stage.program["shift"] = focal, AWAY, _SHIFT
    cover, colour = stage.draw(size * OVER)
    image = _compose(colour, cover, view, size)
    return Portrait(image, _project(_marks(vertices, model), turn, size))


class _Stage:
    """The context, the program and the buffers, made once a process."""

    def __init__(self) -> None:
        import moderngl

        # torch's first optimiser imports triton, whose LLVM ends the process if it comes after that of Mesa's llvmpipe
        with suppress(ImportError):
            import_module("triton")
        settings: dict[str, Any] = {"backend": "egl"}  # moderngl's own annotation asks for dicts as values
        self.context = moderngl.create_context(standalone=True, **settings)
        sources = [(files(__package__) / f"face.{end}").read_text(encoding="utf-8") for end in ("vert", "frag")]
        vertex, fragment = ("#version 330\n" + source for source in sources)
        self.program = self.context.program(vertex_shader=vertex, fragment_shader=fragment)
        model = head()
        self.moving = self.context.buffer(reserve=model.faces.size * 6 * 4)
        fixed = np.concatenate(
            [
                model.canon[model.faces],
                model.uv,
                np.repeat(model.parts[:, None, None], 3, axis=1),
                np.stack([model.rim, model.ears], axis=1)[model.faces],
            ],
            axis=2,
        )
        still = self.context.buffer(fixed.astype(np.float32).tobytes())
        layout = [(self.moving, "3f 3f", "position", "normal"), (still, "3f 2f 1f 2f", "canon", "uv", "part", "rim")]
        self.array = self.context.vertex_array(self.program, layout)
        plane = np.flipud(texture("lips"))
        self.lips = self.context.texture(plane.shape[::-1], 1, np.ascontiguousarray(plane).tobytes())
        self.program["eyes"] = [tuple(row) for row in model.eye_centres]

    def draw(self, size: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return what share of every pixel the head covers (0 or 1) [S, S, 1], and its colour [S, S, 3]."""
        import moderngl

        frame = self.context.framebuffer(
            self.context.renderbuffer((size, size), 4), self.context.depth_renderbuffer((size, size))
        )
        try:
            frame.use()
            frame.clear(0.0, 0.0, 0.0, 0.0)
            self.context.enable(moderngl.DEPTH_TEST)
            self.lips.use(0)
            self.array.render()
            data = np.frombuffer(frame.read(components=4), np.uint8).reshape(size, size, 4)[::-1]
        finally:
            for attached in (*frame.color_attachments, frame.depth_attachment, frame):
                attached.release()
        return (data[..., 3:] > 0).astype(np.float32), data[..., :3].copy()


@cache
def _stage() -> _Stage:
    return _Stage()


def _corners(vertices: Floats, normals: Floats, faces: NDArray[np.int64]) -> bytes:
    return np.concatenate([vertices[faces], normals[faces]], axis=2).astype(np.float32).tobytes()


def _turn(view: View) -> Floats:
    """Return the rotation: roll after pitch after yaw."""
    yaw, pitch, roll = np.radians([view.yaw, view.pitch, view.roll])
    about_y = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    about_x = [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    about_z = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    turn: Floats = np.array(about_z) @ np.array(about_x) @ np.array(about_y)
    return turn


def _hair(person: Identity, canon: Floats) -> Floats:
    """Return by how many centimetres hair stands off the skin, [V]."""
    if person.colouring["bald"] > 0.9:
        return np.zeros(len(canon))
    x, y, z = canon.T
    line = 5.4 + 2.4 * person.colouring["hair_line"] - 0.035 * x**2
    top = np.clip((y - line) / 2.5, 0.0, 1.0)
    back = np.clip((-8.0 - z) / 3.0, 0.0, 1.0) * np.clip((y + 8.0) / 3.0, 0.0, 1.0)
    height: Floats = np.maximum(top, back) * (0.3 + 2.2 * person.colouring["hair_volume"])
    return height


def _marks(vertices: Floats, model: Any) -> Floats:
    """Return the landmarks in centimetres: eyeballs' fronts, and the vertices of nose tip and mouth corners."""
    indices = [int(np.argmin(((model.canon - np.array(mark)) ** 2).sum(1))) for mark in _MARKS]
    eyes = [
        int(np.argmin(((model.canon - (centre + np.array([0.0, 0.0, 1.5]))) ** 2).sum(1)))
        for centre in model.eye_centres
    ]
    return np.asarray(vertices[eyes + indices])


def _project(points: Floats, turn: Floats, size: int) -> Floats:
    world = points @ turn.T + np.array(_SHIFT)
    flat = world[:, :2] * (2.0 * AWAY / FIELD) / (AWAY - world[:, 2:])
    return np.stack([(flat[:, 0] + 1.0) * size / 2.0 - 0.5, (1.0 - flat[:, 1]) * size / 2.0 - 0.5], axis=1)


def _compose(colour: NDArray[np.uint8], cover: NDArray[np.float32], view: View, size: int) -> NDArray[np.uint8]:
    """Lay the head over a ground of two colours and bring the samples down to pixels."""
    rng = np.random.default_rng(int(view.grain * 1e6))
    above, below = (np.array(end) ** (1 / 2.2) * 255.0 for end in view.ground)
    coarse = rng.uniform(0.0, 1.0, (5, 5, 1)) * 0.5 + np.linspace(0.0, 0.5, 5)[:, None, None]
    blend = cv2.resize(coarse.astype(np.float32), (colour.shape[1],) * 2, interpolation=cv2.INTER_CUBIC)[..., None]
    ground = above + (below - above) * np.clip(blend, 0.0, 1.0)
    whole = (colour * cover + ground * (1.0 - cover)).astype(np.float32)
    small = cv2.resize(whole, (size, size), interpolation=cv2.INTER_AREA)
    pixels: NDArray[np.uint8] = np.clip(np.rint(small), 0, 255).astype(np.uint8)
    return pixels
