"""Classical restoration: the floors that a learned restorer has to beat."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_restore.spec import method_specs

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register nine floors, by what they are told: nothing, the operator, or several exposures."""
    for spec in method_specs():
        register(spec)
