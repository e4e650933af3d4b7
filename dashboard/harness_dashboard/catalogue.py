"""What can be looked at: measured boards and run folders, each opened once and read again when it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import streamlit as st

from harness.errors import HarnessError
from harness.leaderboard import boards
from harness.leaderboard.places import read_card
from harness.report.opened import Opened
from harness.store.folder import read_manifest
from harness_dashboard.options import Options

__all__ = ["Catalogue", "Source"]

OPENED_KEPT = 8


@dataclass(frozen=True)
class Source:
    """Something that can be opened.

    Attributes:
        id: its address in a link: `inpainting/v2-cpu` for a board, the folder's name for a run.
        title: what a reader sees.
        suite: the suite's name.
    """

    id: str
    title: str
    suite: str
    path: Path
    kind: Literal["board", "run"]

    @property
    def stamp(self) -> tuple[int, ...]:
        """Changes when the folder was written to: what was read before is old then."""
        files = ("manifest.json", "summary.json", "board.json")
        return tuple(p.stat().st_mtime_ns if (p := self.path / name).exists() else 0 for name in files)


@st.cache_resource(max_entries=OPENED_KEPT, show_spinner=False)
def _open(path: str, stamp: tuple[int, ...]) -> Opened:
    """Shared by all sessions and never written to. `stamp` is part of the key only."""
    tiers = {str(row["entry"]): str(row["tier"]) for row in read_card(Path(path))["rows"]}
    return Opened(Path(path), tiers)


class Catalogue:
    """Everything that one dashboard shows. A page is called with it."""

    def __init__(self, options: Options) -> None:
        self.options = options

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Boards first, then runs, newest first; by id."""
        found = [*self._boards(), *self._runs()]
        return {source.id: source for source in found}

    def open(self, source: Source) -> Opened:
        """The source's folder. Raises `HarnessError` where it cannot be read."""
        return _open(str(source.path), source.stamp)

    def _boards(self) -> list[Source]:
        return [
            Source(
                board.id if board.shipped else f"{board.id} (yours)",
                f"{board.suite} {board.name.replace('-', ' · ')}{'' if board.shipped else ' · yours'}",
                board.suite, board.path, "board",
            )
            for board in boards()
        ]  # fmt: skip

    def _runs(self) -> list[Source]:
        found = []
        for given in map(Path, self.options.folders):
            inside = (
                given.glob("*/manifest.json") if not (given / "manifest.json").exists() else [given / "manifest.json"]
            )
            for manifest in inside:
                folder = manifest.parent
                if folder.name.startswith("."):
                    continue
                try:
                    suite = str(read_manifest(folder)["suite"]["name"])
                except (HarnessError, KeyError, TypeError):
                    suite = "?"  # the page Runs says what is wrong with it
                found.append(Source(folder.name, f"run {folder.name}", suite, folder, "run"))
        return sorted(found, key=lambda source: source.stamp, reverse=True)
