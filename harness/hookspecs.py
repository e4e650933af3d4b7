"""Everything a plugin may implement. A plugin is a module named by an entry point in group `harness`.

Each `harness_register_*` hook is called once, when the registry is first needed, with a `register` callback.
Hooks must not import torch: a spec's `target` is imported at first use. A module may state `HARNESS_API = 1`, the
hooks it is written for; another number than `API` is refused. Hooks are called in the order of the plugins' names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from harness.specs import (
    DatasetSpec,
    DegradationSpec,
    EmbedderSpec,
    MaskSetSpec,
    MethodSpec,
    MetricSpec,
    PageSpec,
    SuiteSpec,
)

if TYPE_CHECKING:
    import click

__all__ = ["API", "Hooks", "hookimpl"]

API = 1
hookspec = pluggy.HookspecMarker("harness")
hookimpl = pluggy.HookimplMarker("harness")


class Hooks:
    """The hook specifications."""

    @hookspec
    def harness_register_methods(self, register: Callable[[MethodSpec], None]) -> None:
        """Register methods to be judged. Called once, at the first look-up. Since API 1."""

    @hookspec
    def harness_register_datasets(self, register: Callable[[DatasetSpec], None]) -> None:
        """Register data sets. Called once, at the first look-up. Since API 1."""

    @hookspec
    def harness_register_metrics(self, register: Callable[[MetricSpec], None]) -> None:
        """Register metrics. Called once, at the first look-up. Since API 1."""

    @hookspec
    def harness_register_embedders(self, register: Callable[[EmbedderSpec], None]) -> None:
        """Register feature extractors for set metrics. Called once, at the first look-up. Since API 1."""

    @hookspec
    def harness_register_suites(self, register: Callable[[SuiteSpec], None]) -> None:
        """Register suites, TOML files inside the plugin's package. Called once, at the first look-up. Since API 1."""

    @hookspec
    def harness_register_degradations(self, register: Callable[[DegradationSpec | MaskSetSpec], None]) -> None:
        """Register degradations and mask sets. Called once, at the first look-up. Since API 1."""

    @hookspec
    def harness_register_pages(self, register: Callable[[PageSpec], None]) -> None:
        """Register pages of the dashboard. Called once, at the first look-up. Since API 1."""

    @hookspec
    def harness_register_commands(self, cli: click.Group) -> None:
        """Add click commands to `harness`. Called once, when all are listed or one is not ours. Since API 1."""

    @hookspec
    def harness_run_start(self, run: Mapping[str, Any]) -> None:
        """Observe: a run begins. `run` is its manifest. Called before the first sample. Since API 1.

        What an observer raises is printed once, kept in the manifest, and makes the exit code 3.
        """

    @hookspec
    def harness_sample_end(self, record: Mapping[str, Any]) -> None:
        """Observe: one record was written. Called on the writer's thread, in the order of writing. Since API 1."""

    @hookspec
    def harness_run_end(self, run: Mapping[str, Any]) -> None:
        """Observe: a run was completed, failed or was interrupted. Called when all is written. Since API 1."""
