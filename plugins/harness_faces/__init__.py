"""Rendered faces with known identities: heads by `anny`, a rasteriser, degradations of known strength.

Importing the package imports neither numpy nor torch, moderngl or anny (extra `synth`).
"""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec, EmbedderSpec, MethodSpec, MetricSpec, SuiteSpec

from . import spec

__all__ = [
    "harness_register_datasets",
    "harness_register_embedders",
    "harness_register_methods",
    "harness_register_metrics",
    "harness_register_suites",
]


@hookimpl
def harness_register_datasets(register: Callable[[DatasetSpec], None]) -> None:
    """The committed evaluation set."""
    register(spec.FACES_SYNTH)


@hookimpl
def harness_register_embedders(register: Callable[[EmbedderSpec], None]) -> None:
    """dlib's recogniser."""
    register(spec.FACE_DLIB)


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Rivals of face quality methods, and a ceiling."""
    for rival in spec.RIVALS:
        register(rival)


@hookimpl
def harness_register_metrics(register: Callable[[MetricSpec], None]) -> None:
    """Error against discard with dlib's recogniser, and rank correlation with utility."""
    register(spec.EDC)
    register(spec.SRCC_UTILITY)


@hookimpl
def harness_register_suites(register: Callable[[SuiteSpec], None]) -> None:
    """Face image quality."""
    register(spec.FIQA)
