"""GDP (Fei et al., CVPR 2023): restoration and inpainting guided through a diffusion prior."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_gdp.rival_spec import RIVALS
from harness_gdp.spec import GDP, GDP_BLIND, GDP_HDR, GDP_INPAINT

__all__ = ["harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `gdp`, `gdp-blind`, `gdp-hdr` and `gdp-inpaint`; `ddrm`, `dps` and `diffpir` with the same prior."""
    for spec in (GDP, GDP_BLIND, GDP_HDR, GDP_INPAINT, *RIVALS):
        register(spec)
