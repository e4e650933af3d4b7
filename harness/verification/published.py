"""Published faces with their pairs, and a user's own folder with a list of pairs, as data sets of a run.

All but IJB-C's must be aligned already (`harness_faces.align_folder`): a picture of another size than 112 x 112 is an
error that says so, for a recogniser would take it for a face all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.datasets.catalogue.compared import ADIENCE, IJB_C, LFW, XQLFW
from harness.datasets.collected import Collected, OwnFolder
from harness.datasets.layouts import class_name, folder_collection
from harness.datasets.manifest import read_header
from harness.errors import HarnessError, MissingRequirement, UnknownName
from harness.faces.alignment import SIDE, align
from harness.places import named_data
from harness.verification.exchange import read_pair_list
from harness.verification.lists import PairList, adience_identities, connected, read_lfw_pairs
from harness.verification.templates import JanusMeta, read_janus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.datasets.manifest import Row
    from harness.interfaces import Sample

__all__ = ["Adience", "IjbC", "Lfw", "OwnPairs", "Xqlfw", "own_class", "strangers"]

IMPOSTORS = 200_000
"""ours: pairs of two people of Adience; ten false matches are expected at FMR 5e-5."""
Compared = tuple[str, str, bool]


def _beside(root: Path, name: str) -> Path:
    """A list beside the pictures or in the folder around them. Raises `MissingRequirement`."""
    for path in (root / name, root.parent / name):
        if path.is_file():
            return path
    raise MissingRequirement(f"{root}: the list {name} is neither in it nor beside it")


def _aligned(sample: Sample) -> Sample:
    height, width = sample.image.shape[:2]
    if (height, width) != (SIDE, SIDE):
        raise HarnessError(
            f"{sample.id} is {width} x {height}, no aligned face of {SIDE} x {SIDE}: "
            "python -m harness_faces.align_folder"
        )
    return sample


class Lfw(Collected):
    """LFW's pictures that `pairs.txt` names, and its 6,000 pairs; the cluster is the person."""

    collection = LFW
    _listed = "pairs.txt"

    @classmethod
    def available(cls, split: str, view: str = "native", hole: str = "declared") -> None:
        """As `Collected.available` says; the list must be here too."""
        super().available(split, view, hole)
        header = read_header(cls.collection.name, split)
        if header is not None:
            _beside(Path(header.root), cls._listed)

    @cached_property
    def _pairs(self) -> PairList:
        return read_lfw_pairs(_beside(self.manifest.root, self._listed))

    def __len__(self) -> int:
        return len(self.ids())

    def ids(self) -> Sequence[str]:
        """Pictures that a pair names and that are here, in the list's order."""
        return self._here

    @cached_property
    def _here(self) -> tuple[str, ...]:
        found = tuple(key for name in self._pairs.images() if (key := _stem(name)) in self.manifest.rows)
        if not found:
            raise HarnessError(f"{self.manifest.root}: none of the pictures that {self._listed} names is in it")
        return found

    def load(self, id: str) -> Sample:
        """As `Collected.load` says. Raises `HarnessError` for a picture that is not aligned."""
        return _aligned(super().load(id))

    def pairs(self) -> Iterator[Compared]:  # type: ignore[override]
        """Those of the list, in its order, pictures that are not here too."""
        return ((_stem(a), _stem(b), genuine) for a, b, genuine in self._pairs.pairs)

    def content_hash(self) -> str:
        """sha256 over `Collected.content_hash` and the pairs."""
        return _with_pairs(super().content_hash(), self.pairs())


class Xqlfw(Lfw):
    """XQLFW: the same form, its own list."""

    collection = XQLFW
    _listed = "xqlfw_pairs.txt"


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _with_pairs(content: str, pairs: Iterator[Compared]) -> str:
    digest = hashlib.sha256(content.encode())
    for first, second, genuine in pairs:
        digest.update(f"\n{first}\t{second}\t{genuine:d}".encode())
    return digest.hexdigest()


class Adience(Collected):
    """Every two pictures of a person, and `IMPOSTORS` drawn pairs of two people, the same ones always."""

    collection = ADIENCE

    def load(self, id: str) -> Sample:
        """As `Collected.load` says. Raises `HarnessError` for a picture that is not aligned."""
        return _aligned(super().load(id))

    def pairs(self) -> Iterator[Compared]:  # type: ignore[override]
        """Genuine ones by person, then impostors."""
        ids = self.ids()
        who = adience_identities([f"{id}.jpg" for id in ids])
        by_person: dict[str, list[str]] = {}
        for id in ids:
            by_person.setdefault(who[f"{id}.jpg"], []).append(id)
        for mine in by_person.values():
            yield from ((a, b, True) for a, b in combinations(mine, 2))
        persons = np.unique(np.array([who[f"{id}.jpg"] for id in ids]), return_inverse=True)[1]
        for a, b in strangers(persons, IMPOSTORS):
            yield ids[a], ids[b], False


def strangers(persons: NDArray[np.intp], most: int, seed: int = 75) -> Iterator[tuple[int, int]]:
    """At most `most` different pairs of places whose codes [n] differ, drawn by a seed; all where there are no more.

    Example:
        >>> sorted(strangers(np.array([0, 0, 1]), 9))
        [(0, 2), (1, 2)]
    """
    counts = np.bincount(persons)
    possible = (len(persons) ** 2 - int((counts.astype(np.int64) ** 2).sum())) // 2
    if possible <= most:
        rows, columns = np.triu_indices(len(persons), 1)
        apart = persons[rows] != persons[columns]
        yield from zip(rows[apart].tolist(), columns[apart].tolist(), strict=True)
        return
    rng, drawn = np.random.default_rng(seed), dict[tuple[int, int], None]()
    while len(drawn) < most:
        for a, b in np.sort(rng.integers(0, len(persons), (most, 2)), axis=1).tolist():
            if persons[a] != persons[b] and len(drawn) < most:
                drawn[a, b] = None
    yield from drawn


class IjbC(Collected):
    """IJB-C's faces, aligned on its five points; `truth` has `template` and `media`, pairs are of templates.

    `harness.verification.metric` makes one vector and one quality of a template. The cluster is what genuine pairs
    connect: the person, as far as the list tells.
    """

    collection = IJB_C

    @classmethod
    def available(cls, split: str, view: str = "native", hole: str = "declared") -> None:
        """As `Collected.available` says; the three lists must be here too."""
        super().available(split, view, hole)
        header = read_header(cls.collection.name, split)
        if header is not None:
            JanusMeta.files(Path(header.root))

    @cached_property
    def _meta(self) -> JanusMeta:
        return read_janus(self.manifest.root)

    def __len__(self) -> int:
        return len(self.ids())

    def ids(self) -> Sequence[str]:
        """Pictures that belong to a template and are here."""
        return tuple(key for key in self._meta.template if key in self.manifest.rows)

    def _sample(self, row: Row, files: Mapping[str, NDArray[Any]]) -> Sample:
        from dataclasses import replace

        meta = self._meta
        if row.key not in meta.points:
            raise HarnessError(f"{row.key}: ijbc_name_5pts_score.txt has no five points for it")
        if row.key not in meta.template:
            raise HarnessError(f"{row.key}: ijbc_face_tid_mid.txt puts it into no template")
        sample = super()._sample(row, {"image": align(files["image"], meta.points[row.key])})
        template, media = meta.template[row.key]
        return replace(sample, cluster=meta.person(template), truth={"template": template, "media": media})

    def pairs(self) -> Iterator[Compared]:  # type: ignore[override]
        """Pairs of templates, in the list's order."""
        meta = self._meta
        for a, b, same in zip(meta.first.tolist(), meta.second.tolist(), meta.genuine.tolist(), strict=True):
            yield str(a), str(b), same

    def content_hash(self) -> str:
        """sha256 over `Collected.content_hash` and the lists."""
        return hashlib.sha256(f"{super().content_hash()} {self._meta.digest}".encode()).hexdigest()


class OwnPairs(OwnFolder):
    """A user's own folder with CR-FIQA's `pair_list.txt` (`a b 0|1`), pictures in it or in its `images/`.

    Persons are what genuine pairs connect.
    """

    @cached_property
    def _pairs(self) -> tuple[Compared, ...]:
        read = read_pair_list(_beside(self.manifest.root, "pair_list.txt"))
        return tuple((self._key(a), self._key(b), genuine) for a, b, genuine in read.pairs)

    def _key(self, name: str) -> str:
        inside = f"images/{name}"
        return inside if inside in self.manifest.rows else name

    @cached_property
    def _person(self) -> Mapping[str, str]:
        return connected(self._pairs)

    def __len__(self) -> int:
        return len(self.ids())

    def ids(self) -> Sequence[str]:
        """Pictures that a pair names and that are here."""
        named = dict.fromkeys(name for pair in self._pairs for name in pair[:2])
        found = tuple(name for name in named if name in self.manifest.rows)
        if not found:
            raise HarnessError(f"{self.manifest.root}: none of the pictures that pair_list.txt names is in it")
        return found

    def load(self, id: str) -> Sample:
        """As `Collected.load` says; the cluster is the person. Raises `HarnessError` where it is not aligned."""
        from dataclasses import replace

        if id not in self._person:
            raise UnknownName("picture of a pair", id, self.ids(), "")
        return replace(_aligned(super().load(id)), cluster=self._person[id])

    def pairs(self) -> Iterator[Compared]:  # type: ignore[override]
        """Those of the list, in its order."""
        return iter(self._pairs)

    def content_hash(self) -> str:
        """sha256 over `Collected.content_hash` and the pairs."""
        return _with_pairs(super().content_hash(), self.pairs())


@cache
def own_class(name: str) -> type[OwnPairs]:
    """The class of a user's folder called `name`, which has a list of pairs. Raises `KeyError` without such a name."""
    if name not in named_data():
        raise KeyError(name)
    return type(class_name(name), (OwnPairs,), {"collection": folder_collection(name), "__module__": __name__})


def __getattr__(name: str) -> type[OwnPairs]:
    for known in named_data() if name.startswith("Set_") else ():
        if class_name(known) == name:
            return own_class(known)
    raise AttributeError(f"module {__name__} has no attribute {name}")
