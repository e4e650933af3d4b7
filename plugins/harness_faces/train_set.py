"""Render a training set: `python -m harness_faces.train_set FOLDER`. Run again, it goes on where it stopped.

Writes `faces.npy` (uint8 [identities * takes, 112, 112, 3], aligned) and `faces.json`: who is seen in which row, and
what was done to it. `faces.json` appears when everything is rendered; until then `faces.progress` counts people.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from harness.errors import HarnessError
from harness.faces.alignment import SIDE, align

from .degrade import KINDS, degrade
from .identity import VERSION, Identity, draw_identities
from .render import render
from .view import View

__all__ = ["Row", "main", "rows_of"]

FIRST = 0
"""Seeds from here on; the gate's begin at 500,000, the evaluation set's at 1,000,000; 2,000,000 is free for a
recogniser's own people."""
CLEAN = 0.3
"""ours: share of pictures that stay as they were rendered."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture: seed of the person, take, kind of degradation (empty: none) and its strength in [0, 1]."""

    person: int
    take: int
    kind: str
    strength: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Render what is not there yet."""
    parser = argparse.ArgumentParser(prog="python -m harness_faces.train_set", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--identities", type=int, default=300)
    parser.add_argument("--takes", type=int, default=16)
    parser.add_argument("--first", type=int, default=FIRST, help="seed of the first person")
    parser.add_argument("--without", choices=KINDS, default="compression", help="kind that training never sees")
    options = parser.parse_args(arguments)
    kinds = tuple(kind for kind in KINDS if kind != options.without)
    people = draw_identities(options.identities, options.first)
    header = {"version": VERSION, "takes": options.takes, "without": options.without, "side": SIDE}
    header["people"] = [person.seed for person in people]
    options.folder.mkdir(parents=True, exist_ok=True)
    _render(options.folder, people, options.takes, kinds, header)
    rows = [asdict(row) for person in people for row in rows_of(person, options.takes, kinds)]
    text = json.dumps({**header, "rows": rows, "identities": [_lay_out(person) for person in people]})
    (options.folder / "faces.json").write_text(text + "\n", encoding="utf-8")


def rows_of(person: Identity, takes: int, kinds: Sequence[str]) -> Sequence[Row]:
    """Draw what is done to every take of a person; the first two always stay as they were rendered."""
    rng = np.random.default_rng([VERSION, 74, person.seed])
    rows = []
    for take in range(takes):
        clean, kind, strength = rng.uniform() < CLEAN, kinds[int(rng.integers(len(kinds)))], float(rng.uniform())
        rows.append(Row(person.seed, take, "", 0.0) if clean or take < 2 else Row(person.seed, take, kind, strength))
    return rows


def _render(
    folder: Path, people: Sequence[Identity], takes: int, kinds: Sequence[str], header: dict[str, object]
) -> None:
    """Fill the array person by person. Raises `HarnessError` for a folder that holds another set's beginning."""
    progress, shape = folder / "faces.progress", (len(people) * takes, SIDE, SIDE, 3)
    begun = json.loads(progress.read_text(encoding="utf-8")) if progress.exists() else None
    if begun is not None and begun["header"] != header:
        raise HarnessError(f"{folder} holds the beginning of another set: name an empty folder")
    done = 0 if begun is None else int(begun["done"])
    pictures = open_memmap(folder / "faces.npy", "w+" if begun is None else "r+", np.uint8, shape)
    for number in range(done, len(people)):
        for row in rows_of(people[number], takes, kinds):
            portrait = render(people[number], View.draw(row.person, row.take))
            face = align(portrait.image, portrait.landmarks)
            seed = row.person * 1000 + row.take
            at = number * takes + row.take
            pictures[at] = degrade(face, row.kind, row.strength, seed) if row.kind else face
        pictures.flush()
        progress.write_text(json.dumps({"header": header, "done": number + 1}), encoding="utf-8")
        print(f"{number + 1} of {len(people)} people", file=sys.stderr)


def _lay_out(person: Identity) -> dict[str, object]:
    fields = ("seed", "phenotype", "origin", "shape", "colouring")
    return {name: getattr(person, name) for name in fields}


if __name__ == "__main__":
    main()
