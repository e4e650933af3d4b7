"""CoordFill (Liu et al., AAAI 2023): inpainting by parameterised coordinate querying."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_coordfill.spec import COORDFILL

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `coordfill`."""
    register(COORDFILL)
