"""A metric by the kind of sample, where a table metric told one value a kind (`kind:blur`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.report.board import TaskView
    from harness.stats.model import Interval

__all__ = ["KIND", "ByKind", "by_kind"]

KIND = "kind:"
"""How the name of such a part begins."""


@dataclass(frozen=True)
class ByKind:
    """One metric's values by entry and kind; `kinds` in the order told."""

    column: str
    kinds: tuple[str, ...]
    values: Mapping[tuple[str, str], Interval | None]


def by_kind(view: TaskView) -> list[ByKind]:
    """Every metric of the task that has parts by kind, in the order of its columns."""
    found = []
    for column in view.columns:
        cells = [cell for cell in view.summary.cells if cell.metric == column and cell.subset.startswith(KIND)]
        kinds = tuple(dict.fromkeys(cell.subset.removeprefix(KIND) for cell in cells))
        if kinds:
            values = {(cell.entry, cell.subset.removeprefix(KIND)): cell.interval for cell in cells}
            found.append(ByKind(column, kinds, values))
    return found
