"""What is asked of suites."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import MissingRequirement
from harness.testing.conformance.model import Fault, NotHere, check, one_line

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.suite import SuiteSubject

__all__ = ["named", "runs"]


@check("suite", stage="static")
def named(subject: SuiteSubject) -> str:
    """Its file is read, every primary metric is among its task's metrics, and every method, data set, mask set and
    metric that it names is registered, or skipped here with a reason.
    """
    try:
        plan = subject.base
    except Exception as error:
        raise Fault(str(error).splitlines()[0]) from error
    lines = [f"{skip.what}: {skip.reason}" for skip in plan.skips]
    return f"{len(subject.built.tasks)} tasks" + (f"; skipped here: {'; '.join(lines)}" if lines else "")


@check("suite")
def runs(subject: SuiteSubject) -> str:
    """One image a task runs from data set to summary with a trivial method."""
    from harness.runner.execute import execute

    plan = subject.trivial
    cells = [task.id for task in plan.tasks if any(plan.runs(entry, task) for entry in plan.entries)]
    if not cells:
        raise NotHere("no task that the trivial method can do here: " + "; ".join(skip.reason for skip in plan.skips))
    with tempfile.TemporaryDirectory() as folder:
        try:
            records = execute(plan, Path(folder, "run")).records()
        except MissingRequirement as reason:
            raise NotHere(str(reason)) from reason
        except Exception as error:
            raise Fault(f"the run raised {one_line(error)}") from error
    bad = records[records["status"] != "ok"]
    if len(bad):
        row = bad.iloc[0]
        raise Fault(f"task {row['task']}: {row['sample']} {row['status']}: {row['reason']}")
    if lost := sorted(set(cells) - set(records["task"])):
        raise Fault(f"task {lost[0]} gave no record")
    return f"{len(cells)} tasks"
