"""Seconds by size that were measured: those that are shipped, and the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.leaderboard.places import roots
from harness.store.timings import Timings, read_timings

__all__ = ["speeds"]


def speeds(places: Sequence[tuple[Path, bool]] | None = None) -> list[Timings]:
    """Every `measured/speed/*.json` of the folders (default: `roots()`), the shipped ones first, by name.

    Empty where there are none. Raises `HarnessError` naming the first file that is damaged.
    """
    found = [sorted(root.glob("measured/speed/*.json")) for root, _ in (roots() if places is None else places)]
    return [read_timings(file) for files in found for file in files if not file.name.startswith(".")]
