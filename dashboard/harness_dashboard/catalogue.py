"""What can be looked at: measured boards and run folders, each opened once and read again when it changed."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import streamlit as st

from harness.errors import HarnessError
from harness.leaderboard import boards
from harness.leaderboard.places import CARD, read_card
from harness.report.opened import Opened
from harness.store.folder import read_manifest
from harness.store.packed import both_names
from harness_dashboard.options import Options

__all__ = ["Catalogue", "Source"]

OPENED_KEPT = 4
"""ours: with a dozen cells of 100,000 rows each, one takes 200 MB."""
SUITES_KEPT = 4096
"""ours: folders whose suite is remembered; every click lists them all, and a large manifest takes 40 ms to read."""
UNREAD = "?"
"""The suite of a folder that cannot be read: the page Runs says what is wrong with it."""
SUMMARY = both_names("summary.json")
WRITTEN = ("manifest.json", *SUMMARY, CARD)


@dataclass(frozen=True)
class Source:
    """Something that can be opened.

    Attributes:
        id: its address in a link: `inpainting/v2-cpu` for a board, the folder's name for a run; one line.
        title: what a reader sees; one line.
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
        return _stamp(self.path)

    @property
    def word(self) -> str:
        """Its path as one word of a command line, whatever the path holds."""
        path = str(self.path)
        return shlex.quote(path) if path.isprintable() else f"$'{_escaped(path)}'"


def _stamp(folder: Path) -> tuple[int, ...]:
    """Inode and time of what is written last. Until there is a summary, also of the folders where cells begin and end.

    Every record of a run that goes on would change it, and a summary of all so far may take seconds.
    """
    files = [folder / name for name in WRITTEN]
    if not any(_is_there(folder / name) for name in SUMMARY):
        files += [folder / "records", *sorted(_inside(folder / "records"))]
    return tuple(number for file in files for number in _written(file))


def _written(path: Path) -> tuple[int, int]:
    """What changes when a file is replaced; (0, 0) where there is none, or none that may be looked at."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def _is_there(path: Path) -> bool:
    return _written(path) != (0, 0)


def _inside(folder: Path) -> Iterator[Path]:
    """What a folder holds; nothing where it is none, or may not be read."""
    try:
        yield from folder.iterdir()
    except OSError:
        return


def _escaped(name: str) -> str:
    r"""A name on one line, as `$'…'` of a shell reads it: what is not to be seen (a newline, a byte that is no text, a
    mark that turns text around) by the bytes it is made of, `\` and `'` by themselves."""
    return "".join(
        c if c.isprintable() and c not in "\\'" else "".join(f"\\x{byte:02x}" for byte in os.fsencode(c)) for c in name
    )


def _line(name: str) -> str:
    """A name on one line: what is not to be seen (a newline, a mark that turns text around) is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


@lru_cache(SUITES_KEPT)
def _suite(folder: Path, stamp: tuple[int, ...]) -> str:
    """The suite that a run folder's manifest names. `stamp` is part of the key only."""
    try:
        return _line(str(read_manifest(folder)["suite"]["name"]))
    except (HarnessError, KeyError, TypeError):
        return UNREAD


@st.cache_resource(max_entries=OPENED_KEPT, show_spinner=False)
def _open(path: bytes, stamp: tuple[int, ...]) -> Opened:
    """Shared by all sessions and never written to. `stamp` is part of the key only. A path need not be text."""
    folder = Path(os.fsdecode(path))
    return Opened(folder, _tiers(folder))


def _tiers(board: Path) -> dict[str, str]:
    """By entry, who vouches for its rows; empty for a run."""
    try:
        return {str(row["entry"]): str(row["tier"]) for row in read_card(board)["rows"]}
    except (KeyError, TypeError) as error:
        raise HarnessError(f"{board / CARD} is damaged; harness leaderboard check names what is wrong") from error


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
        return _open(os.fsencode(source.path), source.stamp)

    def _boards(self) -> list[Source]:
        found = []
        for board in boards():
            suite, name, yours = _line(board.suite), _line(board.name), "" if board.shipped else " · yours"
            address = f"{suite}/{name}{' (yours)' if yours else ''}"
            found.append(Source(address, f"{suite} {name.replace('-', ' · ')}{yours}", suite, board.path, "board"))
        return found

    def _runs(self) -> list[Source]:
        """A run whose name another one has, in another folder, is told by its path."""
        folders = self._folders()
        times = Counter(folder.name for folder in folders)
        found = []
        for folder in folders:
            name = _line(folder.name if times[folder.name] == 1 else str(folder))
            stamp = _stamp(folder)
            found.append((stamp[1], Source(name, f"run {name}", _suite(folder, stamp[:2]), folder, "run")))
        return [source for _, source in sorted(found, key=lambda one: one[0], reverse=True)]

    def _folders(self) -> list[Path]:
        """Every run folder that is given, or lies in a given one; each once, however many ways lead to it."""
        found: dict[str, Path] = {}
        for given in map(Path, self.options.folders):
            inside = [given] if _is_there(given / "manifest.json") else sorted(_inside(given), key=Path.is_symlink)
            for folder in inside:
                if not folder.name.startswith(".") and _is_there(folder / "manifest.json"):
                    found.setdefault(os.path.realpath(folder), folder.absolute())
        return list(found.values())
