"""Which samples a report shows, and their pictures as data URIs within a budget of bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from harness.report import pictures
from harness.report.gallery import MAP_FACT
from harness.report.strips import Strip, Tile, evenly
from harness.report.words import number

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from harness.report.board import Row, TaskView
    from harness.store import RunFolder

    Pixels = NDArray[np.uint8]

__all__ = ["MAX_SIDE", "STRIPS", "WORST", "Album"]

STRIPS = 12
WORST = 3
MAX_SIDE = 256
"""ours: pictures with a longer side are scaled down for the page; the artifacts keep every pixel."""


@dataclass
class Album:
    """Makes strips of a run's pictures. A truth is embedded once a page, as a CSS class, however often it is shown."""

    run: RunFolder
    samples: pd.DataFrame
    records: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]]
    truths: dict[str, tuple[str, str]] = field(default_factory=dict)
    shrunk: bool = False

    @classmethod
    def of(cls, run: RunFolder) -> Album:
        """An empty album of `run`; of repeated samples it shows the first repeat."""
        frame = run.records().sort_values("repeat", kind="stable").drop_duplicates(["task", "entry", "sample"])
        records: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
        for record in _rows(frame):
            records.setdefault((record["task"], record["entry"]), {})[record["sample"]] = record
        return cls(run, run.samples(), records)

    def strips(self, view: TaskView, budget: float) -> tuple[list[Strip], int]:
        """Strips of a task, evenly by hole area, at most `budget` bytes (one at least), and how many there could be."""
        chosen = self.samples[self.samples["task"] == view.summary.task].sort_values(["ratio", "sample"])
        rows = _rows(chosen)
        drawn = [self.strip(view, rows[i], view.judged) for i in evenly(len(rows), STRIPS)]
        keep = len(drawn)
        while keep > 1 and self.cost([drawn[i] for i in evenly(len(drawn), keep)]) > budget:
            keep -= 1
        return [drawn[i] for i in evenly(len(drawn), keep)], len(rows)

    def worst(self, view: TaskView, budget: float) -> list[tuple[Row, list[Strip]]]:
        """For every entry its samples with the worst primary scores, as strips of one tile, within `budget` bytes."""
        known = _rows(self.samples[self.samples["task"] == view.summary.task])
        samples = {str(sample["sample"]): sample for sample in known}
        found = []
        for row in view.judged:
            strips = [(name, self._goodness(view, row, name)) for name in samples]
            scored = sorted((pair for pair in strips if math.isfinite(pair[1])), key=lambda pair: pair[1])
            found.append((row, [self.strip(view, samples[name], [row]) for name, _ in scored[:WORST]]))
        for count in range(WORST, 0, -1):
            kept = [(row, strips[:count]) for row, strips in found if strips]
            if self.cost([strip for _, strips in kept for strip in strips]) <= budget:
                return kept
        return []

    def cost(self, strips: Sequence[Strip]) -> int:
        """Bytes of strips in the page, each of their truths once."""
        used = {strip.truth for strip in strips}
        truths = sum(len(uri) for name, uri in self.truths.values() if name in used)
        return truths + sum(strip.bytes for strip in strips)

    def strip(self, view: TaskView, sample: Mapping[str, Any], rows: Sequence[Row]) -> Strip:
        """One sample with the tiles of `rows`."""
        truth, mask = self._pixels(sample["truth"]), self._pixels(sample["mask"])
        first = next((pixels for pixels in (truth, mask) if pixels is not None), None)
        shown = self._pixels(sample["shown"])
        if shown is not None and first is not None:
            shown = pictures.at_size(shown, first.shape)  # an observation may be of another size than its truth
        return Strip(
            sample=str(sample["sample"]),
            title=str(sample["title"] or sample["sample"]),
            cluster=str(sample["cluster"]),
            ratio=float(sample["ratio"]),
            truth="" if truth is None else self._truth_class(str(sample["truth"]), truth),
            hole=self._input(mask, shown, visible=view.task["role"] == "region"),
            shape=(256, 256) if first is None else (first.shape[1], first.shape[0]),
            tiles=tuple(self._tile(view, row, str(sample["sample"]), truth) for row in rows),
            prompt=str(sample["prompt"]),
        )

    def _record(self, view: TaskView, row: Row, sample: str) -> Mapping[str, Any] | None:
        return self.records.get((view.summary.task, row.reference), {}).get(sample)

    def _goodness(self, view: TaskView, row: Row, sample: str) -> float:
        """The primary score, negated where lower is better; NaN where there is none."""
        record = self._record(view, row, sample)
        value = _number(record.get(f"score:{view.summary.primary}")) if record else math.nan
        return value if view.summary.higher_is_better else -value

    def _tile(self, view: TaskView, row: Row, sample: str, truth: Pixels | None) -> Tile:
        record = self._record(view, row, sample)
        if record is None:
            return Tile(row, "", "", (), math.nan, "no record", "")
        if record["status"] != "ok":
            return Tile(row, "", "", (), math.nan, f"{record['status']}: {record['reason']}", "")
        scores = {column: _number(record.get(f"score:{column}")) for column in view.columns}
        shown = [(c, number(v, view.info[c]["digits"])) for c, v in scores.items() if view.info[c]["kind"] == "sample"]
        goodness = self._goodness(view, row, sample)
        assessed = view.task.get("capability") == "assess"
        if assessed:
            shown = [("score", number(_number(record.get("score:assessed")), 3))]
        output = self._pixels(record.get("output_hash"))
        if output is None:
            return Tile(row, "", "", tuple(shown), goodness, "picture not kept", "")
        layers = self._found(record, output) if assessed else self._layers(output, truth)
        return Tile(row, *layers, tuple(shown), goodness, "", str(record["output_hash"]))

    def _found(self, record: Mapping[str, Any], judged: Pixels) -> tuple[str, str]:
        """An assessor's map as a layer on what it judged, and alone; the picture where it told none."""
        maps = [self._pixels(name) for column, name in record.items() if column.startswith(MAP_FACT)]
        levels = next((map for map in maps if map is not None and map.shape == judged.shape[:2]), None)
        if levels is None:
            return self._uri(judged), ""
        small = self._small(levels)
        layer = pictures.data_uri(pictures.png_bytes(pictures.map_layer(small)))
        return layer, pictures.data_uri(pictures.error_png(small))

    def _layers(self, output: Pixels, truth: Pixels | None) -> tuple[str, str]:
        if truth is None or truth.shape != output.shape:
            return self._uri(output), ""
        layer = pictures.difference_layer(self._small(output), self._small(truth))
        levels = self._small(pictures.error_levels(output, truth))
        return pictures.data_uri(pictures.png_bytes(layer)), pictures.data_uri(pictures.error_png(levels))

    def _truth_class(self, name: str, pixels: Pixels) -> str:
        if name not in self.truths:
            self.truths[name] = (f"truth{len(self.truths)}", self._uri(pixels))
        return self.truths[name][0]

    def _input(self, mask: Pixels | None, shown: Pixels | None, *, visible: bool) -> str:
        """The layer that makes the input of the truth; "" where the input is the truth."""
        hole = None if mask is None else self._small(mask) > 127
        layer = pictures.input_layer(hole, None if shown is None else self._small(shown), visible=visible)
        return "" if layer is None else pictures.data_uri(pictures.png_bytes(layer))

    def _uri(self, pixels: Pixels) -> str:
        return pictures.data_uri(pictures.png_bytes(self._small(pixels)))

    def _small(self, pixels: Pixels) -> Pixels:
        scale = MAX_SIDE / max(pixels.shape[:2])
        if scale >= 1:
            return pixels
        self.shrunk = True
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def _pixels(self, name: object) -> Pixels | None:
        """The artifact, None where the run has none or it was pruned."""
        return self.run.artifacts.get(name) if isinstance(name, str) and name else None


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
