"""What checks are given: the thing built once, and ordinary inputs for it. These modules bring torch and numpy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from harness.testing.conformance.subjects.subject import Subject

if TYPE_CHECKING:
    from harness.testing.conformance.targets import Target

__all__ = ["Subject", "subject_of"]

_CLASSES = {
    "method": "method:MethodSubject",
    "metric": "metric:MetricSubject",
    "dataset": "dataset:DatasetSubject",
    "mask": "mask_set:MaskSetSubject",
    "degradation": "degradation:DegradationSubject",
    "embedder": "embedder:EmbedderSubject",
    "suite": "suite:SuiteSubject",
}


def subject_of(target: Target) -> Subject:
    """The subject of a target's kind; a broken plugin has the plain one."""
    if target.kind not in _CLASSES:
        return Subject(target)
    module, _, name = _CLASSES[target.kind].partition(":")
    made: Subject = getattr(import_module(f"{__name__}.{module}"), name)(target)
    return made
