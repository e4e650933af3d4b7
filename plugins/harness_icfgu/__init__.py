"""ICF-GU (Zeng et al., ECCV 2020): inpainting in rounds of confidence, with guided upsampling."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_icfgu.spec import ICFGU

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `icfgu`."""
    register(ICFGU)
