"""Rendered scenes whose truth is exactly known: a renderer, training scenes, an evaluation set and its holes.

Import `harness_scenes.sampling`, `.render` and `.training` for the renderer; importing the package itself
imports neither numpy nor moderngl.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec, DegradationSpec, MaskSetSpec, MethodSpec, MetricSpec

from .spec import (
    LABEL_MEAN,
    LABEL_PATCHES,
    REMOVED_OBJECT,
    SCENE_CUTS,
    SCENES_HOLES,
    SCENES_REMOVAL,
    SEG_ACCURACY,
    SEG_MIOU,
)

__all__ = [
    "harness_register_datasets",
    "harness_register_degradations",
    "harness_register_methods",
    "harness_register_metrics",
]


@hookimpl
def harness_register_datasets(register: Callable[[DatasetSpec], None]) -> None:
    """Register `scenes-holes` and `scenes-removal`."""
    register(SCENES_HOLES)
    register(SCENES_REMOVAL)


@hookimpl
def harness_register_degradations(register: Callable[[DegradationSpec | MaskSetSpec], None]) -> None:
    """Register `scene-cuts` and `removed-object`."""
    register(SCENE_CUTS)
    register(REMOVED_OBJECT)


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `label-mean` and `label-patches`."""
    register(LABEL_MEAN)
    register(LABEL_PATCHES)


@hookimpl
def harness_register_metrics(register: Callable[[MetricSpec], None]) -> None:
    """Register `seg_miou` and `seg_accuracy`."""
    register(SEG_MIOU)
    register(SEG_ACCURACY)
