"""Seconds and memory by size, as `harness bench` measures them, and the JSON file that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.errors import HarnessError
from harness.store.files import write_json
from harness.store.schema import problems

__all__ = ["CONFIGURATIONS", "SCHEMA", "Inputs", "Spent", "Timed", "TimedEntry", "Timings", "Trained", "read_timings"]

SCHEMA = 1
CONFIGURATIONS: Mapping[str, str] = MappingProxyType(
    {
        "": "has no weights",
        "official": "official checkpoint",
        "random": "official size, random weights: timing only",
        "mini": "this project's small checkpoint",
    }
)
"""What was timed, by `TimedEntry.kind`."""


@dataclass(frozen=True)
class Spent:
    """Seconds of a call: the least, the median, and the median's interval (None where so few calls tell none)."""

    least: float
    median: float
    lo: float | None
    hi: float | None


@dataclass(frozen=True)
class TimedEntry:
    """What was timed.

    Attributes:
        kind: of its weights, a key of `CONFIGURATIONS`.
        weights: sha256 of the checkpoint; "" without one.
        parameters_m: millions of parameters; None where nobody stated them.
        source_digest: sha256 over the code behind the entry.
    """

    reference: str
    title: str
    method: str
    version: str
    kind: str
    weights: str
    parameters_m: float | None
    source_digest: str


@dataclass(frozen=True)
class Timed:
    """One entry at one size.

    Attributes:
        side: pixels of the square picture's side.
        calls: timed calls that answered.
        wall: by the clock on the wall, device synchronised; None where the entry did not answer.
        cpu: of this process and all its threads.
        peak_mb: most memory that a call added, the first one at this size included; None where unknown.
        why: why there are no seconds; "" where there are.
    """

    entry: str
    side: int
    calls: int
    wall: Spent | None
    cpu: Spent | None
    peak_mb: float | None
    why: str = ""


@dataclass(frozen=True)
class Trained:
    """One training step of an entry's method at one size, by one of its recipes.

    Attributes:
        recipe: its name.
        side: pixels of the square pictures' side.
        batch: pictures a step.
        calls: timed steps, after one that is not.
        wall: by the clock on the wall, device synchronised; None where no step was taken.
        peak_mb: most memory that a step added, the first one included: activations, gradients, optimiser state.
        why: why there are no seconds; "" where there are.
    """

    entry: str
    recipe: str
    side: int
    batch: int
    calls: int
    wall: Spent | None
    peak_mb: float | None
    why: str = ""


@dataclass(frozen=True)
class Inputs:
    """Which pictures, in the order of the turns, and how they were brought to their size."""

    dataset: str
    version: str
    content: str
    pictures: tuple[str, ...]
    how: str


@dataclass(frozen=True)
class Timings:
    """One call of `harness bench`; its fields are the file's, described by `harness show schema:bench`."""

    argv: tuple[str, ...]
    started: str
    device: str
    repeats: int
    coverage: float | None
    hole: float
    inputs: Inputs
    load_ended: float
    hardware: Mapping[str, Any]
    packages: Mapping[str, str]
    git: Mapping[str, Any] | None
    entries: tuple[TimedEntry, ...]
    rows: tuple[Timed, ...]
    training: tuple[Trained, ...] = ()

    @property
    def sides(self) -> list[int]:
        """Sizes, smallest first."""
        return sorted({row.side for row in self.rows})

    def of(self, entry: TimedEntry) -> list[Timed]:
        """An entry's rows, smallest size first."""
        return sorted((row for row in self.rows if row.entry == entry.reference), key=lambda row: row.side)

    def trained(self, entry: TimedEntry) -> list[Trained]:
        """An entry's training steps, smallest size first."""
        return sorted((row for row in self.training if row.entry == entry.reference), key=lambda row: row.side)

    def apart(self) -> tuple[list[TimedEntry], list[TimedEntry]]:
        """Official sizes and methods without weights; then small checkpoints, whose seconds stand apart."""
        minis = [entry for entry in self.entries if entry.kind == "mini"]
        return [entry for entry in self.entries if entry.kind != "mini"], minis

    def to_dict(self) -> dict[str, Any]:
        """As the file holds it."""
        held = {"schema": SCHEMA, **json.loads(json.dumps(asdict(self)))}
        return held if self.training else {key: value for key, value in held.items() if key != "training"}

    def write(self, path: Path) -> None:
        """Write the file atomically. Raises `HarnessError` naming it."""
        write_json(path, self.to_dict())


def read_timings(path: Path) -> Timings:
    """What a file holds. Raises `HarnessError` in one line: it cannot be read, is no such file, or is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HarnessError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise HarnessError(f"{path} is damaged: {error}; make it again with harness bench") from error
    if wrong := next(_wrong(found), ""):
        raise HarnessError(f"{path} holds no timings: {wrong}; make it again with harness bench")
    return _timings(found)


def _wrong(found: Any) -> Iterator[str]:
    """What departs from the schema, then rows of entries that nobody named."""
    yield from problems("bench", found)
    known = [entry["reference"] for entry in found["entries"]]
    training = found.get("training", [])
    for rows in (found["rows"], training):
        places = [(row["entry"], row["side"]) for row in rows]
        yield from (f"a row of {name!r}, which is no entry" for name, _ in places if name not in known)
        if len(set(known)) < len(known) or len(set(places)) < len(places):
            yield "an entry, or an entry's size, stands there twice"
    mute = (row for row in (*found["rows"], *training) if bool(row["why"]) == bool(row["wall"]))
    yield from (f"{row['entry']} at {row['side']} px must have seconds or a reason, not both" for row in mute)


def _timings(found: Mapping[str, Any]) -> Timings:
    plain = {key: value for key, value in found.items() if key != "schema"}
    inputs = found["inputs"]
    return Timings(
        **plain
        | {
            "argv": tuple(found["argv"]),
            "inputs": Inputs(**inputs | {"pictures": tuple(inputs["pictures"])}),
            "entries": tuple(TimedEntry(**entry) for entry in found["entries"]),
            "rows": tuple(_row(row) for row in found["rows"]),
            "training": tuple(_trained(row) for row in found.get("training", ())),
        }
    )


def _row(row: Mapping[str, Any]) -> Timed:
    spent = {key: Spent(**row[key]) if row[key] else None for key in ("wall", "cpu")}
    return Timed(**{**row, **spent})


def _trained(row: Mapping[str, Any]) -> Trained:
    return Trained(**{**row, "wall": Spent(**row["wall"]) if row["wall"] else None})
