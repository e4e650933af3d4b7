"""One call for a picture of a scene: `render(scene, size)`, on whichever backend runs here."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import render_gl, render_numpy
from .scene import Scene

Backend = Literal["auto", "gl", "numpy"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture and its exact truth; H = W = size.

    `image` uint8 [H, W, 3] sRGB; `instances` uint8 [H, W], 0 background, k + 1 object k, sampled at pixel
    centres; `backend` names what ran ("gl" or "numpy").
    """

    image: NDArray[np.uint8]
    instances: NDArray[np.uint8]
    classes: tuple[int, ...]
    backend: str

    @property
    def silhouettes(self) -> NDArray[np.bool_]:
        """Visible pixels of every object, bool [objects, H, W]."""
        numbers = np.arange(1, len(self.classes) + 1, dtype=np.uint8)
        shown: NDArray[np.bool_] = self.instances[None] == numbers[:, None, None]
        return shown

    @property
    def labels(self) -> NDArray[np.uint8]:
        """Class of every pixel, uint8 [H, W]; an index into `vocabulary.LABELS`."""
        return label_map(self.instances, self.classes)


def render(scene: Scene, size: int, backend: Backend = "auto") -> Rendered:
    """Render a square picture of `size` pixels (1 or more).

    "auto" takes OpenGL (EGL) where it works and numpy elsewhere; why OpenGL does not work is warned of once a
    process. "gl" raises that reason instead. Raises `ValueError` for a size below 1 or an unknown backend.
    """
    if size < 1:
        raise ValueError(f"size is {size}, not 1 or more")
    if backend not in ("auto", "gl", "numpy"):
        raise ValueError(f"backend is {backend!r}, not one of auto, gl, numpy")
    chosen = _working_backend() if backend == "auto" else backend
    image, instances = (render_gl if chosen == "gl" else render_numpy).render(scene, size)
    return Rendered(image, instances, tuple(item.label for item in scene.objects), chosen)


def label_map(instances: NDArray[np.uint8], classes: tuple[int, ...]) -> NDArray[np.uint8]:
    """Turn an instance map into a label map; `classes[k]` is the class of instance k + 1."""
    return np.array((0, *classes), np.uint8)[instances]


@cache
def _working_backend() -> str:
    """Try OpenGL once. Any failure counts: drivers raise anything, and numpy gives the same picture."""
    try:
        render_gl.renderer_name()
    except Exception as error:
        warnings.warn(
            f"OpenGL does not run here ({type(error).__name__}: {error}); numpy renders the scenes, slower",
            RuntimeWarning,
            stacklevel=3,
        )
        return "numpy"
    return "gl"
