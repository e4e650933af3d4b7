"""Outputs that were computed elsewhere: `-m NAME=folder:DIR` reads them where another entry runs its method."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from harness.datasets.folder import scan
from harness.errors import HarnessError
from harness.runner.card import CARD, Card, read_card
from harness.store.keys import digest

if TYPE_CHECKING:
    from harness.interfaces import Pixels
    from harness.runner.call import Answer
    from harness.runner.entries import Entry
    from harness.runner.plan import Plan
    from harness.runner.units import TaskData, Unit

__all__ = ["FolderCaller", "Outputs", "file_key", "open_outputs", "outputs_notes"]

# The first that is there is read; JPEG last, for it has lost something of the picture.
SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".ppm", ".jpg", ".jpeg")
LOSSLESS = ("PNG", "TIFF", "BMP", "PPM", "GIF")
JPEG_START = b"\xff\xd8\xff"
LISTED = 3


def file_key(sample: str) -> str:
    """A file name for a sample's id: readable, at most 100 bytes, unique by its hash even where case is ignored."""
    readable = re.sub(r"[^A-Za-z0-9_]+", "-", sample).strip("-")[:80].rstrip("-")
    return f"{readable}-{digest(sample)[:8]}".lstrip("-")


@dataclass(frozen=True)
class Outputs:
    """A folder of outputs, as it was when it was opened.

    Attributes:
        folder: absolute path.
        files: relative POSIX path of every picture in it → sha256 of its bytes.
        jpegs: those of them that are JPEG, whatever they are called.
        strange: (relative path, why) of what is no picture, or a link that leads out of the folder.
    """

    folder: Path
    card: Card
    files: Mapping[str, str]
    jpegs: frozenset[str]
    strange: tuple[tuple[str, str], ...]

    @cached_property
    def _by_stem(self) -> Mapping[str, Mapping[str, str]]:
        """Relative paths by `task/key`, then by lower-case suffix."""
        found: dict[str, dict[str, str]] = {}
        for name in self.files:
            path = PurePosixPath(name)
            found.setdefault(str(path.with_suffix("")), {})[path.suffix.lower()] = name
        return found

    def find(self, task: str, sample: str) -> str | None:
        """Relative path of a sample's output, None where there is none."""
        here = self._by_stem.get(f"{task}/{file_key(sample)}", {})
        return next((here[suffix] for suffix in SUFFIXES if suffix in here), None)

    def identity(self) -> str:
        """Digest of the pictures and of the seconds that records of them carry: what else the card says may change."""
        return digest([dict(self.files), dict(self.card.seconds)])

    def describe(self) -> dict[str, Any]:
        """What the manifest says of the entry beside what it says of every method's."""
        card, weights = self.card, None
        if card.weights != "none":
            weights = {
                "name": "not stated", "kind": card.weights, "sha256": "", "licence": card.licence,
                "trained_on": card.trained_on, "origin": f"outputs in {self.folder}",
            }  # fmt: skip
        return {
            "weights": weights,
            "parameters_m": card.parameters_m,
            "paper": card.paper,
            "leak": "unverified",
            "folder": str(self.folder),
        }

    def read(self, name: str) -> tuple[Pixels, dict[str, Any]]:
        """Pixels by the policy of `harness.datasets.decode`, and facts for the record.

        `lossy`: the format where it loses something; `mode`: what was converted to RGB.

        Raises:
            HarnessError: changed since the folder was opened, or no picture.
        """
        from harness.datasets.decode import ImageError, decode

        try:
            data = (self.folder / name).read_bytes()
        except OSError as error:
            raise HarnessError(f"{name} cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != self.files[name]:
            raise HarnessError(f"{name} changed while the run was reading the folder; run again")
        try:
            found = decode(data)
        except ImageError as error:
            raise HarnessError(f"{name}: {str(error).partition(': ')[2]}") from error
        facts: dict[str, Any] = {}
        if found.facts["format"] not in LOSSLESS:
            facts["lossy"] = found.facts["format"]
        if found.facts["mode"] != "RGB":
            facts["mode"] = found.facts["mode"]
        return found.pixels, facts


def open_outputs(folder: Path) -> Outputs:
    """List and hash a folder of outputs, never a whole file in memory.

    Raises `HarnessError` where it is none, its card is wrong, or a picture cannot be read.
    """
    found = scan(folder)
    files, jpegs = {}, []
    for name in found.images:
        try:
            with (folder / name).open("rb") as stream:
                start = stream.read(len(JPEG_START))
                stream.seek(0)
                files[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise HarnessError(f"{folder / name}: cannot be read: {error.strerror}") from error
        if start == JPEG_START:
            jpegs.append(name)
    strange = tuple((name, why) for name, why in found.skipped if name != CARD)
    return Outputs(folder.resolve(), read_card(folder), files, frozenset(jpegs), strange)


class FolderCaller:
    """Answers of one entry on one task, read instead of computed: seconds and memory are unknown."""

    def __init__(self, outputs: Outputs, task: str, device: str) -> None:
        self._outputs = outputs
        self._task = task
        self._device = device

    def run(self, units: Sequence[Unit], seeds: Sequence[int]) -> list[Answer]:
        """Answers in order; a sample without a readable picture of its size has failed."""
        from harness.runner.call import Answer

        answers = []
        for unit in units:
            try:
                answers.append(self._answer(unit))
            except HarnessError as error:
                answers.append(Answer(unit, "failed", str(error)))
        return answers

    def _answer(self, unit: Unit) -> Answer:
        import torch

        from harness.runner.call import answer_of

        name = self._outputs.find(self._task, unit.id)
        if name is None:
            raise HarnessError(f"no output {self._task}/{file_key(unit.id)}.png")
        pixels, facts = self._outputs.read(name)
        if pixels.shape != unit.truth.shape:
            (high, wide), (height, width) = pixels.shape[:2], unit.truth.shape[:2]
            raise HarnessError(f"{name} is {wide} × {high} pixels, its input {width} × {height}")
        stated = self._outputs.card.seconds.get(f"{self._task}/{file_key(unit.id)}")
        if stated is not None:
            facts["stated_seconds"] = stated
        return answer_of(unit, torch.from_numpy(pixels).permute(2, 0, 1), self._device, facts=facts)


def outputs_notes(plan: Plan, datas: Mapping[str, TaskData]) -> list[str]:
    """What a user should know of the folders that a plan reads, one line each.

    Raises `HarnessError` where a folder has not one output that the plan asks for.
    """
    return [note for entry in plan.entries if entry.outputs is not None for note in _notes(entry, plan, datas)]


def _notes(entry: Entry, plan: Plan, datas: Mapping[str, TaskData]) -> Iterable[str]:
    outputs = entry.outputs
    assert outputs is not None, "asked of folders only"
    asked = [(task.id, key.id) for task in plan.tasks if plan.runs(entry, task) for key in datas[task.id].keys]
    used = {pair: outputs.find(*pair) for pair in asked}
    names = {name for name in used.values() if name is not None}
    if asked and not names:
        task, sample = asked[0]
        raise HarnessError(
            f"{entry.reference}: {outputs.folder} has no output of this run, such as {task}/{file_key(sample)}.png;"
            f" harness export {plan.suite.name} DIR writes what a method is to fill"
        )
    if lacking := [pair for pair, name in used.items() if name is None]:
        task, sample = lacking[0]
        yield (
            f"{entry.reference} lacks {len(lacking)} of {len(asked)} outputs, which count as failed:"
            f" {task}/{file_key(sample)}.png" + _more(lacking)
        )
    if lossy := sorted(names & outputs.jpegs):
        yield f"{entry.reference}: {len(lossy)} of {len(names)} outputs are JPEG, which costs decibels; write PNG"
    further = sorted(set(outputs.files) - names)
    if further:
        shown = ", ".join(further[:LISTED])
        yield f"{entry.reference}: this run asks for no {shown}" + _more(further, LISTED)
    for name, why in outputs.strange[:LISTED]:
        yield f"{entry.reference}: {name} is left out: {why}"


def _more(things: Sequence[object], shown: int = 1) -> str:
    return f" and {len(things) - shown} more" if len(things) > shown else ""
