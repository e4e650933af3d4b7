"""ASAP-Net (Shaham et al., CVPR 2021): label maps to photographs, and the same network as an inpainter."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_asapnet.spec import ASAPNET, ASAPNET_INPAINT

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `asapnet` and `asapnet-inpaint`."""
    register(ASAPNET)
    register(ASAPNET_INPAINT)
