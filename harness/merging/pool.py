"""All rows that are known of each (entry, task, sample, repeat): one is kept, those that differ from it are events.

The result is a function of the set of rows, whatever the order and however often runs are merged: rows inside
earlier events stand in the pool again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.store import RunFolder
from harness.store.keys import digest
from harness.store.shards import RESOLUTION, plain_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pictures = Callable[[str], NDArray[np.uint8] | None]

__all__ = ["Pool", "differences", "source_of"]

Row = dict[str, Any]
Place = tuple[str, str, str, int]


def source_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Where rows without an origin come from: the first call that computed here, however often it was resumed.

    In a merged folder calls with a `source` computed elsewhere, and the next one was the merging itself.
    """
    here = [call for call in (*manifest["history"], manifest) if "source" not in call]
    first = here[1] if "merged" in manifest and len(here) > 1 else here[0]
    facts = {
        "host": first["hardware"].get("host", ""), "argv": first["argv"], "git": first["git"],
        "started": first["started"],
    }  # fmt: skip
    return {"id": digest([manifest["plan"], facts, first["seconds"]])[:8], **facts}


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """In what two rows of one place differ beyond `RESOLUTION`: `status`, `output`, columns of scores."""
    if a["status"] != b["status"]:
        return ["status"]
    if a["status"] != "ok":
        return []
    found = ["output"] if a["output_hash"] != b["output_hash"] else []
    columns = sorted({key for key in (*a, *b) if key.startswith("score:")})
    return found + [column.removeprefix("score:") for column in columns if not _alike(a.get(column), b.get(column))]


def _alike(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else abs(a - b) <= RESOLUTION


class Pool:
    """Rows by place. `sources` are the runs' (and of merged ones their sources), by id."""

    def __init__(self) -> None:
        self.sources: dict[str, dict[str, Any]] = {}
        self._rows: dict[Place, dict[str, Row]] = {}

    def add(self, run: RunFolder) -> None:
        """Take in every row of a run that counts today, and those of its events."""
        manifest = run.manifest
        known = manifest.get("merged", {}).get("sources", [])
        self.sources |= {source["id"]: source for source in known}
        own = source_of(manifest)
        for task in manifest["suite"]["tasks"]:
            for entry in manifest["entries"]:
                for row in plain_rows(run.rows(entry["reference"], task)):
                    self._add(row, own)
        for event in run.events():
            for side in ("kept", "other"):
                self._add(event[side]["row"], own)

    def _add(self, row: Row, own: Mapping[str, Any]) -> None:
        """A row without an origin was computed by the run itself, which then is one of the sources."""
        lean = {key: value for key, value in row.items() if value is not None}
        if "origin" not in lean:
            lean["origin"] = own["id"]
            self.sources[own["id"]] = dict(own)
        place = (lean["entry"], lean["task"], lean["sample"], int(lean["repeat"]))
        self._rows.setdefault(place, {})[digest(lean)] = lean

    def ordered_sources(self) -> list[dict[str, Any]]:
        """Sources, the earliest first."""
        return sorted(self.sources.values(), key=lambda source: (source["started"], source["id"]))

    def _ranked(self, rows: Mapping[str, Row]) -> list[Row]:
        """Rows of one place, the one to keep first: a result before a failure, then the earlier run's."""
        first = {source["id"]: number for number, source in enumerate(self.ordered_sources())}
        order = sorted(rows, key=lambda name: (rows[name]["status"] != "ok", first[rows[name]["origin"]], name))
        return [rows[name] for name in order]

    def kept(self, entry: str, task: str, samples: Sequence[str]) -> list[Row]:
        """The rows of one cell in the task's order of samples, then repeats."""
        number = {sample: i for i, sample in enumerate(samples)}
        mine = [rows for place, rows in self._rows.items() if place[:2] == (entry, task)]
        rows = [self._ranked(rows)[0] for rows in mine]
        return sorted(rows, key=lambda row: (number[row["sample"]], row["repeat"]))

    @property
    def repeated(self) -> int:
        """Places that more than one source computed."""
        return sum(len({row["origin"] for row in rows.values()}) > 1 for rows in self._rows.values())

    def events(self, pictures: Pictures) -> Iterator[dict[str, Any]]:
        """One event a row that differs from the one kept at its place, ordered by place."""
        for place in sorted(self._rows):
            kept, *others = self._ranked(self._rows[place])
            told: list[Row] = []
            for other in others:
                differs = differences(kept, other)
                again = any(other["origin"] == row["origin"] and not differences(row, other) for row in told)
                if not differs or again:
                    continue
                told.append(other)
                yield {
                    "key": kept["output_key"], **dict(zip(("entry", "task", "sample", "repeat"), place, strict=True)),
                    "differs": differs, "levels": _levels(kept, other, pictures), "kept": self._side(kept),
                    "other": self._side(other),
                }  # fmt: skip

    def _side(self, row: Row) -> dict[str, Any]:
        return {"source": row["origin"], "host": self.sources[row["origin"]]["host"], "row": row}


def _levels(a: Row, b: Row, pictures: Pictures) -> int | None:
    """Largest difference of two outputs in 8-bit levels; None where one has none or it was not kept."""
    both = [pictures(row["output_hash"]) if row["output_hash"] else None for row in (a, b)]
    first, second = both
    if first is None or second is None or first.shape != second.shape:
        return None
    return int(abs(first.astype("int16") - second.astype("int16")).max())
