"""The scene on a GPU or on Mesa's llvmpipe: one GLSL fragment shader (`caster.frag`), no display needed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import optics
from .scene import Scene
from .vocabulary import OBJECT_COUNT

MOST = OBJECT_COUNT[1]
_CORNERS = """#version 330
void main() { gl_Position = vec4(4 * (gl_VertexID & 1) - 1, 2 * (gl_VertexID & 2) - 1, 0, 1); }"""


def render(scene: Scene, size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the picture (size x size x 3, sRGB) and the instance at every pixel's centre (size x size).

    Raises `ImportError` without moderngl, and moderngl's own error when no EGL context can be made.
    """
    context, program = _program()
    for name, table in _tables(scene).items():
        program[name].write(np.array(table, np.float32).tobytes())
    for name, value in _numbers(scene, size).items():
        program[name] = value
    frame = context.simple_framebuffer((size, size), components=4)
    try:
        frame.use()
        context.vertex_array(program, []).render(vertices=3)
        data = np.frombuffer(frame.read(components=4), np.uint8).reshape(size, size, 4)
    finally:
        frame.release()
    return data[..., :3].copy(), data[..., 3].copy()


def renderer_name() -> str:
    """Return the name that the OpenGL driver gives itself, for manifests."""
    return str(_program()[0].info["GL_RENDERER"])


@cache
def _program() -> tuple[Any, Any]:
    """Make the context and compile the shader, once a process. moderngl is untyped, hence `Any`."""
    import moderngl

    # torch's first optimiser imports triton, whose LLVM ends the process if it comes after that of Mesa's llvmpipe
    with suppress(ImportError):
        import_module("triton")
    settings: dict[str, Any] = {"backend": "egl"}  # moderngl's own annotation asks for dicts as values
    context = moderngl.create_context(standalone=True, **settings)
    integers = {
        "MOST": MOST,
        "SUBS": len(optics.SUB_RAYS),
        "SHADOW_RAYS": optics.SHADOW_RAYS,
        "MIRROR_RAYS": optics.MIRROR_RAYS,
    }
    header = ["#version 330"]
    header += [f"#define {name} {float(value)!r}" for name, value in optics.CONSTANTS.items()]
    header += [f"#define {name} {number}" for name, number in integers.items()]
    body = (files(__package__) / "caster.frag").read_text(encoding="utf-8")
    return context, context.program(vertex_shader=_CORNERS, fragment_shader="\n".join([*header, body]))


def _tables(scene: Scene) -> dict[str, Sequence[tuple[float, ...]]]:
    """Return the shader's arrays; those of the objects are filled up to `MOST` rows."""
    rows = optics.uniforms(scene)
    empty: list[tuple[float, ...]] = [(0.0,) * 4] * (MOST - len(scene.objects))
    objects = {name: rows[name] + empty for name in ("place", "look", "form")}
    shared = {"pattern": optics.light_pattern(), "subs": optics.SUB_RAYS}
    return {**objects, "camera": rows["camera"], "light": rows["light"], **shared}


def _numbers(scene: Scene, size: int) -> dict[str, float]:
    """Return the shader's single values."""
    return {
        "count": len(scene.objects),
        "power": scene.light.power,
        "radius": scene.light.radius,
        "ground": scene.ground,
        "half_field": optics.half_field(scene.camera),
        "size": float(size),
    }
