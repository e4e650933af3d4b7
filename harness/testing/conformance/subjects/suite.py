"""A suite as its checks see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.references import parse_reference
from harness.suites import Suite, load_suite
from harness.testing.conformance.subjects.subject import Subject, remembered

if TYPE_CHECKING:
    from harness.interfaces import Batch
    from harness.runner.plan import Plan

__all__ = ["SuiteSubject", "grey"]


def grey(batch: Batch) -> Any:
    """The trivial method that every suite is run with: half grey in the hole."""
    assert batch.image is not None
    return batch.image if batch.mask is None else batch.image.lerp(batch.image.new_tensor(0.5), batch.mask)


class SuiteSubject(Subject):
    """A suite and the plan of its own methods."""

    first = ordinary = "named"

    @remembered
    def built(self) -> Suite:
        """The suite as read from its file."""
        return load_suite(self.spec)

    @remembered
    def base(self) -> Plan:
        """The plan of its default methods. Raises `UnknownName` for anything that nobody registered."""
        from harness.runner.plan import make_plan

        for task in self.built.tasks:
            self.registry.dataset(parse_reference(task.dataset).name)
            if task.maskset:
                self.registry.mask_set(parse_reference(task.maskset).name)
        return make_plan(self.built, (), self.registry)

    @remembered
    def trivial(self) -> Plan:
        """The plan of the trivial method alone, one image a task."""
        from harness.runner.plan import make_plan

        return make_plan(self.built, (grey,), self.registry, limit=1)
