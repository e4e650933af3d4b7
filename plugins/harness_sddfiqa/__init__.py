"""SDD-FIQA (Ou et al., CVPR 2021): how well a face can be recognised, learnt from distances of similarities."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.hookspecs import hookimpl
from harness.specs import EmbedderSpec, MethodSpec, MetricSpec, SuiteSpec
from harness_sddfiqa.protocol_spec import EDC_MFN, EDC_SDD, FACE_R50, SDD_PROTOCOL
from harness_sddfiqa.spec import FACE_MFN, RIVALS, SDD_FIQA

if TYPE_CHECKING:
    import click

__all__ = [
    "harness_register_commands",
    "harness_register_embedders",
    "harness_register_methods",
    "harness_register_metrics",
    "harness_register_suites",
]


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `sddfiqa` and rivals on the small recogniser."""
    for method in (SDD_FIQA, *RIVALS):
        register(method)


@hookimpl
def harness_register_embedders(register: Callable[[EmbedderSpec], None]) -> None:
    """Register `face-mfn` and `face-r50`."""
    register(FACE_MFN)
    register(FACE_R50)


@hookimpl
def harness_register_metrics(register: Callable[[MetricSpec], None]) -> None:
    """Error against discard with `face-mfn`, and by the paper's protocol."""
    register(EDC_MFN)
    register(EDC_SDD)


@hookimpl
def harness_register_suites(register: Callable[[SuiteSpec], None]) -> None:
    """The paper's protocol."""
    register(SDD_PROTOCOL)


@hookimpl
def harness_register_commands(cli: click.Group) -> None:
    """Add `harness sddfiqa`."""
    from harness_sddfiqa.command import sddfiqa_command

    cli.add_command(sddfiqa_command)
