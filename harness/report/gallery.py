"""One sample as the picture viewer draws it (`templates/viewer.js`): lossless PNGs at full size, layers, values.

The same for the dashboard and the static site. Nothing is resampled (an observation of another size has its pixels as
squares): a larger picture is sent as a window of it.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import HarnessError
from harness.report import pictures, words
from harness.store.resuming import resume_command
from harness.store.shards import plain_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from harness.report.board import Row, TaskView
    from harness.report.opened import Opened

    Pixels = NDArray[np.uint8]
    Hole = NDArray[np.bool_]

__all__ = [
    "MAP_FACT",
    "MAX_SIDE",
    "Window",
    "chosen_rows",
    "middle_of",
    "outline_path",
    "records_of",
    "sample_row",
    "score_number",
    "viewer_data",
    "window_on",
]

MAX_SIDE = 1024
"""ours: longest side of what is sent of a picture, in pixels; of a larger one the window around its hole."""
MAX_OUTLINE = 60_000
"""ours: edges of an outline; one of noise has more, and would hide what it surrounds."""
MAP_FACT = "fact:map:"
"""Columns of records that name kept maps: `fact:map:artifact` holds the hash of a grey picture, 0 = sound."""


@dataclass(frozen=True)
class Window:
    """What is sent of a picture: `width` × `height` pixels from (`left`, `top`)."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """These pixels of an H×W or H×W×C picture."""
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]


def middle_of(shape: tuple[int, ...], mask: Hole | None) -> tuple[float, float]:
    """(x, y) of the middle of the hole's bounding box, in pixels; of the picture's where there is no hole."""
    height, width = shape[:2]
    if mask is None or not mask.any():
        return width / 2, height / 2
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return (columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2


def window_on(shape: tuple[int, ...], middle: tuple[float, float], side: int) -> Window:
    """The whole of a picture of this shape (H, W, …), or as much of it around (x, y) as `side` pixels allow."""
    high, wide = min(side, shape[0]), min(side, shape[1])
    left = int(np.clip(round(middle[0] - wide / 2), 0, shape[1] - wide))
    top = int(np.clip(round(middle[1] - high / 2), 0, shape[0] - high))
    return Window(left, top, wide, high)


def outline_path(mask: Hole) -> str:
    """The border of a hole between its pixels and all others, as an SVG path in pixels: exact at every zoom.

    "" for no hole, and for more than `MAX_OUTLINE` edges.
    """
    framed = np.pad(mask, 1).astype(np.int8)
    across = np.diff(framed, axis=0)[:, 1:-1] != 0  # H+1×W: an edge above pixel (y, x)
    down = np.diff(framed, axis=1)[1:-1].T != 0  # W+1×H: an edge left of pixel (y, x)
    lines = [f"M{start} {y}H{end}" for y, start, end in _runs(across)]
    lines += [f"M{x} {start}V{end}" for x, start, end in _runs(down)]
    return "" if len(lines) > MAX_OUTLINE else "".join(lines)


def _runs(edges: Hole) -> list[tuple[int, int, int]]:
    """Rows of edges as (row, first, past the last) of each unbroken stretch."""
    steps = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.argwhere(steps == 1), np.argwhere(steps == -1)
    return [(int(row), int(a), int(b)) for (row, a), (_, b) in zip(starts, ends, strict=True)]


def chosen_rows(view: TaskView, references: Sequence[str]) -> list[Row]:
    """The entries of these references in their order. Raises `HarnessError` for one whose outputs are no result."""
    judged = {row.reference: row for row in view.judged}
    if absent := [reference for reference in references if reference not in judged]:
        raise HarnessError(f"no outputs of {absent[0]!r} to show on {view.summary.task}; there are {', '.join(judged)}")
    return [judged[reference] for reference in references]


def sample_row(opened: Opened, view: TaskView, sample: str) -> dict[str, Any]:
    """What is known of one sample. Raises `HarnessError` where the task has none of this name."""
    frame = opened.samples
    found = plain_rows(frame.loc[(frame["sample"] == sample) & (frame["task"] == view.summary.task)])
    if not found:
        raise HarnessError(f"the task {view.summary.task} has no sample of this name")
    return found[0]


def records_of(opened: Opened, view: TaskView, sample: str, rows: Sequence[Row]) -> list[dict[str, Any] | None]:
    """The record of each entry on one sample, of repeated ones the first; None where there is none yet."""
    found: list[dict[str, Any] | None] = []
    for row in rows:
        frame = opened.rows(row.reference, view.summary.task)
        mine: pd.DataFrame = frame if frame.empty else frame.loc[frame["sample"] == sample]
        found.append(None if mine.empty else plain_rows(mine.sort_values("repeat", kind="stable").head(1))[0])
    return found


def viewer_data(
    opened: Opened, view: TaskView, sample: str, references: Sequence[str], side: int = MAX_SIDE
) -> dict[str, Any]:
    """What the viewer draws of one sample, as JSON holds it; of a picture with a longer side than `side` a window.

    Keys: `sample`, `title`, `cluster`, `facts` (lines for a reader), `size` [width, height] of what is sent, `focus`
    [x, y] where to look first, `window` (a line where that is not the whole picture, else ""), `gain` of error maps,
    `truth` and `hole` (PNG data URIs, "" where not kept; the hole is a layer to lay over the truth), `outline` (an SVG
    path in pixels, "" for none) and `panes`, one an entry: `entry`, `title`, `colour`, `kind` of its weights, `floor`,
    `picture` and `error` (data URIs or ""), `maps` {name: data URI of a layer}, `scores` [[column, text], …] with the
    primary first, `note` and `command` (why there is no picture, and what gets it; "" for neither).

    Raises `HarnessError` for a sample that the task does not have and an entry whose outputs are no result. A picture
    that is damaged or refused costs its pane only, which says so.
    """
    known, rows = sample_row(opened, view, sample), chosen_rows(view, references)
    records = records_of(opened, view, sample, rows)
    truth, why_no_truth = _load(opened, known["truth"])
    stored, why_no_hole = _load(opened, known["mask"])
    shown, why_not_shown = _load(opened, known["shown"])
    outputs = [_load(opened, record.get("output_hash")) if record else (None, "") for record in records]
    present = [pixels for pixels in (truth, stored, *(o for o, _ in outputs)) if pixels is not None]
    shape = present[0].shape if present else (1, 1)
    mask = stored > 127 if stored is not None and stored.shape == shape[:2] else None
    middle = middle_of(shape, mask)
    window = window_on(shape, middle, side)
    hole = None if mask is None else window.cut(mask)
    outline = "" if hole is None else outline_path(hole)
    instead = None if shown is None else window.cut(pictures.at_size(shown, shape))
    layer = pictures.input_layer(hole, instead, visible=view.task["role"] == "region")
    frame = _Frame(opened, view, shape[:2], window, truth)
    unseen = {"truth": why_no_truth, "mask": why_no_hole, "input": why_not_shown}
    ratio = known["ratio"]
    return {
        "sample": sample,
        "title": str(known["title"] or sample),
        "cluster": str(known["cluster"]),
        "facts": [
            *([f"asked: {known['prompt']}"] if known["prompt"] else []),
            *([f"hole {100 * ratio:.1f} % of the picture"] if isinstance(ratio, float) else []),
            *(
                ["its hole has too many edges to be outlined"]
                if hole is not None and hole.any() and not outline
                else []
            ),
            *([f"input {_sides(shown.shape)} px"] if shown is not None and shown.shape[:2] != shape[:2] else []),
            *(f"{name}: {why}" for name, why in unseen.items() if why),
            *([f"first of {opened.manifest['repeats']} repeats"] if opened.manifest["repeats"] > 1 else []),
        ],
        "size": [window.width, window.height],
        "focus": [float(middle[0] - window.left), float(middle[1] - window.top)],
        "window": _window_line(window, shape),
        "gain": pictures.ERROR_GAIN,
        "truth": "" if truth is None else frame.uri(truth),
        "hole": "" if layer is None else _uri(layer),
        "outline": outline,
        "panes": [frame.pane(row, record, *kept) for row, record, kept in zip(rows, records, outputs, strict=True)],
    }


@dataclass(frozen=True)
class _Frame:
    """What all panes of one sample share."""

    opened: Opened
    view: TaskView
    shape: tuple[int, ...]
    window: Window
    truth: Pixels | None

    def uri(self, pixels: Pixels) -> str:
        return _uri(self.window.cut(pixels))

    def pane(self, row: Row, record: Mapping[str, Any] | None, output: Pixels | None, why: str) -> dict[str, Any]:
        note, command = self._missing(record, output, why)
        fits = output is not None and output.shape[:2] == self.shape and not note
        shown = output if fits else None
        return {
            "entry": row.reference,
            "title": row.title,
            "colour": row.colour,
            "kind": row.kind,
            "floor": row.floor,
            "picture": "" if shown is None else self.uri(shown),
            "error": "" if shown is None else self._error(shown),
            "maps": {} if shown is None or record is None else self._maps(record),
            "scores": self._scores(record),
            "note": note,
            "command": command,
        }

    def _missing(self, record: Mapping[str, Any] | None, output: Pixels | None, why: str) -> tuple[str, str]:
        """Why there is no picture, and the command that gets it."""
        folder = str(self.opened.run.path)
        if record is None:
            return "not run yet", resume_command(self.opened.manifest, folder)
        if record["status"] != "ok":
            return f"{record['status']}: {record.get('reason') or 'no reason was noted'}", ""
        if why:
            return f"picture refused: {why}", f"harness verify {shlex.quote(folder)}"
        if output is None:
            board = bool(self.opened.tiers)  # nobody runs into a board: its pictures come from a run of one's own
            again = resume_command(
                self.opened.manifest, f"runs/{self.opened.manifest['suite']['name']}" if board else folder
            )
            why = "a board keeps no pictures; a run has them" if board else "picture not kept"
            return why, f"{again} --keep all" if again.startswith("harness ") else again
        if output.shape[:2] != self.shape:
            return f"another size: {_sides(output.shape)}, not {_sides(self.shape)}", ""
        return "", ""

    def _error(self, output: Pixels) -> str:
        if self.truth is None or self.truth.shape != output.shape:
            return ""
        levels = pictures.error_levels(self.window.cut(output), self.window.cut(self.truth))
        return pictures.data_uri(pictures.error_png(levels))

    def _maps(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Layers of the maps that the record names and the run kept: red, as opaque as the map's value."""
        layers = {}
        for column, name in record.items():
            if column.startswith(MAP_FACT) and name is not None:
                levels, _ = _load(self.opened, name)
                if levels is not None and levels.shape == self.shape:
                    layers[column.removeprefix(MAP_FACT)] = _uri(pictures.map_layer(self.window.cut(levels)))
        return layers

    def _scores(self, record: Mapping[str, Any] | None) -> list[list[str]]:
        if record is None or record["status"] != "ok":
            return []
        columns = [column for column in self.view.columns if self.view.info[column]["kind"] == "sample"]
        return [[column, _score_text(record, column, self.view.info[column])] for column in columns]


def score_number(record: Mapping[str, Any], column: str, info: Mapping[str, Any]) -> str:
    """A record's value of a column; a dash where it has none."""
    value = record.get(f"score:{column}")
    return words.number(value if isinstance(value, int | float) else None, info["digits"])


def _score_text(record: Mapping[str, Any], column: str, info: Mapping[str, Any]) -> str:
    told = score_number(record, column, info)
    return told if told == words.NOTHING else f"{told} {info['unit']}".rstrip()


def _load(opened: Opened, name: object) -> tuple[Pixels | None, str]:
    """A picture, or why it is not shown; neither where none was kept."""
    if name is None or (isinstance(name, float) and math.isnan(name)) or name == "":
        return None, ""
    try:
        return opened.picture(str(name)), ""
    except HarnessError as error:
        return None, str(error).replace(f"{opened.run.path}/", "")


def _uri(pixels: Pixels) -> str:
    return pictures.data_uri(pictures.png_bytes(np.ascontiguousarray(pixels)))


def _sides(shape: Sequence[int]) -> str:
    return f"{shape[1]} × {shape[0]}"


def _window_line(window: Window, shape: tuple[int, ...]) -> str:
    if (window.height, window.width) == tuple(shape[:2]):
        return ""
    return (
        f"{window.width} × {window.height} px around the hole, from ({window.left}, {window.top}), "
        f"of {_sides(shape)}; nothing is resampled"
    )
