"""Which samples of a folder belong to a split: a list file, a range of numbers, a draw that is the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from harness.errors import HarnessError

__all__ = ["Chosen", "Drawn", "FirstOfEach", "Listed", "Numbers", "Partition", "Pick", "by_number"]


class Chosen(NamedTuple):
    """Keys in the split's order, those that a list names and nobody has, and what the list says of each.

    `classes` by key, and `known`: further facts (an opinion score); its `reference` is the key of the sample's file of
    a shared role.
    """

    keys: tuple[str, ...]
    absent: tuple[str, ...] = ()
    classes: Mapping[str, int] | None = None
    known: Mapping[str, Mapping[str, str | int | float]] | None = None


class Pick(Protocol):
    """A rule. `files` are names of list files that it reads, which lie beside the data; `A|B` is either.

    A name that ends in `/` is a folder.
    """

    @property
    def files(self) -> tuple[str, ...]: ...

    @property
    def words(self) -> str:
        """The rule in words; a change of it changes the content hash."""
        ...

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """Choose among the keys that are here. Raises `HarnessError` naming the list and line that cannot be read."""
        ...


def by_number(key: str) -> tuple[bool, int, str]:
    """Numbers in their order, before any text."""
    return (not key.isdecimal(), int(key) if key.isdecimal() else 0, key)


class Numbers(NamedTuple):
    """Keys whose last digits lie in [low, high)."""

    low: int
    high: int
    files: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"numbers {self.low} to {self.high - 1}"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        inside = [key for key in keys if self.low <= _last_number(key) < self.high]
        return Chosen(tuple(sorted(inside, key=by_number)))


def _last_number(key: str) -> int:
    digits = key[len(key.rstrip("0123456789")) :]
    return int(digits) if digits else -1


class Drawn(NamedTuple):
    """`number` of `of` keys, those whose sha256 with `salt` is smallest: a draw without a generator, everybody's same.

    Out of fewer than `of` keys other ones would be drawn, so their lack is told as absent.
    """

    number: int
    of: int
    salt: str
    files: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"the {self.number:,} of {self.of:,} with the smallest sha256 of '{self.salt} KEY'"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        import hashlib

        drawn = sorted(keys, key=lambda key: hashlib.sha256(f"{self.salt} {key}".encode()).digest())[: self.number]
        lack = self.of - len(keys)
        absent = (f"{lack:,} of the {self.of:,} that it is drawn from",) if lack > 0 else ()
        return Chosen(tuple(sorted(drawn, key=by_number)), absent)


class FirstOfEach(NamedTuple):
    """The first key of every group, the group being what `pattern` matches at a key's start: a frame a clip."""

    pattern: str
    files: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"the first of every '{self.pattern}'"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says. A key that the pattern does not match is a group of its own."""
        first: dict[str, str] = {}
        for key in sorted(keys, key=by_number):
            found = re.match(self.pattern, key)
            first.setdefault(found[0] if found else key, key)
        return Chosen(tuple(first.values()))


class Listed(NamedTuple):
    """The files that a list names, in its order: a file a line, then perhaps a class number."""

    file: str

    @property
    def files(self) -> tuple[str, ...]:
        """As `Pick` says."""
        return (self.file,)

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"as {self.file} lists them"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        named: list[str] = []
        classes: dict[str, int] = {}
        for number, words in _lines(lists[self.file]):
            key = PurePosixPath(words[0]).stem
            if key in classes or len(words) > 2 or (len(words) == 2 and not words[1].isdecimal()):
                raise HarnessError(f"{lists[self.file]}: line {number} names no new file, or more than a class number")
            named.append(key)
            classes[key] = int(words[1]) if len(words) == 2 else -1
        here = set(keys)
        known = {key: label for key, label in classes.items() if label >= 0}
        return Chosen(
            tuple(key for key in named if key in here), tuple(key for key in named if key not in here), known or None
        )


class Partition(NamedTuple):
    """CelebA-HQ by CelebA's own split: the one file maps a number to CelebA's file, the other says its part (0, 1, 2).

    known: both files come with CelebAMask-HQ and CelebA; that MAT's 2,993 validation faces are this split is known by
    their number only.
    """

    part: int
    mapping: str = "CelebA-HQ-to-CelebA-mapping.txt"
    parts: str = "list_eval_partition.txt"

    @property
    def files(self) -> tuple[str, ...]:
        """As `Pick` says."""
        return (self.mapping, self.parts)

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"those whose CelebA file is of part {self.part} in {self.parts}"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says."""
        part = {words[0]: words[-1] for _, words in _lines(lists[self.parts])}
        named = [
            words[0]
            for _, words in _lines(lists[self.mapping])
            if words[0].isdecimal() and part.get(words[-1]) == str(self.part)
        ]
        if not named:
            raise HarnessError(f"{lists[self.mapping]}: no line whose last word stands in {lists[self.parts]}")
        here = set(keys)
        return Chosen(
            tuple(sorted((key for key in named if key in here), key=by_number)),
            tuple(key for key in named if key not in here),
        )


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Numbered words of every line that has any."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path}: cannot be read: {error}") from error
    return [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
