"""Checks of measured boards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.errors import HarnessError
from harness.leaderboard.adding import folder_bytes
from harness.leaderboard.checks.root import Opened, Root, Told
from harness.leaderboard.places import CARD, board_name
from harness.leaderboard.schema import problems
from harness.merging.agree import first_disagreement
from harness.store.timings import read_timings
from harness.verifying import verify
from harness.verifying.protocol import departures
from harness.verifying.stale import notes, stale_notes, suite_notes

__all__ = [
    "check_cards",
    "check_places",
    "check_protocol",
    "check_random",
    "check_size",
    "check_speed",
    "check_stale",
    "check_verified",
    "tell_stale",
]

SPEED = "speed"
BOARD_MB = 6.0
ROOT_MB = 24.0
"""ours: of a board and of all of a root, which is shipped inside the package."""


def check_places(root: Root) -> Iterator[str]:
    """Boards lie at measured/SUITE/vVERSION-DEVICE, tables at reported/SUITE/NAME.json, and nothing else is there."""
    for one in root.boards:
        if one.board.path.parent.name.endswith(".adding"):
            yield f"{one.board.id}: a killed add set it aside; the next harness leaderboard add puts it back"
        named = f"{one.run.manifest['suite']['name']}/{board_name(one.run.manifest)}"
        if named != one.board.id:
            yield f"{one.board.id}: its manifest is of {named}"
    yield from root.unreadable
    known = {one.board.path for one in root.boards}
    unread = {line.partition(":")[0] for line in root.unreadable}
    for path in sorted(root.path.glob("measured/*/*")):
        if path.name.endswith(".adding"):
            yield f"{path.relative_to(root.path)}: left by a killed add; the next one of this board removes it"
        elif not (path in known or _is_timings(path) or "/".join(path.parts[-2:]) in unread):
            yield f"{path.relative_to(root.path)}: is no board"
    for path in sorted(root.path.glob("reported/**/*")):
        if path.is_file() and (path.suffix != ".json" or len(path.relative_to(root.path).parts) != 3):
            yield f"{path.relative_to(root.path)}: is no table (reported/SUITE/NAME.json)"


def _is_timings(path: Path) -> bool:
    """Whether a file lies where `harness bench` keeps seconds by size, which are no board."""
    return path.parent.name == SPEED and path.suffix == ".json" and path.is_file()


def check_speed(root: Root) -> Iterator[str]:
    """Every file of timings is as its schema says."""
    for path in sorted(root.path.glob(f"measured/{SPEED}/*.json")):
        try:
            read_timings(path)
        except HarnessError as error:
            yield str(error)


def check_cards(root: Root) -> Iterator[str]:
    """board.json is as its schema says, and has one row for each entry of the manifest, of one of its sources."""
    for one in root.boards:
        where = one.board.id
        if not (one.board.path / CARD).exists():
            yield f"{where}: {CARD} is missing"
            continue
        found = list(problems("board", {"schema": 1, "rows": one.rows}))
        yield from (f"{where}: {problem}" for problem in found)
        if not found:
            yield from (f"{where}: {problem}" for problem in _card_faults(one))


def _card_faults(one: Opened) -> Iterator[str]:
    manifest = one.run.manifest
    entries = Counter(entry["reference"] for entry in manifest["entries"])
    rows = Counter(row["entry"] for row in one.rows)
    sources = {source["id"] for source in manifest.get("merged", {}).get("sources", ())}
    yield from (f"{entry} stands {n} times in the manifest" for entry, n in entries.items() if n > 1)
    yield from (f"{entry} has {n} rows on the card" for entry, n in rows.items() if n > 1)
    yield from (f"{entry} has no row on the card" for entry in entries if entry not in rows)
    yield from (f"{entry} is on the card and not in the manifest" for entry in rows if entry not in entries)
    yield from (
        f"{row['entry']}: no source {row['source']} in the manifest" for row in one.rows if row["source"] not in sources
    )


def check_verified(root: Root) -> Iterator[str]:
    """What `harness verify` finds wrong with a board: hashes, keys, counts, summary, scores of kept outputs."""
    for one in root.boards:
        for check in verify(one.run, rescore=root.rescore).checks:
            if check.state == "wrong":
                more = f" (and {len(check.problems) - 1} more)" if len(check.problems) > 1 else ""
                yield f"{one.board.id}: {check.name}: {check.problems[0]}{more}"


def check_protocol(root: Root) -> Iterator[str]:
    """All rows of a board were judged alike, its run is complete, and has all that its suite asks for today."""
    for one in root.boards:
        manifest, where = one.run.manifest, one.board.id
        if manifest["status"] != "complete":
            yield f"{where}: its run is not complete ({manifest['status']})"
        if manifest.get("merged", {}).get("events"):
            yield f"{where}: {manifest['merged']['events']} rows did not agree when they were added"
        found = first_disagreement([one.run])
        if found:
            yield f"{where}: {found.field} is {found.first} in one row, {found.second} in another"
        try:
            for field, mine, asked in departures(manifest):
                if not field.startswith("suite."):  # another version of the suite is stale, which `stale` tells
                    yield f"{where}: {field} is {mine} on the board, {asked} in the suite"
        except HarnessError as error:
            yield f"{where}: {error}"


def check_random(root: Root) -> Iterator[str]:
    """No picture is kept that only random weights made: it is no result."""
    for one in root.boards:
        results, noise = set[str](), set[str]()
        for row in one.run.samples().to_dict("records"):
            results |= {row["truth"], row["mask"], row["shown"]}
        for entry in one.run.manifest["entries"]:
            random = entry["weights"] and entry["weights"]["kind"] == "random"
            for task in one.run.manifest["suite"]["tasks"]:
                rows = one.run.rows(entry["reference"], task)
                (noise if random else results).update(rows["output_hash"] if len(rows) else ())
        kept = {path.stem for path in one.run.artifacts.folder.glob("*.png")}
        if left := kept & noise - results:
            yield f"{one.board.id}: keeps {len(left)} pictures that random weights made"
        if strange := kept - noise - results:
            yield f"{one.board.id}: keeps {len(strange)} pictures that no row names"


def check_size(root: Root) -> Iterator[str]:
    """Boards have at most 6 MB, a root 24 MB."""
    for one in root.boards:
        size = folder_bytes(one.board.path) / 1e6
        if size > BOARD_MB:
            yield f"{one.board.id}: {size:.1f} MB, at most {BOARD_MB:g}: add with a smaller --megabytes"
    size = folder_bytes(root.path) / 1e6
    if size > ROOT_MB:
        yield f"all of {root.path}: {size:.1f} MB, at most {ROOT_MB:g}"


def _stale(root: Root) -> tuple[list[str], list[str]]:
    """What is certainly stale, and what cannot be known or may be."""
    certain, told = list[str](), list[str]()
    for one in root.boards:
        found = [f"suite {one.board.suite}: {note}" for note in suite_notes(one.run.manifest["suite"])]
        found += notes(one.run.manifest, one.run.records())
        sure = list(stale_notes(found))
        certain += [f"{one.board.id}: {note}" for note in sure]
        told += [f"{one.board.id}: {note}" for note in found if note not in sure]
    return certain, told


def check_stale(root: Root) -> Iterator[str]:
    """What of a board today's code would not give again is an error; what may be so is told."""
    certain, told = _stale(root)
    yield from certain
    if told:
        raise Told(f"{len(told)} notes on what may be stale", told)


def tell_stale(root: Root) -> Iterator[str]:
    """The same, told and no error: a stale row is still what was measured then."""
    certain, told = _stale(root)
    yield from ()
    if certain or told:
        raise Told(f"{len(certain)} stale, {len(told)} that may be (--stale makes stale rows an error)", certain + told)
