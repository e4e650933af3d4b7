"""Everything of ours passes the kit that we ask of others."""

from __future__ import annotations

import pytest

from harness.plugins import registry
from harness.testing.conformance import Case
from harness.testing.conformance.case import Shared
from harness.testing.conformance.catalogue import checks_for
from harness.testing.conformance.targets import Target, all_targets, find_targets


def _short(target: Target) -> Target:
    """The target, or where it samples in many steps the same in two: what is checked does not depend on how many."""
    steps = getattr(target.spec, "params", {}).get("steps")
    if target.kind != "method" or steps is None:
        return target
    return find_targets(f"{target.name}[steps=2]", registry())[0]


TARGETS = [_short(target) for target in all_targets(registry())]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target.kind}:{target.name}")
def test_ours_conforms(target: Target) -> None:
    shared = Shared(target)
    outcomes = {check.name: Case(shared, check).run() for check in checks_for(target)}
    assert {name: outcome.line for name, outcome in outcomes.items() if outcome.status == "failed"} == {}
