"""How a run tells how far it is. The CLI draws it; Python callers get silence unless they hand in their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.runner.engine import CellResult

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """Told of every step of a run."""

    def start(self, samples: int) -> None: ...

    def cell(self, entry: str, task: str) -> None: ...

    def advance(self, samples: int) -> None: ...

    def cell_done(self, entry: str, task: str, result: CellResult, seconds: float) -> None: ...

    def stop(self) -> None: ...


class Silent:
    """Says nothing."""

    def start(self, samples: int) -> None:
        """A run begins."""

    def cell(self, entry: str, task: str) -> None:
        """A cell begins."""

    def advance(self, samples: int) -> None:
        """Samples were done."""

    def cell_done(self, entry: str, task: str, result: CellResult, seconds: float) -> None:
        """A cell ended."""

    def stop(self) -> None:
        """The run ended."""
