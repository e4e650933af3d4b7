"""In which role a method is shown masks."""

from __future__ import annotations

from harness.specs import MethodSpec
from harness.suites import Task

__all__ = ["role_of", "shown_role"]


def role_of(task: Task) -> str:
    """The role of a task's masks; nothing of an observation is blanked, so a mask only says where it is judged."""
    return "region" if task.degradation else task.role


def shown_role(spec: MethodSpec, task: Task) -> str:
    """In which role a method is shown a task's masks; "" where it understands none that would do.

    Who knows holes only is given a region as a hole, blanked: it can edit there, and sees less than the task gives.
    Who needs no mask is shown what the role shows.
    """
    if task.degradation or task.role in spec.roles or "mask" not in spec.needs:
        return role_of(task)
    return "hole" if task.role == "region" and "hole" in spec.roles else ""
