"""What a check is and what it can end in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Check", "Fault", "NotHere", "Outcome", "check", "one_line"]

Stage = Literal["static", "ready", "run"]
Status = Literal["ok", "failed", "skipped"]
MARKS: dict[str, str] = {"ok": "✓", "failed": "✗", "skipped": "–"}


class Fault(Exception):
    """What is wrong with the checked thing and how to mend it, in one line."""


class NotHere(Exception):
    """Why a check cannot be made here (an extra, a file, a device is absent), with the command that brings it."""


@dataclass(frozen=True)
class Outcome:
    """How one check ended. `line` says what was measured, what is wrong, or why it was skipped."""

    status: Status
    line: str = ""
    seconds: float = 0.0
    cause: BaseException | None = field(default=None, compare=False)

    @property
    def mark(self) -> str:
        """✓, ✗ or –."""
        return MARKS[self.status]


@dataclass(frozen=True)
class Check:
    """One question about a registered thing.

    Attributes:
        name: the function's, with hyphens.
        kind: what it is asked of ("" is anything).
        stage: what must be had before it can be asked: nothing, the built object, or a sound ordinary answer.
        capability: asked only of methods that can do this; "" is any.
        function: given the subject; returns a note, raises `Fault` or `NotHere`.
    """

    name: str
    kind: str
    stage: Stage
    capability: str
    function: Callable[[Any], str]

    @property
    def question(self) -> str:
        """The docstring in one line: the row of `docs/conformance.md`."""
        return " ".join((self.function.__doc__ or "").split())


def check(kind: str, *, stage: Stage = "run", capability: str = "") -> Callable[[Callable[[Any], str]], Check]:
    """Make a `Check` of a function whose docstring says what is asked."""

    def made(function: Callable[[Any], str]) -> Check:
        return Check(function.__name__.replace("_", "-"), kind, stage, capability, function)

    return made


def one_line(error: BaseException) -> str:
    """An error as one line: its type, and the first line of what it says."""
    first = (str(error).splitlines() or [""])[0][:240]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
