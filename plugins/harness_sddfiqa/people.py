"""Whom a face is compared with: other pictures of its person, and strangers; from folders by person, or a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from harness.datasets.decode import ImageError, decode
from harness.datasets.folder import SUFFIXES
from harness.errors import HarnessError, UnknownName
from harness.faces.finding import FaceFinder
from harness.interfaces import Batch, Dataset

__all__ = ["DatasetPeople", "FolderPeople", "People", "Picture", "Portfolio"]


@dataclass(frozen=True)
class Picture:
    """An aligned face, uint8 [112, 112, 3], and what its picture is called."""

    name: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Portfolio:
    """A face, other pictures of its person and pictures of others; at least one of each."""

    face: Picture
    positives: tuple[Picture, ...]
    negatives: tuple[Picture, ...]


class People(Protocol):
    """Where faces lie whose people are known."""

    def portfolio(self, name: str, most: int, seed: int) -> Portfolio:
        """A face with up to `most` positives and negatives, drawn by `seed`. Raises `HarnessError` where one lacks."""
        ...


def _whole(face: Picture, positives: Iterable[Picture], negatives: Iterable[Picture], most: int) -> Portfolio:
    own, others = _first(positives, most), _first(negatives, most)
    if not own:
        raise HarnessError(f"{face.name}: no other picture of its person to compare it with")
    if not others:
        raise HarnessError(f"{face.name}: no picture of another person to compare it with")
    return Portfolio(face, own, others)


def _first(pictures: Iterable[Picture], most: int) -> tuple[Picture, ...]:
    return tuple(picture for picture, _ in zip(pictures, range(most), strict=False))


def _aligned(finder: FaceFinder, name: str, pixels: NDArray[np.uint8]) -> Picture:
    """Raises `HarnessError` with the reason where there is no face, or several."""
    image = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    found = finder.find(Batch((name,), image=image))
    if found.refused:
        raise HarnessError(f"{name}: {found.refused[0]}")
    return Picture(name, found.faces[0])


class FolderPeople:
    """Pictures in folders `PERSON/PICTURE`: the folders beside a picture's own hold the strangers.

    A picture that cannot be read or has not one face is left out of a comparison, and named by `left_out`.
    """

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self.left_out: list[str] = []

    def portfolio(self, name: str, most: int, seed: int) -> Portfolio:
        """Of the picture at the path `name`."""
        path = Path(name).absolute()
        rng = np.random.default_rng(seed)
        own = [other for other in _pictures(path.parent) if other.name != path.name]
        strangers = [
            other
            for folder in sorted(path.parent.parent.iterdir())
            if folder.is_dir() and folder.name != path.parent.name
            for other in _pictures(folder)
        ]
        face = self._load(path)
        return _whole(face, self._read(own, rng), self._read(strangers, rng), most)

    def _load(self, path: Path) -> Picture:
        return _aligned(self._finder, f"{path.parent.name}/{path.name}", decode(path).pixels)

    def _read(self, paths: Sequence[Path], rng: np.random.Generator) -> Iterator[Picture]:
        """Those that hold one face, in an order drawn."""
        for place in rng.permutation(len(paths)):
            try:
                yield self._load(paths[place])
            except (ImageError, OSError) as error:
                self.left_out.append(str(error))
            except HarnessError as reason:
                self.left_out.append(str(reason))


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())


class DatasetPeople:
    """Pictures of a data set with verification pairs: genuine partners are of one person, other clusters strangers."""

    def __init__(self, dataset: Dataset, finder: FaceFinder) -> None:
        self._dataset = dataset
        self._finder = finder
        self._partners: dict[str, list[str]] = {}
        for a, b, genuine in dataset.pairs() or ():
            if genuine:
                self._partners.setdefault(a, []).append(b)
                self._partners.setdefault(b, []).append(a)
        if not self._partners:
            raise HarnessError("the data set has no genuine pairs: it does not say who is who")

    def portfolio(self, name: str, most: int, seed: int) -> Portfolio:
        """Of the picture with the id `name`. Raises `UnknownName`."""
        ids = self._dataset.ids()
        if name not in ids:
            raise UnknownName("face", name, ids, "")
        rng, person = np.random.default_rng(seed), self._dataset.load(name).cluster
        partners = self._partners.get(name, [])
        own = (self._face(partners[place]) for place in rng.permutation(len(partners)))
        strangers = (
            _aligned(self._finder, sample.id, sample.image)
            for place in rng.permutation(len(ids))
            if (sample := self._dataset.load(ids[place])).cluster != person
        )
        return _whole(self._face(name), own, strangers, most)

    def _face(self, id: str) -> Picture:
        return _aligned(self._finder, id, self._dataset.load(id).image)
