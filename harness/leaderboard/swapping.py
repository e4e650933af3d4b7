"""A board is built beside its place and takes it by two renames; a kill between them loses nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.leaderboard.places import set_aside, work_folder
from harness.store import RunFolder
from harness.store.files import clear_errors, sync_folder

__all__ = ["replacing"]


@contextmanager
def replacing(board: Path) -> Iterator[Path]:
    """Give a folder to work in; what lies in its `new` at the end of the block takes the board's place.

    An error in the block leaves the board as it was. What a killed call left is put right first: a board that it had
    set aside comes back, anything half built is dropped.

    Raises:
        HarnessError: another process is at this board, or its folder cannot be written.
    """
    work = work_folder(board)
    with RunFolder(work, {}).locked():
        _restore(board)
        for left in work.iterdir():
            if left.name != ".lock":
                shutil.rmtree(left)
        try:
            yield work
            with clear_errors(board):
                if board.exists():
                    os.rename(board, set_aside(board))
                os.rename(work / "new", board)
                sync_folder(board.parent)
        finally:
            _restore(board)
            shutil.rmtree(work)
            for folder in (board.parent, board.parent.parent):
                if not any(folder.iterdir()):
                    folder.rmdir()


def _restore(board: Path) -> None:
    """Put a board back that was set aside while nothing has taken its place."""
    if set_aside(board).exists() and not board.exists():
        os.rename(set_aside(board), board)
