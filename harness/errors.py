"""Errors that a user is shown: one line that says what is wrong and what to do next."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["HarnessError", "MissingRequirement", "RefusedSample", "RefusedSet", "UnknownName"]


class HarnessError(Exception):
    """A user's mistake or a missing thing, which the CLI prints without a traceback.

    The message is one line; only that of a broken plugin tells a story: the line, then the plugin's own traceback.
    """


class MissingRequirement(HarnessError):
    """Something optional is not here (a package, a weight file). The message ends with the command that gets it."""


class RefusedSample(HarnessError):
    """A method declines one sample (no face, prompt missing): recorded as `skipped` with this reason."""


class RefusedSet(HarnessError):
    """A set metric says nothing of so few or such outputs: the cell has no value, and this reason beside it."""


class UnknownName(HarnessError):
    """A name that nobody registered; the message carries the nearest registered names.

    Args:
        kind: what was looked up, in words ("method", "suite").
        name: what the user typed.
        known: every registered name of that kind.
        command: the next command to type; empty where the message lists all there is.
        listed: name every known one too, where there are only a few (parameters of one method).
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], command: str, *, listed: bool = False) -> None:
        import difflib  # here: most commands end without an error

        names = sorted(set(known))
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        if listed:
            hint += f" Known: {', '.join(names)}." if names else " It has none."
        tail = f" See them all: {command}" if command else ""
        super().__init__(f"unknown {kind} '{name}'.{hint}{tail}")
