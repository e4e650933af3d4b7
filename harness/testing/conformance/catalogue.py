"""The table of all checks, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from harness.specs import MethodSpec
from harness.testing.conformance.checks import (
    assessors,
    batches,
    datasets,
    degradations,
    devices,
    effects,
    embedders,
    holes,
    inputs,
    mask_sets,
    metrics,
    output,
    parameters,
    plugin,
    restorers,
    seeds,
    specs,
    suites,
    weights,
)
from harness.testing.conformance.model import Check
from harness.testing.conformance.targets import Target

__all__ = ["CHECKS", "checks_for"]

_MODULES = (
    plugin, specs, parameters, output, inputs, seeds, batches, holes, assessors, restorers, weights, metrics,
    embedders, datasets, mask_sets, degradations, suites, effects, devices,
)  # fmt: skip


def _of(module: ModuleType) -> Iterator[Check]:
    yield from (value for value in vars(module).values() if isinstance(value, Check))


CHECKS: tuple[Check, ...] = tuple(check for module in _MODULES for check in _of(module))


def checks_for(target: Target) -> list[Check]:
    """The checks that apply to a target; a plugin that does not load has only the first."""
    if target.kind == "plugin":
        return [CHECKS[0]]
    able = target.spec.capabilities if isinstance(target.spec, MethodSpec) else ()
    return [
        check
        for check in CHECKS
        if target.kind in (check.kind or target.kind).split() and (not check.capability or check.capability in able)
    ]
