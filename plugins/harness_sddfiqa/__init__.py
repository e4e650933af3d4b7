"""SDD-FIQA (Ou et al., CVPR 2021): how well a face can be recognised, learnt from distances of similarities."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_sddfiqa.spec import SDD_FIQA

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `sddfiqa`."""
    register(SDD_FIQA)
