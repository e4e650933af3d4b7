"""In which role a method is shown masks."""

from __future__ import annotations

from harness.specs import MethodSpec
from harness.suites import Task

__all__ = ["shown_role"]


def shown_role(spec: MethodSpec, task: Task) -> str:
    """In which role a method is shown a task's masks; "" where it understands none that would do.

    Who knows holes only is given a region as a hole, blanked: it can edit there, and sees less than the task gives.
    """
    if task.role in spec.roles:
        return task.role
    return "hole" if task.role == "region" and "hole" in spec.roles else ""
