"""A run folder opened to be looked at: stored summary, rows a cell at a time, pictures. Nothing is written."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.report.board import TaskView, task_views
from harness.stats.model import RunSummary
from harness.store import open_run

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from harness.store import RunFolder

    Pixels = NDArray[np.uint8]

__all__ = ["Opened"]

CELLS_KEPT = 12
"""ours: cells whose rows stay in memory; one of 100,000 rows takes about 80 MB."""


class Opened:
    """A run, finished or not, or a measured board.

    Attributes:
        run: its folder. `tiers`: by entry, who vouches for its rows (a board's card says); empty for a run.
    """

    def __init__(self, path: Path, tiers: Mapping[str, str] | None = None) -> None:
        self.run: RunFolder = open_run(path)
        self.tiers: Mapping[str, str] = tiers or {}
        self._cells: OrderedDict[tuple[str, str], pd.DataFrame] = OrderedDict()

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The run's manifest."""
        return self.run.manifest

    @cached_property
    def summary(self) -> RunSummary:
        """The stored summary, or one computed from the rows of an unfinished run. Raises `HarnessError`: damaged."""
        path = self.run.path / "summary.json"
        if path.exists():
            try:
                return RunSummary.from_dict(json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, KeyError, TypeError) as error:
                raise HarnessError(f"{path} is damaged: {error}; harness report rebuilds it") from error
        from harness.stats.summary import summarise

        return summarise(self.run.records(), self.run.manifest, self.run.aggregates())

    @cached_property
    def views(self) -> Mapping[str, TaskView]:
        """Every task by its id, in the manifest's order."""
        return {view.summary.task: view for view in task_views(self.summary, self.manifest)}

    @cached_property
    def samples(self) -> pd.DataFrame:
        """What was judged: task, sample, cluster, hashes of truth and mask, ratio, title."""
        return self.run.samples()

    def rows(self, entry: str, task: str) -> pd.DataFrame:
        """One cell's rows that count today; the last few cells are kept in memory. Not to be changed."""
        key = (entry, task)
        if key not in self._cells:
            described = next(t for t in self.manifest["suite"]["tasks"] if t["id"] == task)
            self._cells[key] = self.run.rows(entry, described)
            while len(self._cells) > CELLS_KEPT:
                self._cells.popitem(last=False)
        self._cells.move_to_end(key)
        return self._cells[key]

    def picture(self, name: str) -> Pixels | None:
        """Pixels of an artifact by its hash, None where it was not kept.

        Only a file inside the run's own folder is read, whatever links lie there, and only as a picture whose pixels
        hash to its name. Raises `HarnessError` for anything else.
        """
        path = self.run.artifacts.path(name)
        if not path.exists():
            return None
        if not path.resolve().is_relative_to(self.run.path.resolve()):
            raise HarnessError(f"{path} is a link that leads out of the run's folder")
        return self.run.artifacts.get(name)
