"""What must be known of an entry at a glance, as short words with a longer one behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from harness.report.words import leak, number

if TYPE_CHECKING:
    from harness.report.board import Row

__all__ = ["Badge", "badges", "contamination", "strategy_of"]


@dataclass(frozen=True)
class Badge:
    """`text` is shown, `tip` is told when asked; `tone` says how loud it is."""

    text: str
    tip: str = ""
    tone: Literal["", "kind", "alert", "good"] = ""


def contamination(entry: Mapping[str, Any], task: Mapping[str, Any]) -> Badge | None:
    """Whether an entry's weights may have been trained on the task's data; None where it learned nothing.

    ours: told by the data set's name in what the weights' author states; a statement that was never made or is wrong
    cannot be seen through.
    """
    if not entry["weights"] or entry["weights"]["kind"] == "random":
        return None
    stated = str(entry["weights"]["trained_on"] or "")
    if not stated:
        return Badge("training data not stated", "nobody said what these weights were trained on", "alert")
    if str(task["dataset"]).partition("[")[0].lower().replace("-", "") in _words(stated):
        return Badge("trained on this data set", f"trained on {stated}", "alert")
    return Badge("other training data", f"trained on {stated}")


def _words(text: str) -> set[str]:
    """Words without hyphens: `CelebA-HQ` → `celebahq`; a file's name (`training_photos`) is one word."""
    return {word.replace("-", "") for word in re.findall(r"[a-z0-9_-]+", text.lower())}


def strategy_of(entry: Mapping[str, Any], task: Mapping[str, Any]) -> str:
    """What an entry did with larger pictures of a task: its reference says, else the task, else its spec; "" native."""
    asked = str(task["identity"].get("strategy", "")).partition("/")[0]
    own = str(entry.get("strategy", ""))  # what an older harness wrote has none
    way = own if "strategy=" in entry["reference"] or not asked else asked
    return "" if way == "native" else way


def badges(row: Row, task: Mapping[str, Any], tier: str = "") -> list[Badge]:
    """Everything to show beneath an entry's name; `tier` says who vouches for its rows."""
    entry, found = row.entry, list[Badge]()
    if row.note:
        found.append(Badge(row.note, tone="alert" if row.note.startswith("below floor") else ""))
    if row.kind:
        size = f" · {number(entry['parameters_m'], 1)} M" if entry["parameters_m"] else ""
        found.append(Badge(f"{row.kind}{size}", f"weights: {entry['weights']['licence']}", "kind"))
    elif row.floor:
        found.append(Badge("floor", "a classical baseline"))
    if way := strategy_of(entry, task):
        found.append(Badge(way, "how larger pictures were brought before it; every record says what was done"))
    if row.standing.leak:
        found.append(Badge(f"leak: {row.standing.leak}", leak(row.standing), "alert"))
    if entry["parity"]:
        found.append(Badge(f"parity: {entry['parity']}", "how far its network was shown to be the official one"))
    if told := contamination(entry, task):
        found.append(told)
    if entry["licence"]:
        found.append(Badge(str(entry["licence"]), "licence of the code"))
    if tier:
        found.append(Badge(tier, "who vouches for these numbers", "good" if tier == "measured here" else ""))
    return found
