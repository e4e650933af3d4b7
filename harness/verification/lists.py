"""Lists of pairs as data sets publish them: LFW, XQLFW, InsightFace's `.bin`, Adience's names; and what they become."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from harness.datasets.pickles import read_verification_bin
from harness.errors import HarnessError
from harness.stats.clusters import Ints, cluster_codes
from harness.verification.comparisons import Comparisons

__all__ = [
    "Pair",
    "PairList",
    "VerificationSet",
    "adience_identities",
    "all_pairs",
    "compared",
    "connected",
    "read_lfw_pairs",
    "read_verification_pairs",
]


class Pair(NamedTuple):
    """Two images by name, and whether both show one person."""

    first: str
    second: str
    genuine: bool


@dataclass(frozen=True)
class PairList:
    """Pairs in the order of their file.

    `identity` names who is in an image; empty where the list does not say.
    """

    pairs: tuple[Pair, ...]
    identity: Mapping[str, str]

    def images(self) -> tuple[str, ...]:
        """Every image once, in order of first appearance."""
        return tuple(dict.fromkeys(name for pair in self.pairs for name in pair[:2]))


class VerificationSet(NamedTuple):
    """An InsightFace file: its pairs, and each image's encoded bytes by name."""

    pairs: PairList
    files: Mapping[str, bytes]


def read_lfw_pairs(path: Path) -> PairList:
    """Read `pairs.txt` of LFW or XQLFW: a header, then `name i j` (genuine) or `name i other j`, by white space.

    Images are called `Name/Name_0001.jpg`, as LFW's archive calls them.

    Raises HarnessError: one line with file and line number, or where LFW's header (`folds TAB pairs of each kind`)
        promises another number of pairs.
    """
    try:
        header, *lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise HarnessError(f"{path}: no list of pairs: {error}") from error
    pairs = tuple(_lfw_pair(path, number, line) for number, line in enumerate(lines, 2) if line.strip())
    promised = [int(word) for word in header.split() if word.isdecimal()]
    if len(promised) == 2 and 2 * promised[0] * promised[1] != len(pairs):
        raise HarnessError(f"{path}: {len(pairs):,} pairs, its header says {2 * promised[0] * promised[1]:,}")
    if not pairs:
        raise HarnessError(f"{path}: no pair after its header")
    return PairList(pairs, {name: name.partition("/")[0] for pair in pairs for name in pair[:2]})


def _lfw_pair(path: Path, number: int, line: str) -> Pair:
    words = line.split()
    if len(words) == 3:
        words = [words[0], words[1], words[0], words[2]]
    if len(words) != 4 or not (words[1].isdecimal() and words[3].isdecimal()) or "/" in words[0] + words[2]:
        raise HarnessError(f"{path}:{number}: expected `name i j` or `name i other j`")
    first, second = (f"{name}/{name}_{int(index):04d}.jpg" for name, index in (words[:2], words[2:]))
    return Pair(first, second, words[0] == words[2])


def read_verification_pairs(path: Path) -> VerificationSet:
    """Read InsightFace's `lfw.bin`, `agedb_30.bin`, … without unpickling objects (`harness.datasets.pickles`).

    An image that occurs twice has one name (ours: `NUMBER` of its first place, five digits), so that it is scored
    once. Raises HarnessError for another content.
    """
    found = read_verification_bin(path)
    names: dict[bytes, str] = {}
    for place, image in enumerate(found.images):
        names.setdefault(hashlib.sha256(image).digest(), f"{place:05d}")
    called = [names[hashlib.sha256(image).digest()] for image in found.images]
    pairs = tuple(Pair(a, b, same) for a, b, same in zip(called[::2], called[1::2], found.same, strict=True))
    files = {name: found.images[int(name)] for name in dict.fromkeys(called)}
    return VerificationSet(PairList(pairs, {}), files)


def adience_identities(names: Iterable[str]) -> dict[str, str]:
    """Who is in each file of Adience: the second word between dots (`landmark_aligned_face.PERSON.FILE.jpg`).

    As CR-FIQA's script reads them. Raises HarnessError for a name of another form.
    """
    found = {}
    for name in names:
        words = name.rpartition("/")[2].split(".")
        if len(words) < 3 or not words[1]:
            raise HarnessError(f"{name}: expected `landmark_aligned_face.PERSON.FILE.jpg`")
        found[name] = words[1]
    return found


def all_pairs(identity: Mapping[str, str]) -> PairList:
    """Every two images once, in the mapping's order: what SER-FIQ's author and CR-FIQA's Adience compare."""
    pairs = tuple(Pair(a, b, identity[a] == identity[b]) for a, b in combinations(identity, 2))
    return PairList(pairs, identity)


def compared(of: PairList, similarity: Sequence[float]) -> tuple[Comparisons, tuple[str, ...]]:
    """Pairs with their similarities [P], and the images' names in the order of `Comparisons.identity`.

    Where the list does not name identities, images that genuine pairs connect are one person (ours): a bound from
    below on how many images hang together.

    Raises ValueError where lengths differ, or a pair contradicts the identities.
    """
    names = of.images()
    place = {name: number for number, name in enumerate(names)}
    first = np.array([place[pair.first] for pair in of.pairs], np.int64)
    second = np.array([place[pair.second] for pair in of.pairs], np.int64)
    genuine = np.array([pair.genuine for pair in of.pairs], np.bool_)
    if of.identity:
        identity = cluster_codes([of.identity[name] for name in names])
    else:
        identity = _connected(first[genuine], second[genuine], len(names))
    return Comparisons(first, second, np.asarray(similarity, np.float64), genuine, identity), names


def connected(pairs: Iterable[tuple[str, str, bool]]) -> dict[str, str]:
    """Who is in each image where a list does not say: the first image that genuine pairs connect it with.

    >>> connected([("a", "b", True), ("c", "a", False), ("b", "d", True)])
    {'a': 'a', 'b': 'a', 'c': 'c', 'd': 'a'}
    """
    listed = list(pairs)
    names = list(dict.fromkeys(name for pair in listed for name in pair[:2]))
    place = {name: number for number, name in enumerate(names)}
    ends = np.array([(place[a], place[b]) for a, b, genuine in listed if genuine], np.int64).reshape(-1, 2)
    first: dict[int, str] = {}
    codes = _connected(ends[:, 0], ends[:, 1], len(names)).tolist()
    return {name: first.setdefault(code, name) for name, code in zip(names, codes, strict=True)}


def _connected(first: Ints, second: Ints, images: int) -> Ints:
    edges = coo_array((np.ones(len(first)), (first, second)), shape=(images, images))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)
