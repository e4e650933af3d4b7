"""Everything of ours passes the kit that we ask of others."""

from __future__ import annotations

import pytest

from harness.plugins import registry
from harness.testing.conformance import Case
from harness.testing.conformance.case import Shared
from harness.testing.conformance.catalogue import checks_for
from harness.testing.conformance.targets import Target, all_targets, find_targets

SHORT = {name: f"{name}[steps=2]" for name in ("gdp", "gdp-inpaint")}
"""What samples in many steps is asked for two of them: what is checked does not depend on how many."""
TARGETS = [
    find_targets(SHORT[target.name], registry())[0] if target.name in SHORT else target
    for target in all_targets(registry())
]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target.kind}:{target.name}")
def test_ours_conforms(target: Target) -> None:
    shared = Shared(target)
    outcomes = {check.name: Case(shared, check).run() for check in checks_for(target)}
    assert {name: outcome.line for name, outcome in outcomes.items() if outcome.status == "failed"} == {}
