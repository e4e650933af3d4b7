"""`HARNESS_HOME/annotations/NAME/`: what people marked, kept so that a kill loses nothing and two can work at once.

| file | holds |
|---|---|
| `annotations.json` | where the fills come from, seed, attribution of the photographs |
| `fills.jsonl` | the queue, in order; never written again |
| `marks/ANNOTATOR-….jsonl` | one line a saved mark, appended, with its sum (`harness.store.lines`) |
| `artifacts/HASH.png` | masks, and the fills and holes that they are of: the run may go |
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.annotations.fills import Fill, Gone, fill_of
from harness.annotations.rounds import ROUNDS, Mark, latest, wanted_round
from harness.errors import HarnessError
from harness.places import file_name, home
from harness.store.artifacts import Artifacts
from harness.store.files import clear_errors, write_atomic, write_json
from harness.store.keys import pixels_hash, slug
from harness.store.lines import ShardWriter, read_jsonl, row_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Hole

    Pixels = NDArray[np.uint8]

__all__ = ["Annotations", "annotation_names", "create_annotations", "open_annotations"]

SCHEMA = 1
HEADER = "annotations.json"
KEYS = ("schema", "run", "suite", "seed", "entries", "attribution", "created")


class Annotations:
    """One set of annotations.

    Attributes:
        about: `annotations.json`.
        fills: the queue, in order.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.about: dict[str, Any] = json.loads((folder / HEADER).read_text(encoding="utf-8"))
            self.fills = [fill_of(row) for row in read_jsonl(folder / "fills.jsonl")]
        except (OSError, ValueError, KeyError) as error:
            raise HarnessError(f"{folder} holds no annotations that can be read: {error}") from error
        lacking = [key for key in KEYS if not isinstance(self.about, dict) or key not in self.about]
        if lacking:
            raise HarnessError(f"{folder}/{HEADER} is damaged: it lacks {', '.join(lacking)}")
        if self.about["schema"] != SCHEMA:
            raise HarnessError(f"{folder} has schema {self.about['schema']}, this harness reads {SCHEMA}")

    @property
    def name(self) -> str:
        """What the set is called."""
        return self.folder.name

    @cached_property
    def artifacts(self) -> Artifacts:
        """Its pictures."""
        return Artifacts(self.folder / "artifacts")

    def marks(self) -> list[Mark]:
        """Every mark ever saved, each annotator's in order. Raises `HarnessError` where a line is damaged."""
        with self._locked():
            rows = [row for path in sorted((self.folder / "marks").glob("*.jsonl")) for row in read_jsonl(path)]
        return [_mark_of(row) for row in rows]

    def mask(self, mark: Mark) -> Hole:
        """What was marked: bool [H, W]."""
        return np.asarray(self.picture(mark.mask) > 0)

    def picture(self, name: str, run: Callable[[str], Pixels | None] | None = None) -> Pixels:
        """A picture by its hash, from here or else from the run. Raises `Gone` where neither has it."""
        pixels = self.artifacts.get(name)
        if pixels is None and run is not None:
            pixels = run(name)
        if pixels is None:
            raise Gone(f"the picture {name[:12]}… is neither in {self.folder} nor in the run that made it")
        return pixels

    def save(
        self, fill: Fill, annotator: str, round: str, mask: Hole, run: Callable[[str], Pixels | None] | None = None
    ) -> Mark:  # fmt: skip
        """Keep a mark at once, with the pictures that it is of.

        Args:
            annotator: a pseudonym: letters, digits, '.', '_' and '-'.
            round: the one that the fill waits for, or `mark`, which begins it anew.
            mask: bool [H, W], True = artifact; of the fill's size.
            run: gives the pictures that are not here yet.

        Raises:
            HarnessError: a name that cannot be one, a fill of another set, another round or size, a check for missed
                areas that removes, or one for over-marked areas that adds.
        """
        file_name("annotator", annotator)
        if fill not in self.fills:
            raise HarnessError(f"{self.name} has no such fill")
        output, hole = self.picture(fill.output, run), self.picture(fill.hole, run)
        if mask.dtype != np.bool_ or mask.shape != output.shape[:2]:
            raise HarnessError(
                f"a mask of {list(mask.shape)} for a picture of {list(output.shape[:2])}: they must agree"
            )
        with self._locked():
            stem = self.folder / "marks" / slug(annotator)
            path = stem.with_name(stem.name + ".jsonl")
            before = latest(_mark_of(row) for row in read_jsonl(path)) if path.exists() else {}
            self._check(before.get((fill.id, annotator)), round, mask)
            pixels = mask.astype(np.uint8) * 255
            for picture in (output, hole, pixels):
                self.artifacts.put(pixels_hash(picture), picture)
            inside = int((mask & (hole > 0)).sum())
            counts = {"area": int(mask.sum()), "inside": inside, "hole_area": int((hole > 0).sum())}
            row = {
                **asdict(fill), "annotator": annotator, "round": round, "mask": pixels_hash(pixels), **counts,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
            }  # fmt: skip
            writer = ShardWriter(stem)
            try:
                writer.append(row)
            finally:
                writer.close()
        return _mark_of(row)

    def _check(self, before: Mark | None, round: str, mask: Hole) -> None:
        if round not in ROUNDS:
            raise HarnessError(f"no round '{round}': {', '.join(ROUNDS)}")
        if round == "mark":
            return
        if before is None or wanted_round(before) != round:
            raise HarnessError(f"this fill does not wait for the round '{round}'")
        earlier = self.mask(before)
        if round == "missed" and (earlier & ~mask).any():
            raise HarnessError("a check for missed areas only adds, and this mask lacks some that were marked")
        if round == "over" and (mask & ~earlier).any():
            raise HarnessError("a check for over-marked areas only removes, and this mask has more than was marked")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Only one process or thread at a time writes or reads; each waits for milliseconds."""
        with clear_errors(self.folder):
            stream = (self.folder / ".lock").open("ab")
        with stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def _mark_of(row: Mapping[str, Any]) -> Mark:
    numbers = (int(row["area"]), int(row["inside"]), int(row["hole_area"]))
    return Mark(fill_of(row), row["annotator"], row["round"], row["mask"], *numbers, row["at"])


def _root() -> Path:
    return home() / "annotations"


def annotation_names() -> list[str]:
    """The sets there are, by name."""
    return sorted(path.parent.name for path in _root().glob(f"*/{HEADER}"))


def open_annotations(name: str) -> Annotations:
    """A set by its name. Raises `HarnessError` where there is none, or it cannot be read."""
    return Annotations(_root() / file_name("annotations", name))


def create_annotations(
    name: str, fills: Sequence[Fill], *, run: str, suite: str, entries: Sequence[Mapping[str, str]], seed: int = 0,
    attribution: Sequence[Mapping[str, Any]] = (),
) -> Annotations:  # fmt: skip
    """Begin a set.

    Args:
        name: letters, digits, '.', '_' and '-'.
        fills: the queue, in order.
        run: the run's folder, where pictures are until their fill is marked.
        entries: reference, title and kind of weights ("" for none) of each, for the results.
        attribution: of the photographs (a run's manifest has it); goes into every export.

    Raises:
        HarnessError: the name cannot be one or is taken, or there is no fill.
    """
    folder = _root() / file_name("annotations", name)
    if not fills:
        raise HarnessError("no fill to annotate: the run kept no output of these entries (harness run --keep all)")
    if (folder / HEADER).exists():
        raise HarnessError(f"annotations '{name}' are there already: {folder}; go on with them, or choose another name")
    write_atomic(folder / "fills.jsonl", b"".join(row_line(asdict(fill)) for fill in fills))
    write_json(
        folder / HEADER,
        {
            "schema": SCHEMA, "run": run, "suite": suite, "seed": seed, "entries": list(map(dict, entries)),
            "attribution": list(attribution),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )  # fmt: skip
    return Annotations(folder)
