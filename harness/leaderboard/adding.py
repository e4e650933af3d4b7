"""`add`: the entries of a finished run take their place on the board of its suite, version and device."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.leaderboard.card import TIERS, card_rows, joined_rows, write_card
from harness.leaderboard.pictures import keep_pictures
from harness.leaderboard.places import Board, board_place, read_card
from harness.leaderboard.places import roots as known_roots
from harness.leaderboard.standing import standing_without
from harness.leaderboard.swapping import replacing
from harness.merging import merge
from harness.merging.agree import first_disagreement
from harness.store import RunFolder, open_run
from harness.store.packed import TEXTS, pack
from harness.verifying import verify
from harness.verifying.protocol import departures

__all__ = ["MEGABYTES", "Added", "add", "folder_bytes"]

MEGABYTES = 5.0
"""ours: of a board with its pictures; `check` refuses to ship one of more than 6 MB."""
NOT_NEEDED = (".lock", "report.html")


@dataclass(frozen=True)
class Added:
    """What `add` did: the board, entries that are new on it or took the place of older rows, entries that stood there
    already and agree, and how large it is."""

    board: Board
    new: tuple[str, ...]
    again: tuple[str, ...]
    pictures: Mapping[str, Sequence[str]]
    size: int


def add(
    run: str | Path, *, root: str | Path | None = None, tier: str = TIERS[0], by: str = "", replace: bool = False,
    megabytes: float = MEGABYTES, argv: Sequence[str] = (),
) -> Added:  # fmt: skip
    """Put the entries of a run on the board of its suite, suite version and device; the board may be new.

    The board is a run folder: rows that agree with those of an entry that stands there already are one, as
    `harness.merge` has it. It is built beside its place and appears there complete; a kill loses nothing.

    Args:
        run: the folder of a complete run of all tasks and samples of its suite.
        root: where `measured/` lies; default: `HARNESS_HOME/leaderboards`.
        tier: who vouches for the rows, one of `TIERS`.
        by: who made the run.
        replace: entries of the run that stand on the board lose their old rows first.
        megabytes: how large the board may be: beside its rows, pictures of as many samples as fit.
        argv: the command to note in the manifest.

    Raises:
        HarnessError: a run that is not complete, is damaged, does not reproduce rows of the board, or has another
            protocol: the field that differs is named.
    """
    if tier not in TIERS:
        raise HarnessError(f"no tier '{tier}': {' or '.join(TIERS)}; papers' numbers stand in reported/")
    given = open_run(run)
    if given.manifest["status"] != "complete":
        raise HarnessError(f"{run} is not complete ({given.manifest['status']}): partial results are not ranked")
    place = board_place(Path(root) if root else known_roots()[-1][0], given.manifest)
    board = Board(place.parent.name, place.name, place, shipped=False)
    with replacing(place) as work:
        old = read_card(place)["rows"] if place.exists() else []
        dropped = {entry["reference"] for entry in given.manifest["entries"]} if replace else set()
        standing = standing_without(place, dropped, work / "standing") if place.exists() else None
        _check_protocol(given, standing, board)
        _check_whole(given)
        made = _joined(given, standing, work / "new", board, argv)
        rows = joined_rows([row for row in old if row["entry"] not in dropped], card_rows(given, tier, by))
        pictures = _finish(made, rows, int(megabytes * 1e6))
        size = folder_bytes(made.path)
    stood = {row["entry"] for row in old} - dropped
    mine = [entry["reference"] for entry in given.manifest["entries"]]
    new, again = (tuple(e for e in mine if (e in stood) is there) for there in (False, True))
    return Added(board, new, again, pictures, size)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _check_protocol(run: RunFolder, standing: RunFolder | None, board: Board) -> None:
    """Raise `HarnessError` naming the field in which a run differs from the board, or from its suite where none is."""
    if standing is None:
        for field, mine, asked in departures(run.manifest):
            raise HarnessError(
                f"{run.path} cannot stand on {board.id}: {field} is {mine} in the run, {asked} in the suite"
            )
        return
    tasks, asked = ([task["id"] for task in of.manifest["suite"]["tasks"]] for of in (run, standing))
    if tasks != asked:
        raise HarnessError(
            f"{run.path} cannot stand on {board.id}: tasks is {', '.join(asked)} on the board, {', '.join(tasks)} in "
            f"the run"
        )
    found = first_disagreement([standing, run])
    if found is None:
        return
    if found.one is found.other:
        raise HarnessError(
            f"{found.one.path} cannot stand on a board: {found.field} is {found.first} in one row, {found.second} in "
            f"another"
        )
    hint = "; --replace drops the board's rows of it" if found.field.startswith("entry ") else ""
    raise HarnessError(
        f"{run.path} cannot stand on {board.id}: {found.field} is {found.first} on the board, {found.second} in the "
        f"run{hint}"
    )


def _check_whole(run: RunFolder) -> None:
    """Raise `HarnessError` with the first thing that `harness verify` finds wrong."""
    for check in verify(run.path).checks:
        if check.state == "wrong":
            raise HarnessError(f"{run.path} is damaged: {check.name}: {check.problems[0]}; harness verify {run.path}")


def _joined(run: RunFolder, standing: RunFolder | None, target: Path, board: Board, argv: Sequence[str]) -> RunFolder:
    """The merged folder of what stands and what comes. Raises `HarnessError` where rows do not agree."""
    done = merge([run.path] if standing is None else [standing.path, run.path], target, argv=argv)
    if done.events:
        event = done.events[0]
        where = f"{event['entry']} on {event['task']}, {event['sample']}"
        who = "rows of the run do" if standing is None or "merged" in run.manifest else "the run does"
        raise HarnessError(
            f"{who} not reproduce what stands on {board.id}: {where}: {', '.join(event['differs'])} "
            f"({len(done.events)} such rows); --replace takes the run's"
        )
    if done.folder.manifest["status"] != "complete":
        raise HarnessError(f"{board.id} would not be complete: the run lacks rows")
    return done.folder


def _finish(board: RunFolder, rows: Sequence[Mapping[str, Any]], room: int) -> dict[str, list[str]]:
    """Make a merged folder a board: card, texts gzipped, few pictures, and of its history only what made its rows."""
    for name in NOT_NEEDED:
        (board.path / name).unlink(missing_ok=True)
    for name in TEXTS:
        pack(board.path / name)
    write_card(board.path, [dict(row) for row in rows])
    _trim(board.manifest, {*board.records()["origin"], *(row["source"] for row in rows)})
    board.manifest["pictures"] = {}
    board.save_manifest()
    without = folder_bytes(board.path) - folder_bytes(board.artifacts.folder)
    board.manifest["pictures"] = keep_pictures(board, room - without)
    board.save_manifest()
    return dict(board.manifest["pictures"])


def _trim(manifest: dict[str, Any], sources: set[str]) -> None:
    """Leave out of a manifest what rows that have been replaced, and earlier calls of `add`, left in it.

    What was skipped keeps its reason without the advice, which is for the machine of the run and names its paths.
    """
    for skip in manifest["skipped"]:
        skip["reason"] = re.split(r", (?:licence|place|get it): |: (?:harness|pip) ", skip["reason"], maxsplit=1)[0]
    merging = manifest["seconds"] - sum(call["seconds"] or 0.0 for call in manifest["history"])
    manifest["merged"]["sources"] = [s for s in manifest["merged"]["sources"] if s["id"] in sources]
    manifest["history"] = [call for call in manifest["history"] if call["source"] in sources]
    before = sum(call["seconds"] or 0.0 for call in manifest["history"])
    manifest["seconds"] = round(before + merging, 2)
