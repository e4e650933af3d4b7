"""Templates of the Janus protocols: several pictures of a person that are compared as one; InsightFace's lists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError, MissingRequirement
from harness.interfaces import Assessed
from harness.verification.lists import connected

__all__ = ["JanusMeta", "merged", "read_janus"]

FILES = ("ijbc_name_5pts_score.txt", "ijbc_face_tid_mid.txt", "ijbc_template_pair_label.txt")


@dataclass(frozen=True)
class JanusMeta:
    """What InsightFace's three lists say.

    Attributes:
        points: five points [5, 2] of a picture, by its name without suffix, in its pixels.
        template: template and media of a picture.
        first, second: templates of each pair [P]; `genuine` whether they are of one person.
        digest: sha256 of the three files.
    """

    points: Mapping[str, NDArray[np.float64]]
    template: Mapping[str, tuple[str, str]]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    genuine: NDArray[np.bool_]
    digest: str

    @staticmethod
    def files(root: Path) -> tuple[Path, ...]:
        """The three lists in `meta` in the folder of the pictures' folder. Raises `MissingRequirement`."""
        for base in (root, root.parent, root / "IJBC"):
            paths = tuple(base / "meta" / name for name in FILES)
            if all(path.is_file() for path in paths):
                return paths
        raise MissingRequirement(f"{root}: no meta folder in it with {', '.join(FILES)}")

    @cached_property
    def _persons(self) -> Mapping[str, str]:
        pairs = zip(self.first[self.genuine].tolist(), self.second[self.genuine].tolist(), strict=True)
        return connected((str(a), str(b), True) for a, b in pairs)

    def person(self, template: str) -> str:
        """Who a template is of: the first template that genuine pairs connect it with, or itself."""
        return self._persons.get(template, template)


def read_janus(root: Path) -> JanusMeta:
    """Read the lists of IJB-C as InsightFace releases them.

    Raises `HarnessError` with file and line, `MissingRequirement` where a list is not there.
    """
    faces, belonging, compared = JanusMeta.files(root)
    points = {}
    for number, words in _lines(faces, 12):
        values = _numbers(faces, number, words[1:11])
        points[_stem(words[0])] = np.array(values).reshape(5, 2)
    template = {_stem(words[0]): (words[1], words[2]) for _, words in _lines(belonging, 3)}
    try:
        table = np.loadtxt(compared, dtype=np.int64, ndmin=2)
    except (OSError, ValueError) as error:
        raise HarnessError(f"{compared}: no list of pairs: {' '.join(str(error).split())[:120]}") from error
    if table.shape[1:] != (3,) or not len(table) or not np.isin(table[:, 2], (0, 1)).all():
        raise HarnessError(f"{compared}: expected lines `template template 0|1`")
    digest = hashlib.sha256()
    for path in (faces, belonging, compared):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return JanusMeta(points, template, table[:, 0], table[:, 1], table[:, 2] == 1, digest.hexdigest())


def merged(of: Assessed) -> Assessed:
    """Templates in the place of pictures, where `truths` name `template` and `media`; else `of` itself.

    A template's vector is the sum over its media of the mean of a medium's unit vectors (InsightFace's evaluation of
    IJB-C, without weighting by a detector). ours: its quality is the lowest of its pictures', for the worst decides in
    a pair too; refused pictures do not count in it, and without any other it has none.
    """
    if not of.truths or not all("template" in known for known in of.truths) or of.features is None:
        return of
    names, code = np.unique([str(known["template"]) for known in of.truths], return_inverse=True)
    media = np.unique([f"{known['template']} {known['media']}" for known in of.truths], return_inverse=True)[1]
    vectors = of.features / np.maximum(np.linalg.norm(of.features, axis=1, keepdims=True), 1e-12)
    counts = np.bincount(media)
    by_media = np.zeros((len(counts), vectors.shape[1]), np.float32)
    np.add.at(by_media, media, vectors)
    whose = np.zeros(len(counts), np.intp)
    whose[media] = code
    features = np.zeros((len(names), vectors.shape[1]), np.float32)
    np.add.at(features, whose, by_media / counts[:, None])
    scores = np.full(len(names), np.inf)
    np.minimum.at(scores, code, np.where(np.isnan(of.scores), np.inf, of.scores))
    first = np.unique(code, return_index=True)[1]
    return replace(
        of, ids=tuple(map(str, names)), clusters=tuple(of.clusters[place] for place in first),
        scores=np.where(np.isinf(scores), np.nan, scores), truths=tuple(of.truths[place] for place in first),
        features=features,
    )  # fmt: skip


def _lines(path: Path, count: int) -> list[tuple[int, list[str]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path}: no list: {error}") from error
    rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    for number, words in rows:
        if len(words) != count:
            raise HarnessError(f"{path}:{number}: {len(words)} words, expected {count}")
    return rows


def _numbers(path: Path, number: int, words: list[str]) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError as error:
        raise HarnessError(f"{path}:{number}: {error}") from error


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
