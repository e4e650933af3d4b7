"""A folder of leaderboards, opened once for all checks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.leaderboard.places import Board, boards, read_card
from harness.store import open_run
from harness.store.folder import ReadOnce

__all__ = ["Opened", "Root", "Told"]


class Told(Exception):
    """A check has something to tell that is no error: `said` in short, a line for each."""

    def __init__(self, said: str, lines: Iterable[str] = ()) -> None:
        super().__init__(said)
        self.said = said
        self.lines = tuple(lines)


class Opened:
    """A board that could be opened: its folder and its card's rows."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.run = ReadOnce(board.path, open_run(board.path).manifest)
        self.rows: list[dict[str, Any]] = read_card(board.path)["rows"]


class Root:
    """A folder with `measured/` and `reported/`.

    Attributes:
        rescore: kept outputs of each board that are judged again.
        unreadable: why boards could not be opened.
    """

    def __init__(self, path: Path, rescore: int = 0) -> None:
        self.path = path
        self.rescore = rescore
        self.unreadable: list[str] = []

    @cached_property
    def boards(self) -> list[Opened]:
        """Boards that can be opened."""
        found = []
        for board in boards([(self.path, False)]):
            try:
                found.append(Opened(board))
            except HarnessError as error:
                self.unreadable.append(f"{board.id}: {error}")
        return found
