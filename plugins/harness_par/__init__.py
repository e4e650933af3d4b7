"""PAR, the perceptual artifact ratio (Zhang et al., ECCV 2022), by its successor's network or a file of the user's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.hookspecs import hookimpl
from harness.specs import DatasetSpec, MethodSpec, MetricSpec, SuiteSpec
from harness_par.artifacts_spec import ARTIFACTS, ARTIFACTS_SYNTH, FINDERS
from harness_par.proxy_spec import PAR_PROXY, PROXY_ORIGINAL, PROXY_RATIO
from harness_par.spec import PAR, PAR_IMAGE, PAR_ORIGINAL, PAR_RATIO, PAR_REFINE

if TYPE_CHECKING:
    import click

__all__ = [
    "harness_register_commands",
    "harness_register_datasets",
    "harness_register_methods",
    "harness_register_metrics",
    "harness_register_suites",
]


@hookimpl
def harness_register_datasets(register: Callable[[DatasetSpec], None]) -> None:
    """Photographs with faults at known places."""
    register(ARTIFACTS_SYNTH)


@hookimpl
def harness_register_methods(register: Callable[[MethodSpec], None]) -> None:
    """Register `par`, `par-proxy` and `par-refine`, and what finders of artifacts are compared with."""
    register(PAR_PROXY)
    register(PAR)
    register(PAR_REFINE)
    for finder in FINDERS:
        register(finder)


@hookimpl
def harness_register_metrics(register: Callable[[MetricSpec], None]) -> None:
    """Register `par`, `par_image` and `par_original`, `par_proxy` and its original."""
    for spec in (PAR_RATIO, PAR_IMAGE, PAR_ORIGINAL, PROXY_RATIO, PROXY_ORIGINAL):
        register(spec)


@hookimpl
def harness_register_suites(register: Callable[[SuiteSpec], None]) -> None:
    """Where in a picture are artifacts?"""
    register(ARTIFACTS)


@hookimpl
def harness_register_commands(cli: click.Group) -> None:
    """Add `harness par`."""
    from harness_par.command import par_command

    cli.add_command(par_command)
