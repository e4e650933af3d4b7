"""Rendered scenes whose truth is exactly known: a renderer, training scenes, an evaluation set and its holes.

Import `harness_scenes.sampling`, `.render` and `.training` for the renderer; importing the package itself
imports neither numpy nor moderngl.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec, DegradationSpec, MaskSetSpec

from .spec import SCENE_CUTS, SCENES_HOLES

__all__ = ["harness_register_datasets", "harness_register_degradations"]


@hookimpl
def harness_register_datasets(register: Callable[[DatasetSpec], None]) -> None:
    """Register `scenes-holes`."""
    register(SCENES_HOLES)


@hookimpl
def harness_register_degradations(register: Callable[[DegradationSpec | MaskSetSpec], None]) -> None:
    """Register `scene-cuts`."""
    register(SCENE_CUTS)
