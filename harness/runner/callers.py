"""Who answers for an entry: its method in this process, in one of its own, or a folder of outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.runner.call import Caller, Calls
from harness.runner.outputs import FolderCaller
from harness.runner.roles import shown_role

if TYPE_CHECKING:
    from harness.runner.entries import Entry
    from harness.runner.isolation import Host
    from harness.suites import Task

__all__ = ["Callers"]


class Callers:
    """Gives every cell its caller. One entry's method or process is kept at a time, for all its tasks.

    Args:
        isolate: run methods in processes of their own.
        timeout: seconds a sample, there (see `Host`); None: no limit.
    """

    def __init__(self, device: str, *, isolate: bool = False, timeout: float | None = None) -> None:
        self._isolate = isolate
        self._device = device
        self._timeout = timeout
        self._entry: Entry | None = None
        self._method: Any = None
        self._host: Host | None = None

    def check(self, entries: Sequence[Entry]) -> None:
        """Raise `HarnessError` for what cannot be isolated: a Python callable, and who needs an operator."""
        callables = [entry.reference for entry in entries if entry.function is not None]
        if self._isolate and callables:
            raise HarnessError(
                f"{callables[0]} is a Python callable, which cannot run in a process of its own:"
                " make it a plugin (harness new method), or leave out isolate and timeout"
            )
        told = [entry.reference for entry in entries if "operator" in entry.spec.needs]
        if self._isolate and told:
            raise HarnessError(
                f"{told[0]} needs the operator, which cannot be sent to a process of its own:"
                " leave out isolate and timeout"
            )

    def of(self, entry: Entry, task: Task) -> Calls:
        """The caller of one cell; nothing is built before it is asked."""
        if entry is not self._entry:
            self.close()
            self._entry = entry
        if entry.outputs is not None:
            return FolderCaller(entry.outputs, task.id, self._device)
        strategy = entry.strategy_on(task)
        task = replace(task, role=shown_role(entry.spec, task), strategy=str(strategy))
        if not self._isolate:
            needs = entry.spec.needs
            return Caller(lambda: self._build(entry), task.capability, needs, self._device, task.role, strategy)
        from harness.runner.isolation import Host, IsolatedCaller

        self._host = self._host or Host(entry, self._device, self._timeout)
        return IsolatedCaller(self._host, task, self._device)

    def _build(self, entry: Entry) -> Any:
        if self._method is None:
            self._method = entry.build(self._device)
        return self._method

    def close(self) -> None:
        """Let go of the method, or end its process."""
        if self._host is not None:
            self._host.close()
        self._entry = self._method = self._host = None
