"""Seconds by size on a terminal, and in words: aligned, official sizes first, small checkpoints apart."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from harness.report.lines import WIDTH, emit, plain_table, rich_table
from harness.report.words import NOTHING, count, number, seconds, shorten
from harness.store.timings import CONFIGURATIONS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from harness.store.timings import Spent, Timed, TimedEntry, Timings

__all__ = ["print_timings"]

LEFT = (1,)
TITLE_MAX = 40
STYLES = ("", "bold", "", "dim", "", "", "dim")
OFFICIAL = "Official sizes, and methods without weights"
MINI = "Small checkpoints, which stand apart"
TRAINING = "One training step on one picture, all losses of the recipe on"


def print_timings(timings: Timings, console: Console) -> None:
    """Print a table a group, fastest first at each size, then what gave no seconds and why."""
    bare = not console.is_terminal
    emit(_lines(timings, WIDTH if bare else min(WIDTH, console.width), bare), console, bare)


def _lines(timings: Timings, width: int, bare: bool) -> Iterator[Text | Table]:
    for title, entries in zip((OFFICIAL, MINI), timings.apart(), strict=True):
        rows = _answered(timings, entries)
        if not rows:
            continue
        heads = ["size", "entry", "median", _interval_head(timings), "CPU", "memory", "parameters"]
        cells = [_cells(row, entry) for row, entry in rows]
        yield Text(f"\n{title}", "bold")
        if bare:
            yield from plain_table(heads, cells, LEFT)
        else:
            yield rich_table(heads, cells, LEFT, [STYLES for _ in cells])
    yield from _training(timings, bare)
    yield Text()
    for line in _notes(timings):
        yield from (Text(part, "dim") for part in textwrap.wrap(line, width, subsequent_indent="  "))


def _training(timings: Timings, bare: bool) -> Iterator[Text | Table]:
    """The table of training steps, smallest size first; nothing where none was measured."""
    titles = {entry.reference: entry.title for entry in timings.entries}
    rows = sorted((row for row in timings.training if row.wall), key=lambda row: row.side)
    if not rows:
        return
    heads = ["size", "method", "recipe", "a step", _interval_head(timings), "memory"]
    cells = [
        [str(row.side), shorten(titles[row.entry], TITLE_MAX), row.recipe,
         seconds(row.wall.median if row.wall else None), _interval(row.wall), _memory(row.peak_mb)]
        for row in rows
    ]  # fmt: skip
    yield Text(f"\n{TRAINING}", "bold")
    if bare:
        yield from plain_table(heads, cells, (1, 2))
    else:
        yield rich_table(heads, cells, (1, 2), [STYLES[: len(heads)] for _ in cells])


def _memory(peak_mb: float | None) -> str:
    return NOTHING if peak_mb is None else "< 1 MB" if peak_mb < 1 else f"{peak_mb:.0f} MB"


def _answered(timings: Timings, entries: Sequence[TimedEntry]) -> list[tuple[Timed, TimedEntry]]:
    """Rows with seconds, smallest size first, then fastest first."""
    rows = [(row, entry) for entry in entries for row in timings.of(entry) if row.wall]
    return sorted(rows, key=lambda pair: (pair[0].side, pair[0].wall.median if pair[0].wall else math.inf))


def _interval_head(timings: Timings) -> str:
    return f"{100 * timings.coverage:.0f} % interval" if timings.coverage else "interval"


def _cells(row: Timed, entry: TimedEntry) -> list[str]:
    return [
        str(row.side),
        shorten(entry.title, TITLE_MAX),
        seconds(row.wall.median if row.wall else None),
        _interval(row.wall),
        seconds(row.cpu.median if row.cpu else None),
        _memory(row.peak_mb),
        NOTHING if entry.parameters_m is None else f"{number(entry.parameters_m, 2)} M",
    ]


def _interval(spent: Spent | None) -> str:
    if spent is None or spent.lo is None:
        return NOTHING
    return f"{seconds(spent.lo)} – {seconds(spent.hi)}"


def _notes(timings: Timings) -> Iterator[str]:
    yield from (f"{entry.title}: {CONFIGURATIONS[entry.kind]}" for entry in timings.entries if entry.kind)
    yield from (f"{row.entry} at {row.side} px: {row.why}" for row in timings.rows if row.why)
    yield from (
        f"{row.entry}, training by {row.recipe} at {row.side} px: {row.why}" for row in timings.training if row.why
    )
    here = timings.hardware
    where = f"{here.get('accelerator') or here['processor']}, {count(here['threads'], 'thread')}"
    load = f"load {here['load']:.1f} when it began, {timings.load_ended:.1f} when it ended"
    yield f"one call on one picture, {100 * timings.hole:.0f} % of it hole, warm; on {where}; {load}"
