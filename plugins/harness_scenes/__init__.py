"""Rendered scenes whose truth is exactly known: a renderer, training scenes, an evaluation set and its holes.

Import `harness_scenes.sampling`, `.render` and `.training` for the renderer; importing the package itself
imports neither numpy nor moderngl.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec, DegradationSpec, MaskSetSpec, MethodSpec, MetricSpec

from .brush_specs import BRUSH_METRICS, OBJECT_SHAPE, RESTORATION_CROPS, SCENES_BRUSH, SCENES_HDR
from .instruct_specs import INSTRUCT_METRICS, SCENES_INSTRUCT
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
    """Register `scenes-holes`, `scenes-removal`, `scenes-brush`, `scenes-instruct`, `scenes-hdr`, their crops."""
    register(SCENES_HOLES)
    register(SCENES_REMOVAL)
    register(SCENES_BRUSH)
    register(SCENES_INSTRUCT)
    register(SCENES_HDR)
    register(RESTORATION_CROPS)


@hookimpl
def harness_register_degradations(register: Callable[[DegradationSpec | MaskSetSpec], None]) -> None:
    """Register `scene-cuts`, `removed-object` and `object-shape`."""
    register(SCENE_CUTS)
    register(REMOVED_OBJECT)
    register(OBJECT_SHAPE)


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `label-mean` and `label-patches`."""
    register(LABEL_MEAN)
    register(LABEL_PATCHES)


@hookimpl
def harness_register_metrics(register: Callable[[MetricSpec], None]) -> None:
    """Register `seg_miou` and `seg_accuracy`, and what outputs of suites `text-shape` and `instruct` are judged by."""
    register(SEG_MIOU)
    register(SEG_ACCURACY)
    for metric in (*BRUSH_METRICS, *INSTRUCT_METRICS):
        register(metric)
