"""Where leaderboards lie: those that are shipped, and the user's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.places import home

__all__ = ["CARD", "Board", "board_name", "boards", "read_card", "roots"]

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
    """`v2-cpu`: what of a run decides on which board of its suite it may stand."""
    return f"v{manifest['suite']['version']}-{manifest['numerics']['device']}"


def boards(places: Sequence[tuple[Path, bool]] | None = None) -> Iterator[Board]:
    """Every measured board of the folders (default: `roots()`), by suite and name."""
    for root, shipped in roots() if places is None else places:
        for manifest in sorted(root.glob("measured/*/*/manifest.json")):
            folder = manifest.parent
            if not folder.name.startswith("."):
                yield Board(folder.parent.name, folder.name, folder, shipped)


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
