"""SCAT (Zuo et al., AAAI 2023): inpainting by segmentation confusion adversarial training and contrasts."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_scat.spec import SCAT

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `scat`."""
    register(SCAT)
