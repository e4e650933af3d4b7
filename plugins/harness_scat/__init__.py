"""SCAT (Zuo et al., AAAI 2023): inpainting by segmentation confusion adversarial training and contrasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.hookspecs import hookimpl
from harness.specs import MethodSpec
from harness_scat.spec import SCAT, SCAT_DETECT

if TYPE_CHECKING:
    import click

__all__ = ["harness_register_commands", "harness_register_methods"]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `scat` and `scat-detect`."""
    register(SCAT)
    register(SCAT_DETECT)


@hookimpl
def harness_register_commands(cli: click.Group) -> None:
    """Add `harness detect`."""
    from harness_scat.command import detect_command

    cli.add_command(detect_command)
