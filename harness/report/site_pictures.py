"""The pictures of a static site: files named by their hash, and what its viewer draws of each sample."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.report.gallery import viewer_data

if TYPE_CHECKING:
    from harness.report.board import TaskView
    from harness.report.opened import Opened

__all__ = ["FOLDER", "PICTURE_BUDGET", "Album", "Picked"]

FOLDER = "pictures"
PICTURE_BUDGET = 96_000_000
"""ours: bytes of pictures in one site; free hosts of pages take a few hundred megabytes."""
MOST_SAMPLES = 60
"""ours: of one task; the page holds a few kilobytes of each, and nobody clicks through more."""
MOST_TRIED = 2_000
"""ours: samples of a task whose pictures are looked for, evenly spaced too."""
_URI = "data:image/png;base64,"


@dataclass(frozen=True)
class Picked:
    """The samples of one task that the site shows, smallest hole first, of `available`."""

    samples: tuple[Mapping[str, Any], ...]
    available: int


class Album:
    """Writes PNG files into the `pictures/` of a site that is being built, as long as there is room."""

    def __init__(self, site: Path, budget: int = PICTURE_BUDGET) -> None:
        self.folder = site / FOLDER
        self.budget = budget
        self.bytes = 0
        self.files = 0
        self.folder.mkdir()

    def pick(self, opened: Opened, view: TaskView, share: float) -> Picked:
        """Write the pictures of samples evenly spaced by hole area, as many as fit into `share` bytes.

        Samples of which an output is kept come first; where none is, some are shown that say so. The first one drawn
        decides how many: pictures of a task are about equally large.
        """
        frame = opened.samples
        mine = frame.loc[frame["task"] == view.summary.task].sort_values(["ratio", "sample"], kind="stable")
        every = [str(name) for name in mine["sample"]]
        entries = [row.reference for row in view.judged]
        if not every or not entries:
            return Picked((), len(every))
        names = _spaced(every, MOST_TRIED)
        names = _kept(opened, view, names) or names
        before, middle = self.bytes, names[len(names) // 2]
        drawn = {middle: self._drawn(opened, view, middle, entries)}
        room = int(share / max(self.bytes - before, 1))
        for name in _spaced(names, min(MOST_SAMPLES, max(room - 1, 0))):
            if name not in drawn:
                drawn[name] = self._drawn(opened, view, name, entries)
        return Picked(tuple(drawn[name] for name in names if name in drawn), len(every))

    def _drawn(self, opened: Opened, view: TaskView, sample: str, entries: Sequence[str]) -> dict[str, Any]:
        drawn: dict[str, Any] = self._filed(viewer_data(opened, view, sample, entries))
        return drawn

    def _filed(self, value: Any) -> Any:
        """The same with every picture in a file and its relative address in place of it."""
        if isinstance(value, dict):
            return {key: self._filed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filed(item) for item in value]
        if isinstance(value, str) and value.startswith(_URI):
            return self._file(base64.b64decode(value.removeprefix(_URI)))
        return value

    def _file(self, content: bytes) -> str:
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.png"
        path = self.folder / name
        if not path.exists():
            path.write_bytes(content)
            self.bytes += len(content)
            self.files += 1
        return f"{FOLDER}/{name}"


def _spaced(names: Sequence[str], most: int) -> list[str]:
    """At most so many of the names, evenly spaced, both ends among them."""
    places = np.unique(np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int))
    return [names[place] for place in places]


def _kept(opened: Opened, view: TaskView, names: Sequence[str]) -> list[str]:
    """The samples of which the picture of an output is there."""
    wanted, found = set(names), set[str]()
    for row in view.judged:
        rows = opened.rows(row.reference, view.summary.task)
        if "output_hash" not in rows:
            continue
        made = rows.loc[rows["sample"].isin(wanted - found) & rows["output_hash"].notna(), ["sample", "output_hash"]]
        pairs = zip(made["sample"], made["output_hash"], strict=True)
        found |= {str(sample) for sample, name in pairs if name and opened.run.artifacts.path(str(name)).exists()}
    return [name for name in names if name in found]
