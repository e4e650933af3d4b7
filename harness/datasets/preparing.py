"""Building a split's manifest: every file read, hashed and decoded once. A stopped call goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.datasets.finding import Found, Item, find
from harness.datasets.layouts import Collection, Split
from harness.datasets.manifest import (
    Header,
    Manifest,
    Row,
    content_of,
    manifest_file,
    read_manifest,
    row_of,
    write_manifest,
)
from harness.datasets.reading import read_role
from harness.errors import HarnessError

__all__ = ["Prepared", "Tick", "changed_files", "prepare"]

WORKERS = 2
AHEAD = 64
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Prepared:
    """The manifest, what was found, and how many samples were read now (the rest had not changed)."""

    manifest: Manifest
    found: Found
    read: int


def prepare(collection: Collection, split: Split, folder: Path, tick: Tick = lambda done, of: None) -> Prepared:
    """Read every file of a split below `folder` that the manifest does not know yet, and write the manifest.

    Rows are appended to `SPLIT.part.jsonl` as they come, so that the same call goes on after a kill; the manifest
    itself is written last and whole. `tick(done, of)` is told how far it is.

    Raises:
        MissingRequirement: the files are not there (see `finding.find`).
        HarnessError: nothing was found, or files are damaged: their names and causes. No manifest is written then,
            and the same call tries these again.
    """
    found = find(collection, split, folder)
    if not found.items:
        more = f" ({found.unpaired[0]})" if found.unpaired else ""
        raise HarnessError(f"{folder}: no file of {collection.name} {split.name} in it{more}")
    known = _known_rows(collection, split)
    rows: dict[str, Row] = {}
    damaged: list[str] = []
    todo: list[Item] = []
    for item in found.items:
        old = known.get(item.key)
        if old is not None and _same(old, found.root, item):
            rows[item.key] = old
        else:
            todo.append(item)
    part = _part(collection, split)
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("a", encoding="utf-8") as file:
        for row in _read_all(found.root, split, todo):
            if isinstance(row, str):
                damaged.append(row)
                continue
            rows[row.key] = row
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
            file.flush()
            tick(len(rows), len(found.items))
    if damaged:
        more = f" and {len(damaged) - 3} more" if len(damaged) > 3 else ""
        raise HarnessError(f"{len(damaged)} samples cannot be read: {'; '.join(damaged[:3])}{more}")
    ordered = [rows[item.key] for item in found.items]
    areas = [row.area for row in ordered if row.area is not None]
    header = Header(
        collection.name, split.name, collection.version, str(found.root), len(ordered),
        content_of(collection.name, split.name, collection.version, ordered),
        sum(areas) / len(areas) if areas else None,
    )  # fmt: skip
    write_manifest(header, ordered)
    part.unlink()
    return Prepared(Manifest(header, {row.key: row for row in ordered}), found, len(todo))


def changed_files(manifest: Manifest, tick: Tick = lambda done, of: None) -> list[str]:
    """A line for every file of a manifest that is gone or whose sha256 is another; all are read."""
    wrong = []
    for number, row in enumerate(manifest.rows.values(), 1):
        for role, path in row.paths.items():
            try:
                found = hashlib.sha256((manifest.root / path).read_bytes()).hexdigest()
            except OSError as error:
                wrong.append(f"{path}: cannot be read: {error.strerror}")
                continue
            if found != row.sha256[role]:
                wrong.append(f"{path}: sha256 {found[:12]}… was {row.sha256[role][:12]}… when it was prepared")
        tick(number, len(manifest.rows))
    return wrong


def _part(collection: Collection, split: Split) -> Path:
    return manifest_file(collection.name, split.name).with_suffix(".part.jsonl")


def _known_rows(collection: Collection, split: Split) -> Mapping[str, Row]:
    """Rows of the last manifest and of a stopped call; what cannot be used is read from the pictures again."""
    rows: dict[str, Row] = {}
    try:
        earlier = read_manifest(collection.name, split.name)
    except HarnessError:
        earlier = None  # it is about to be written anew
    if earlier is not None and earlier.header.version == collection.version:
        rows |= earlier.rows
    part = _part(collection, split)
    if part.is_file():
        for line in part.read_bytes().splitlines():
            try:
                row = row_of(line.decode())
            except (ValueError, TypeError, KeyError, AttributeError):
                continue  # the line that a kill cut off
            rows[row.key] = row
    return rows


def _same(row: Row, root: Path, item: Item) -> bool:
    """Whether a row's files are these, of the same bytes by size and time."""
    told = row.label == item.label and row.known == dict(item.known)
    return told and row.paths == dict(item.paths) and row.stat == _stat(root, item)


def _stat(root: Path, item: Item) -> Mapping[str, tuple[int, int]]:
    found = {role: (root / path).stat() for role, path in item.paths.items()}
    return {role: (facts.st_size, facts.st_mtime_ns) for role, facts in found.items()}


def _read_all(root: Path, split: Split, items: Sequence[Item]) -> Iterator[Row | str]:
    """A row of every item, or the line that says why there is none, in order; decoded by two threads."""
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="prepare") as pool:
        pending: deque[Future[Row | str]] = deque()
        for item in items:
            pending.append(pool.submit(_read, root, split, item))
            if len(pending) >= AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _read(root: Path, split: Split, item: Item) -> Row | str:
    try:
        stat = _stat(root, item)
        data = {role: (root / path).read_bytes() for role, path in item.paths.items()}
        arrays = {role: read_role(role, content, item.paths[role], split) for role, content in data.items()}
    except OSError as error:
        return f"{item.key}: {error.strerror}"
    except HarnessError as error:
        return str(error)
    shapes = {role: array.shape[:2] for role, array in arrays.items()}
    area = float(arrays["mask"].mean()) if "mask" in arrays else None
    if len(set(shapes.values())) > 1:
        sizes = ", ".join(f"{role} {width} x {height}" for role, (height, width) in shapes.items())
        return f"{item.key}: sizes differ: {sizes}"
    height, width = next(iter(shapes.values()))
    hashes = {role: hashlib.sha256(content).hexdigest() for role, content in data.items()}
    return Row(item.key, split.name, dict(item.paths), hashes, width, height, area, item.label, stat, dict(item.known))
