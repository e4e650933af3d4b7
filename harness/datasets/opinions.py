"""Opinion scores as a rule: which pictures of a folder a published table rates. Light, for every command imports it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from harness.datasets.picks import Chosen

__all__ = ["Opinions"]


class Opinions(NamedTuple):
    """The pictures that a published table rates, and what it says of each.

    Attributes:
        table: whose table, see `harness.datasets.rated.TABLES`.
        files: its files, alternatives separated by `|`; one that ends in `/` is a folder.
        rule: in words: what is read, its range and direction, and how it was turned.
        part: only rows of this part (KonIQ's `set`); "" for all.

    A sample then knows `mos` (higher is better), `reference` (key of the undistorted picture, where there is one),
    `kind` (distortion) and `level` (its number in the set) where the set has them.
    """

    table: str
    files: tuple[str, ...]
    rule: str
    part: str = ""

    @property
    def words(self) -> str:
        """As `Pick` says."""
        return f"{self.rule}{f', {self.part} part' if self.part else ''}"

    def choose(self, keys: Collection[str], lists: Mapping[str, Path]) -> Chosen:
        """As `Pick` says; by the sha256 of their keys, so that the first N are a fair draw of every kind."""
        import hashlib

        from harness.datasets.rated import rated_pictures

        rated = rated_pictures(self.table, [lists[name] for name in self.files], self.part)
        here = set(keys)
        found = sorted((key for key in rated if key in here), key=lambda key: hashlib.sha256(key.encode()).digest())
        absent = tuple(key for key in rated if key not in here)
        return Chosen(tuple(found), absent, known={key: rated[key] for key in found})
