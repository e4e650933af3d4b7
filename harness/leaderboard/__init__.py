"""Leaderboards: reference runs that are published, and papers' numbers beside them, never mixed.

Names that compute are imported at first use, so that looking at boards stays free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from harness.leaderboard.places import Board, boards, roots

if TYPE_CHECKING:
    from harness.leaderboard.adding import add
    from harness.leaderboard.checking import check
    from harness.leaderboard.exporting import export, export_reported
    from harness.leaderboard.papers import reported

__all__ = ["Board", "add", "boards", "check", "export", "export_reported", "reported", "roots"]

_HOMES = {
    "add": "adding", "check": "checking", "export": "exporting", "export_reported": "exporting", "reported": "papers",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
