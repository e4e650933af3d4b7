"""Where leaderboards lie: those that are shipped, and the user's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.places import file_name, home

__all__ = [
    "CARD",
    "PACKAGE",
    "Board",
    "board_name",
    "board_place",
    "boards",
    "read_card",
    "roots",
    "set_aside",
    "vouched",
    "work_folder",
]

PACKAGE = "harness_leaderboards"
CARD = "board.json"


@dataclass(frozen=True)
class Board:
    """A measured board: a merged run folder of one suite, suite version and device, with a card.

    Attributes:
        suite, name: `inpainting`, `v2-cpu`; together its address.
        path: the run folder.
        shipped: whether it came with the package.
    """

    suite: str
    name: str
    path: Path
    shipped: bool

    @property
    def id(self) -> str:
        """`inpainting/v2-cpu`."""
        return f"{self.suite}/{self.name}"


def roots() -> list[tuple[Path, bool]]:
    """Folders that hold `measured/` and `reported/`, the shipped one first, each with whether it is shipped."""
    found = find_spec(PACKAGE)
    shipped = [(Path(place), True) for place in (found.submodule_search_locations or ())] if found else []
    return [*shipped, (home() / "leaderboards", False)]


def board_name(manifest: Mapping[str, Any]) -> str:
    """`v2-cpu`: what of a run decides on which board of its suite it may stand. Raises `HarnessError` for a path."""
    return file_name("board", f"v{manifest['suite']['version']}-{manifest['numerics']['device']}")


def board_place(root: Path, manifest: Mapping[str, Any]) -> Path:
    """Where the board of a run lies under a root. Raises `HarnessError` where the manifest names a path."""
    return root / "measured" / file_name("suite", manifest["suite"]["name"]) / board_name(manifest)


def work_folder(board: Path) -> Path:
    """Where `add` builds a board, beside its place."""
    return board.with_name(f".{board.name}.adding")


def set_aside(board: Path) -> Path:
    """Where a board lies for the moment in which another takes its place."""
    return work_folder(board) / "old"


def boards(places: Sequence[tuple[Path, bool]] | None = None) -> Iterator[Board]:
    """Every measured board of the folders (default: `roots()`), by suite and name.

    One that a killed `add` had set aside is found where it lies: the next `add` puts it back.
    """
    for root, shipped in roots() if places is None else places:
        found = {folder.parent: folder.parent for folder in root.glob("measured/*/*/manifest.json")}
        found = {place: folder for place, folder in found.items() if not place.name.startswith(".")}
        for folder in root.glob("measured/*/.*.adding/old"):
            place = folder.parents[1] / folder.parent.name[1:].removesuffix(".adding")
            found.setdefault(place, folder)
        for place, folder in sorted(found.items()):
            yield Board(place.parent.name, place.name, folder, shipped)


def read_card(board: Path) -> dict[str, Any]:
    """What `board.json` says of a board's rows; an empty card where there is none. Raises `HarnessError`: damaged."""
    path = board / CARD
    if not path.exists():
        return {"schema": 1, "rows": []}
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HarnessError(f"{path} is damaged ({error}); harness leaderboard check names what is wrong") from error
    if not isinstance(card, dict) or not isinstance(card.get("rows"), list):
        raise HarnessError(f"{path} is damaged: it holds no rows; harness leaderboard check names what is wrong")
    return card


def vouched(board: Path) -> dict[str, dict[str, Any]]:
    """A board's card by entry, checked against its schema. Raises `HarnessError` with the first thing that is wrong."""
    from harness.leaderboard.schema import problems

    card = read_card(board)
    wrong = next(problems("board", card), "") if card["rows"] else ""
    if wrong:
        raise HarnessError(f"{board / CARD} is damaged: {wrong}; harness leaderboard check names what is wrong")
    return {row["entry"]: row for row in card["rows"]}
