"""SmartBrush (Xie et al., CVPR 2023): an object that a text names, painted into a region of a picture."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_smartbrush.spec import BLENDED, SMARTBRUSH

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `smartbrush` and its rival with the same weights, `smartbrush-blended`."""
    register(SMARTBRUSH)
    register(BLENDED)
