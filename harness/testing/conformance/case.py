"""One check of one thing: run it for an `Outcome`, or assert it inside pytest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

from harness.errors import MissingRequirement
from harness.plugins import registry
from harness.testing.conformance.catalogue import checks_for
from harness.testing.conformance.model import Check, Fault, NotHere, Outcome, one_line
from harness.testing.conformance.targets import Target, all_targets, find_targets
from harness.testing.conformance.watch import blocked, watched

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Case", "Shared", "cases", "everything"]


@dataclass
class Shared:
    """A target with the subject that all its cases use; the subject (torch, the built method) comes at first use."""

    target: Target

    @cached_property
    def subject(self) -> Any:
        """What the target's checks are given."""
        from harness.testing.conformance.subjects import subject_of

        return subject_of(self.target)


@dataclass(frozen=True)
class Case:
    """One check of one registered thing. `str(case)` is its pytest id, `telea/odd-sizes`."""

    shared: Shared
    check: Check

    def __str__(self) -> str:
        return f"{self.target.name}/{self.check.name}"

    @property
    def target(self) -> Target:
        """What is checked."""
        return self.shared.target

    def run(self) -> Outcome:
        """Ask, with the network closed and nothing printed. Raises only what is no `Exception` (Ctrl-C)."""
        start = perf_counter()
        status, line, cause = self._asked()
        return Outcome(status, line, perf_counter() - start, cause)

    def _asked(self) -> tuple[Any, str, Exception | SystemExit | None]:
        try:
            with watched() as seen:
                self.shared.subject.open(self.check.stage, seen)
                return "ok", self.check.function(self.shared.subject), None
        except (MissingRequirement, NotHere) as reason:
            return "skipped", str(reason), None
        except SystemExit as stop:
            return "failed", f"calls sys.exit({stop.code!r})", stop
        except Exception as error:
            if blocked(error) and self.check.name != "no-network":
                return "skipped", "not asked: it asks for the network (see no-network)", None
            return "failed", str(error) if isinstance(error, Fault) else f"raised {one_line(error)}", error

    def assert_ok(self) -> None:
        """Inside pytest: AssertionError with the line where the check fails, a skip where it cannot be made here."""
        outcome = self.run()
        if outcome.status == "skipped":
            import pytest

            pytest.skip(outcome.line)
        if outcome.status == "failed":
            raise AssertionError(f"{self}: {outcome.line}") from outcome.cause


def _cases_of(targets: Sequence[Target]) -> list[Case]:
    found = []
    for target in targets:
        shared = Shared(target)
        found += [Case(shared, check) for check in checks_for(target)]
    return found


def cases(name: str) -> list[Case]:
    """Every check that applies to what `name` names. Light: no torch is imported before a case runs.

    Args:
        name: as for `harness show`: a bare or `kind:` name, or a reference with weights or parameters
            (`coordfill@mini`, `telea[radius=5]`); or a plugin's name, distribution or module: all it registers.

    Raises:
        HarnessError: nobody registered the name, it is several things, or a parameter is not declared.
    """
    return _cases_of(find_targets(name, registry()))


def everything() -> list[Case]:
    """Every check of everything that is registered."""
    return _cases_of(all_targets(registry()))
