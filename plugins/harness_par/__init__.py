"""PAR, the perceptual artifact ratio (Zhang et al., ECCV 2022), by its successor's network or a file of the user's."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec, MetricSpec
from harness_par.spec import PAR, PAR_IMAGE, PAR_ORIGINAL, PAR_RATIO, PAR_REFINE

__all__ = ["harness_register_methods", "harness_register_metrics"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `par` and `par-refine`."""
    register(PAR)
    register(PAR_REFINE)


@hookimpl
def harness_register_metrics(register: Callable[[MetricSpec], None]) -> None:
    """Register `par`, `par_image` and `par_original`."""
    for spec in (PAR_RATIO, PAR_IMAGE, PAR_ORIGINAL):
        register(spec)
