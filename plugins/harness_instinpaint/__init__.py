"""Inst-Inpaint (Yildirim et al. 2023): objects removed by an instruction; and what that is measured against."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_instinpaint.spec import BASELINES, METHODS

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register the editor in its three forms, `identity`, `oracle-mask` and `refer-then-inpaint`."""
    for spec in (*METHODS, *BASELINES):
        register(spec)
