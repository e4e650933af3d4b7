"""HiFill (Yi et al., CVPR 2020): inpainting by contextual residual aggregation."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_hifill.spec import HIFILL

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `hifill`."""
    register(HIFILL)
