"""A run folder opened to be looked at: stored summary, rows a cell at a time, pictures. Nothing is written.

A folder may come from anybody. Only plain files that truly lie inside it are read, whatever links it holds, and a
picture only as a PNG of a sane size whose pixels hash to its name.
"""

from __future__ import annotations

import json
import stat
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.report.board import TaskView, task_views
from harness.stats.model import RunSummary
from harness.store import open_run
from harness.store.packed import as_it_lies, read_text
from harness.store.shards import column_names, parquet_path

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from harness.store import RunFolder

    Pixels = NDArray[np.uint8]

__all__ = ["PICTURE_BYTES", "PICTURE_PIXELS", "Opened"]

CELLS_KEPT = 12
"""ours: cells whose rows stay in memory; one of 100,000 rows takes about 80 MB."""
PICTURE_PIXELS = 64_000_000
"""ours: as data sets have it (`harness.datasets.decode`); a larger picture is refused by its header."""
PICTURE_BYTES = 1 << 28
"""ours: more than a PNG of `PICTURE_PIXELS` in RGB takes."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


class Opened:
    """A run, finished or not, or a measured board.

    Attributes:
        run: its folder. `tiers`: by entry, who vouches for its rows (a board's card says); empty for a run.
    """

    def __init__(self, path: Path, tiers: Mapping[str, str] | None = None) -> None:
        self.run: RunFolder = open_run(path)
        self.tiers: Mapping[str, str] = tiers or {}
        self._cells: OrderedDict[tuple[str, str], pd.DataFrame] = OrderedDict()
        self._root = self.run.path.resolve()

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The run's manifest."""
        return self.run.manifest

    @cached_property
    def summary(self) -> RunSummary:
        """The stored summary, or one computed from the rows of an unfinished run. Raises `HarnessError`: damaged."""
        path = self.run.path / "summary.json"
        if self._has(as_it_lies(path)):
            try:
                return RunSummary.from_dict(json.loads(read_text(path)))
            except (ValueError, KeyError, TypeError) as error:
                raise HarnessError(f"{path} is damaged: {error}; harness report rebuilds it") from error
        from harness.stats.summary import summarise

        for entry in self.manifest["entries"]:
            for task in self.manifest["suite"]["tasks"]:
                self._check_cell(entry["reference"], task["id"])
        for name in ("samples.jsonl", "aggregates.parquet"):
            self._has(as_it_lies(self.run.path / name))
        return summarise(self.run.records(), self.run.manifest, self.run.aggregates())

    @cached_property
    def views(self) -> Mapping[str, TaskView]:
        """Every task by its id, as manifest and summary have it. Raises `HarnessError`: one of them is damaged."""
        try:
            return {view.summary.task: view for view in task_views(self.summary, self.manifest)}
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise HarnessError(f"{self.run.path}: the manifest is no whole one ({error!r})") from error

    @cached_property
    def samples(self) -> pd.DataFrame:
        """What was judged: task, sample, cluster, hashes of truth and mask, ratio, title."""
        self._has(as_it_lies(self.run.path / "samples.jsonl"))
        return self.run.samples()

    @cached_property
    def aggregates(self) -> pd.DataFrame | None:
        """Stored values of whole sets and of bins, with curves; None before the run has got so far."""
        self._has(self.run.path / "aggregates.parquet")
        return self.run.aggregates()

    def columns(self, entry: str, task: str) -> list[str]:
        """Names of one cell's columns, without reading its rows where they are sealed."""
        self._check_cell(entry, task)
        return column_names(self.run.cell(entry, task))

    def rows(self, entry: str, task: str) -> pd.DataFrame:
        """One cell's rows that count today; the last few cells are kept in memory. Not to be changed."""
        key = (entry, task)
        if key not in self._cells:
            described = next(t for t in self.manifest["suite"]["tasks"] if t["id"] == task)
            self._check_cell(entry, task)
            self._cells[key] = self.run.rows(entry, described)
            while len(self._cells) > CELLS_KEPT:
                self._cells.popitem(last=False)
        self._cells.move_to_end(key)
        return self._cells[key]

    def picture(self, name: str) -> Pixels | None:
        """Pixels of an artifact by its hash (uint8 H×W×3 or H×W), None where it was not kept.

        Raises `HarnessError` for a name that is no hash (which it does not repeat), for what is no plain file inside
        the run's folder, no PNG of at most `PICTURE_PIXELS`, and for pixels that do not hash to the name.
        """
        try:
            path = self.run.artifacts.path(name)
        except (HarnessError, TypeError) as error:
            raise HarnessError("a record names its picture by something that is no hash") from error
        if not self._has(path):
            return None
        if path.stat().st_size > PICTURE_BYTES:
            raise HarnessError(f"{path} is larger than {PICTURE_BYTES >> 20} MiB, which no picture of ours is")
        with path.open("rb") as stream:
            head = stream.read(24)
        if not head.startswith(_SIGNATURE) or len(head) < 24:
            raise HarnessError(f"{path} is no PNG; remove it and run again")
        width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
        if width * height > PICTURE_PIXELS:
            raise HarnessError(f"{path} says that it has {width} × {height} pixels; remove it and run again")
        return self.run.artifacts.get(name)

    def _check_cell(self, entry: str, task: str) -> None:
        """Refuse a shard that a link leads out of the folder."""
        stem = self.run.cell(entry, task)
        for path in (parquet_path(stem), stem.with_name(stem.name + ".jsonl")):
            self._has(path)

    def _has(self, path: Path) -> bool:
        """Whether the folder has this file. Raises `HarnessError` where it is reached by a link out, or no file."""
        try:
            found = path.resolve(strict=True)
        except FileNotFoundError:
            return False
        except (OSError, RuntimeError) as error:  # a loop of links, a folder that may not be entered
            raise HarnessError(f"{path} cannot be read: {error}") from error
        if not found.is_relative_to(self._root):
            raise HarnessError(f"{path} is reached by a link that leads out of the run's folder")
        if not stat.S_ISREG(found.stat().st_mode):
            raise HarnessError(f"{path} is no file")
        return True
