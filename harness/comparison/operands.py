"""What a user names: `RUN` or `RUN::ENTRY`, and which entries of the two are pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, UnknownName
from harness.store import RunFolder, open_run

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Operand", "only_in", "paired_entries", "read_operand"]

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Operand:
    """A run, and one entry of it or None for all."""

    text: str
    run: RunFolder
    entry: Entry | None

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries that are meant."""
        return [self.entry] if self.entry else list(self.run.manifest["entries"])

    @property
    def tasks(self) -> Mapping[str, Mapping[str, Any]]:
        """Tasks of the run by id."""
        return {task["id"]: task for task in self.run.manifest["suite"]["tasks"]}

    @cached_property
    def records(self) -> pd.DataFrame:
        """Every record of the run."""
        return self.run.records()


def read_operand(text: str | Path) -> Operand:
    """Open a run folder, or a run folder and an entry of it by reference or title.

    Raises `HarnessError` for no run folder, `UnknownName` for an entry that the run does not have.
    """
    text = str(text)
    folder, colons, name = text.rpartition("::")
    if not colons or (Path(text) / "manifest.json").is_file():  # a folder may have colons in its name
        return Operand(text, open_run(text), None)
    run = open_run(folder)
    return Operand(text, run, _entry(run, name))


def _entry(run: RunFolder, name: str) -> Entry:
    entries: list[Entry] = run.manifest["entries"]
    found = [entry for entry in entries if entry["reference"] == name]
    found = found or [entry for entry in entries if entry["title"] == name]
    if len(found) > 1:
        references = ", ".join(entry["reference"] for entry in found)
        raise HarnessError(f"{run.path}: '{name}' is the title of {references}: name one by its reference")
    if not found:
        known = [entry["reference"] for entry in entries]
        raise UnknownName(f"entry of {run.path}", name, known, f"harness status {run.path}", listed=True)
    return found[0]


def paired_entries(a: Operand, b: Operand) -> tuple[list[tuple[Entry, Entry]], list[str]]:
    """Which entry of A meets which of B, and a line for each side about entries that meet nobody.

    Two named entries meet; otherwise those of the same reference do. Raises `HarnessError` where nobody meets.
    """
    if a.entry and b.entry:
        return [(a.entry, b.entry)], []
    mine, theirs = ({entry["reference"]: entry for entry in side.entries} for side in (a, b))
    pairs = [(entry, theirs[name]) for name, entry in mine.items() if name in theirs]
    if not pairs:
        raise HarnessError(
            f"no entry of {b.text} ({', '.join(theirs)}) is one of {a.text} ({', '.join(mine)}): name both, RUN::ENTRY"
        )
    whole = a.entry is None and b.entry is None  # whoever names one entry does not ask about the others
    return pairs, only_in(mine, theirs) if whole else []


def only_in(a: Iterable[str], b: Iterable[str], what: str = "") -> list[str]:
    """A line for each side that has names which the other lacks: `only in A: x, y`."""
    mine, theirs = list(a), list(b)
    alone = (("A", mine, theirs), ("B", theirs, mine))
    found = [(side, [name for name in own if name not in other]) for side, own, other in alone]
    return [f"only in {side}: {what}{', '.join(names)}" for side, names in found if names]
