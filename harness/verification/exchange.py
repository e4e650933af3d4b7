"""Pairs and scores as plain files: our csv, and the text files of CR-FIQA's evaluation.

`pairs.csv` has the columns `first,second,genuine` and, where known, `similarity` and `first_identity,second_identity`;
`scores.csv` has `image,score`, an empty score where the method refused. `pair_list.txt` has `a b 0|1`, and
`METHOD_DATASET.txt` `path score`, as github.com/fdbtrs/CR-FIQA's ERC writes them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.verification.lists import Pair, PairList

__all__ = [
    "read_pair_list",
    "read_pairs_csv",
    "read_scores",
    "read_scores_csv",
    "write_pair_list",
    "write_pairs_csv",
    "write_scores",
    "write_scores_csv",
]

_TRUTHS = {"1": True, "0": False}


def write_pairs_csv(path: Path, of: PairList, similarity: Sequence[float] | None = None) -> None:
    """Write `pairs.csv`; numbers as Python prints them, so that reading gives the same ones.

    Raises ValueError where similarities are of another number of pairs.
    """
    columns = ["first", "second", "genuine"]
    rows: list[list[object]] = [[pair.first, pair.second, int(pair.genuine)] for pair in of.pairs]
    if similarity is not None:
        columns.append("similarity")
        rows = [[*row, repr(float(value))] for row, value in zip(rows, similarity, strict=True)]
    if of.identity:
        columns += ["first_identity", "second_identity"]
        rows = [[*row, *(of.identity[name] for name in p[:2])] for row, p in zip(rows, of.pairs, strict=True)]
    _write_csv(path, columns, rows)


def read_pairs_csv(path: Path) -> tuple[PairList, tuple[float, ...] | None]:
    """Read `pairs.csv`: pairs, and similarities where it has them. Raises HarnessError with file and line."""
    rows = _read_csv(path, ("first", "second", "genuine"))
    pairs = tuple(Pair(r["first"], r["second"], _truth(path, n, r["genuine"])) for n, r in enumerate(rows, 2))
    similarity = None
    if "similarity" in rows[0]:
        similarity = tuple(_number(path, number, row["similarity"]) for number, row in enumerate(rows, 2))
    identity: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        for end in ("first", "second") if {"first_identity", "second_identity"} <= row.keys() else ():
            who = row[f"{end}_identity"]
            if identity.setdefault(row[end], who) != who:
                raise HarnessError(f"{path}:{number}: {row[end]} was {identity[row[end]]}, here it is {who}")
    return PairList(pairs, identity), similarity


def write_scores_csv(path: Path, scores: Mapping[str, float]) -> None:
    """Write `scores.csv`; NaN (a refusal) is empty."""
    _write_csv(path, ["image", "score"], [[name, _plain(score)] for name, score in scores.items()])


def read_scores_csv(path: Path) -> dict[str, float]:
    """Read `scores.csv`; empty is NaN. Raises HarnessError with file and line, for an image named twice too."""
    rows = _read_csv(path, ("image", "score"))
    told = (
        (n, row["image"], _number(path, n, row["score"]) if row["score"] else math.nan) for n, row in enumerate(rows, 2)
    )
    return _once(path, told)


def write_pair_list(path: Path, of: PairList) -> None:
    """Write CR-FIQA's `pair_list.txt`. Raises HarnessError for a name with white space, which it cannot hold."""
    for name in of.images():
        _in_one_word(path, name)
    path.write_text("".join(f"{p.first} {p.second} {int(p.genuine)}\n" for p in of.pairs), encoding="utf-8")


def read_pair_list(path: Path) -> PairList:
    """Read CR-FIQA's `pair_list.txt`; it names no identities. Raises HarnessError with file and line."""
    rows = _words(path, 3, "a b 0|1")
    return PairList(tuple(Pair(a, b, _truth(path, number, same)) for number, (a, b, same) in rows), {})


def write_scores(path: Path, scores: Mapping[str, float]) -> None:
    """Write CR-FIQA's `METHOD_DATASET.txt`. Raises HarnessError for a refusal or white space, which it cannot hold."""
    for name, score in scores.items():
        _in_one_word(path, name)
        if math.isnan(score):
            raise HarnessError(f"{path}: {name} has no score, and this form has no place for that: write scores.csv")
    path.write_text("".join(f"{name} {score!r}\n" for name, score in scores.items()), encoding="utf-8")


def read_scores(path: Path) -> dict[str, float]:
    """Read CR-FIQA's `METHOD_DATASET.txt`. Raises HarnessError with file and line, for an image named twice too."""
    return _once(path, ((n, name, _number(path, n, score)) for n, (name, score) in _words(path, 2, "path score")))


# ---- lines


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _read_csv(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file, strict=True)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HarnessError(f"{path}: no csv: {error}") from error
    if not set(needed) <= set(header) or not rows:
        raise HarnessError(f"{path}: expected the columns {', '.join(needed)} and a row at least")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise HarnessError(f"{path}:{number}: {len(row)} cells under {len(header)} columns")
    return [dict(zip(header, row, strict=True)) for row in rows]


def _words(path: Path, count: int, form: str) -> list[tuple[int, list[str]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path}: no list: {error}") from error
    rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    for number, words in rows:
        if len(words) != count:
            raise HarnessError(f"{path}:{number}: expected `{form}`")
    return rows


def _once(path: Path, rows: Iterable[tuple[int, str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for number, name, score in rows:
        if name in found:
            raise HarnessError(f"{path}:{number}: {name} has a score already")
        found[name] = score
    return found


def _truth(path: Path, number: int, text: str) -> bool:
    if text not in _TRUTHS:
        raise HarnessError(f"{path}:{number}: whether a pair is genuine is 0 or 1, not {text[:20]!r}")
    return _TRUTHS[text]


def _number(path: Path, number: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise HarnessError(f"{path}:{number}: {text[:20]!r} is no finite number")
    return value


def _plain(score: float) -> str:
    return "" if math.isnan(score) else repr(float(score))


def _in_one_word(path: Path, name: str) -> None:
    if len(name.split()) != 1 or name != name.strip():
        raise HarnessError(f"{path}: {name!r} has white space, which separates words here: write csv")
