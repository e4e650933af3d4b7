"""Classical inpainters: the floors that a learned method has to beat."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_classical.spec import method_specs

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register mean, nearest, harmonic, biharmonic, telea, navier-stokes, telea-blur and patchmatch."""
    for spec in method_specs():
        register(spec)
