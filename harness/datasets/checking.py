"""Is a split whole: counts, partners, list files, hashes. What is said is lines for a user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.datasets.finding import Found, find
from harness.datasets.layouts import Collection, Split
from harness.datasets.manifest import Manifest, read_manifest
from harness.datasets.preparing import Tick, changed_files
from harness.errors import HarnessError, MissingRequirement

__all__ = ["Checked", "check_split"]

SHOWN = 3


@dataclass(frozen=True)
class Checked:
    """What was found. `missing`: files of it are to be got; `whole`: nothing is missing, damaged or unpaired."""

    lines: tuple[str, ...]
    missing: bool
    whole: bool


def check_split(
    collection: Collection, split: Split, folder: Path, *, hashes: bool = True, tick: Tick = lambda done, of: None
) -> Checked:
    """Count and pair the files of a split in `folder`; with `hashes`, read all that were prepared from there.

    Never raises for what is missing or damaged: that is what it says.
    """
    try:
        found = find(collection, split, folder)
    except MissingRequirement as absent:
        return Checked((str(absent),), missing=True, whole=False)
    except HarnessError as wrong:
        return Checked((str(wrong),), missing=False, whole=False)
    n = len(found.items)
    short = split.total is not None and n < split.total
    lines = [f"{n:,} samples in {found.root}" + ("" if collection.own else f"; complete: {split.counted}")]
    if split.total is not None and n != split.total:
        lines.append(f"{abs(split.total - n):,} {'missing' if short else 'more than there should be'}")
    lines += _some("absent", found.absent) + _some("unpaired", found.unpaired) + _some("not read", found.skipped)
    told = [*_against(collection, split, found, hashes=hashes, tick=tick)]
    lines += [line for line, _ in told]
    sound = not any(bad for _, bad in told) and not found.absent and not found.unpaired
    if not n:
        short = True
    return Checked(tuple(lines), missing=short or bool(found.absent), whole=sound and not short and _counts(split, n))


def _counts(split: Split, n: int) -> bool:
    return split.total is None or n == split.total


def _some(what: str, lines: Sequence[str]) -> list[str]:
    """The first lines of many, each with what it is about."""
    more = [f"{what}: and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
    return [f"{what}: {line}" for line in lines[:SHOWN]] + more


def _against(
    collection: Collection, split: Split, found: Found, *, hashes: bool, tick: Tick
) -> Iterator[tuple[str, bool]]:
    """Lines about the manifest, and whether each is a fault."""
    again = f"harness data prepare {collection.name} --split {split.name}"
    try:
        manifest = read_manifest(collection.name, split.name)
    except HarnessError as damaged:
        yield str(damaged), True
        return
    if manifest is None:
        yield f"not prepared: {again}", False
        return
    if manifest.root != found.root:
        yield f"prepared from {manifest.root}, so hashes were not compared: {again} reads this folder", False
        return
    for word, bad in _drift(manifest, found):
        yield f"{word}: {again}", bad
    if hashes:
        changed = changed_files(manifest, tick)
        for line in _some("changed", changed):
            yield line, True
        if not changed:
            yield f"{len(manifest.rows):,} samples have the hashes of {manifest.header.content[:12]}", False


def _drift(manifest: Manifest, found: Found) -> Iterator[tuple[str, bool]]:
    here = {item.key for item in found.items}
    new, gone = here - set(manifest.rows), set(manifest.rows) - here
    if new:
        yield f"{len(new):,} samples are new since it was prepared", True
    if gone:
        yield f"{len(gone):,} prepared samples are gone", True
