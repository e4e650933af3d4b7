"""Everything a plugin may implement. A plugin is a module named by an entry point in group `harness`.

Each `harness_register_*` hook is called once, when the registry is first needed, with a `register` callback.
Hooks must not import torch: a spec's `target` is imported at first use. Since API 1.
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
        """Register methods to be judged."""

    @hookspec
    def harness_register_datasets(self, register: Callable[[DatasetSpec], None]) -> None:
        """Register data sets."""

    @hookspec
    def harness_register_metrics(self, register: Callable[[MetricSpec], None]) -> None:
        """Register metrics."""

    @hookspec
    def harness_register_embedders(self, register: Callable[[EmbedderSpec], None]) -> None:
        """Register feature extractors for set metrics."""

    @hookspec
    def harness_register_suites(self, register: Callable[[SuiteSpec], None]) -> None:
        """Register suites (TOML files inside the plugin's package)."""

    @hookspec
    def harness_register_degradations(self, register: Callable[[DegradationSpec | MaskSetSpec], None]) -> None:
        """Register degradations and mask sets."""

    @hookspec
    def harness_register_commands(self, cli: click.Group) -> None:
        """Add click commands to the `harness` command line."""

    @hookspec
    def harness_run_start(self, run: Mapping[str, Any]) -> None:
        """Observe: a run begins. `run` is its manifest. An observer's error is printed once; exit code 3."""

    @hookspec
    def harness_sample_end(self, record: Mapping[str, Any]) -> None:
        """Observe: one record was written."""

    @hookspec
    def harness_run_end(self, run: Mapping[str, Any]) -> None:
        """Observe: a run ended (completed, failed or interrupted)."""
