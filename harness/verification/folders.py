"""Pairs as a folder that other tools read: unpacked from InsightFace's file, written from a data set, judged again.

The folder is CR-FIQA's: `images/`, `pair_list.txt` (`a b 0|1`), `METHOD_DATASET.txt` (`path score`); `pairs.csv` and
`METHOD_scores.csv` beside them hold what these cannot: identities, similarities, refusals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from harness.errors import HarnessError
from harness.interfaces import Dataset
from harness.verification.evaluation import Evaluation, Protocol, evaluate
from harness.verification.exchange import (
    read_pair_list,
    read_pairs_csv,
    read_scores,
    read_scores_csv,
    write_pair_list,
    write_pairs_csv,
    write_scores,
    write_scores_csv,
)
from harness.verification.lists import Pair, PairList, compared, read_verification_pairs

__all__ = ["evaluate_files", "export_pairs", "export_scores", "unpack_bin"]

SUFFIXES = {b"\xff\xd8": ".jpg", b"\x89P": ".png"}


def unpack_bin(path: Path, folder: Path) -> int:
    """Write the pictures and pairs of `lfw.bin`, `agedb_30.bin`, … into a new folder; returns how many pairs.

    Raises `HarnessError` for a folder that is there, a file of another content, a picture that is no JPEG or PNG.
    """
    found = read_verification_pairs(path)
    names = {}
    for name, data in found.files.items():
        suffix = SUFFIXES.get(data[:2])
        if suffix is None:
            raise HarnessError(f"{path}: picture {name} is neither JPEG nor PNG")
        names[name] = f"{name}{suffix}"
    _new(folder)
    for name, data in found.files.items():
        (folder / "images" / names[name]).write_bytes(data)
    pairs = tuple(Pair(names[a], names[b], genuine) for a, b, genuine in found.pairs.pairs)
    write_pair_list(folder / "pair_list.txt", PairList(pairs, {}))
    return len(pairs)


def export_pairs(dataset: Dataset, folder: Path) -> int:
    """Write a data set's pictures as PNG, as methods see them, and its pairs; returns how many pairs.

    Raises `HarnessError` for a folder that is there, a data set without pairs, an id that cannot name a file.
    """
    pairs = tuple(Pair(*pair) for pair in dataset.pairs() or ())
    if not pairs:
        raise HarnessError("the data set has no pairs of faces")
    ids = tuple(dataset.ids())
    names = {id: _file(id) for id in ids}
    _new(folder)
    people: dict[str, str] = {}
    for id in ids:
        sample = dataset.load(id)
        people[names[id]] = sample.cluster
        path = folder / "images" / names[id]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sample.image).save(path)
    here = tuple(Pair(names[a], names[b], same) for a, b, same in pairs if a in names and b in names)
    listed = PairList(here, people)
    write_pair_list(folder / "pair_list.txt", listed)
    write_pairs_csv(folder / "pairs.csv", listed)
    return len(here)


def export_scores(folder: Path, method: str, dataset: str, scores: Mapping[str, float]) -> Path:
    """Write a method's scores, by id, beside exported pairs; the file that holds them.

    `METHOD_DATASET.txt` has no place for a refusal (NaN), so with one only `METHOD_scores.csv` is written.
    """
    told = {_file(id): score for id, score in scores.items()}
    word = "".join(sign if sign.isalnum() or sign in "._-" else "-" for sign in method)
    path = folder / f"{word}_scores.csv"
    write_scores_csv(path, told)
    if not any(math.isnan(score) for score in told.values()):
        write_scores(folder / f"{word}_{dataset}.txt", told)
    return path


def evaluate_files(
    pairs: Path, scores: Path, embeddings: Path | None = None, protocol: Protocol | None = None
) -> Evaluation:
    """Judge scores by somebody's pairs and recogniser, without a picture.

    Args:
        pairs: `pairs.csv` or `pair_list.txt`.
        scores: a csv with `image,score`, or lines `path score`.
        embeddings: folder of `NAME.npy`, a vector each, whose cosines are the similarities; without it `pairs.csv`
            must have a column `similarity`.

    Raises `HarnessError` naming the file and line: another form, an image without a score or a vector.
    """
    listed, stated = read_pairs_csv(pairs) if pairs.suffix == ".csv" else (read_pair_list(pairs), None)
    similarity = stated if embeddings is None else _cosines(listed, embeddings)
    if similarity is None:
        raise HarnessError(f"{pairs} has no similarities: name a folder of embeddings")
    told = read_scores_csv(scores) if scores.suffix == ".csv" else read_scores(scores)
    of, names = compared(listed, similarity)
    lacking = [name for name in names if name not in told]
    if lacking:
        raise HarnessError(f"{scores}: {len(lacking):,} of {len(names):,} images have no score, the first {lacking[0]}")
    try:
        return evaluate(of, np.array([told[name] for name in names]), protocol or Protocol())
    except ValueError as error:
        raise HarnessError(f"{pairs}: {error}") from error


def _cosines(listed: PairList, folder: Path) -> Sequence[float]:
    vectors: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    for name in listed.images():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise HarnessError(f"the image {name!r} leads out of {folder}")
        path = folder / f"{PurePosixPath(name).with_suffix('')}.npy"
        try:
            vector = np.load(path, allow_pickle=False).astype(np.float64).ravel()
        except (OSError, ValueError) as error:
            raise HarnessError(f"{path}: no vector: {' '.join(str(error).split())[:120]}") from error
        length = np.linalg.norm(vector)
        if not np.isfinite(length) or length == 0:
            raise HarnessError(f"{path}: a vector of length {length}")
        vectors[name] = vector / length
    return [float(vectors[pair.first] @ vectors[pair.second]) for pair in listed.pairs]


def _new(folder: Path) -> None:
    try:
        (folder / "images").mkdir(parents=True)
    except FileExistsError as error:
        raise HarnessError(f"{folder}: there are images in it already; name a new folder") from error


def _file(id: str) -> str:
    if PurePosixPath(id).is_absolute() or ".." in PurePosixPath(id).parts:
        raise HarnessError(f"the id {id!r} cannot name a file")
    return f"{id.removesuffix('.png')}.png"
