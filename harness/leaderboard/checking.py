"""`check`: whether boards and reported tables may be published as they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import HarnessError
from harness.leaderboard.checks import boards as of_boards
from harness.leaderboard.checks import tables as of_tables
from harness.leaderboard.checks.against import changes
from harness.leaderboard.checks.root import Root, Told
from harness.leaderboard.places import roots
from harness.verifying import Check, Verified

__all__ = ["check"]

_CHECKS: tuple[tuple[str, str, Callable[[Root], Iterator[str]]], ...] = (
    ("places", "boards and tables lie where their suite, version and device say", of_boards.check_places),
    ("cards", "every entry of a board has one row that says who vouches for it", of_boards.check_cards),
    ("verify", "harness verify finds nothing wrong with any board", of_boards.check_verified),
    ("protocol", "rows of a board were judged alike, on all that its suite asks for", of_boards.check_protocol),
    ("pictures", "no board keeps what random weights made", of_boards.check_random),
    ("size", "boards are small enough to be shipped", of_boards.check_size),
    ("speed", "every file of timings is as its schema says", of_boards.check_speed),
    ("reported", "every table is as its schema says, of a suite that is known", of_tables.check_reported),
    ("duplicates", "no reported table stands there twice", of_tables.check_duplicates),
)


def check(
    root: str | Path | None = None, *, against: str | Path | None = None, stale: bool = False, rescore: int = 8
) -> tuple[Verified, ...]:
    """Check leaderboards. Nothing is written.

    Args:
        root: a folder that holds `measured/` and `reported/`; default: every known one that is there.
        against: such a folder to compare with: what was added, what is gone, which value or rank changed is told.
        rescore: kept outputs of each board that are judged again.
        stale: rows that today's code would not give again are an error, not only told.

    Returns:
        One answer a root.

    Raises:
        HarnessError: `root` or `against` is no folder.
    """
    places = [Path(root)] if root else [place for place, _ in roots() if place.is_dir()]
    for folder in [*places, *([Path(against)] if against else [])]:
        if not folder.is_dir():
            raise HarnessError(f"no folder {folder}; boards lie in measured/ below it")
    return tuple(_checked(Root(place, rescore), Path(against) if against else None, stale) for place in places)


def _checked(root: Root, against: Path | None, stale: bool) -> Verified:
    checks = [_made(name, said, check, root) for name, said, check in _CHECKS]
    said = "methods, weights, metrics and suites are today what they were"
    checks.append(_made("stale", said, of_boards.check_stale if stale else of_boards.tell_stale, root))
    if against is not None:
        checks.append(_made("changes", f"the boards of {against} say the same", changes(against), root))
    return Verified(root.path, tuple(checks))


def _made(name: str, said: str, check: Callable[[Root], Iterator[str]], root: Root) -> Check:
    """One check. What can only be told is no error; what cannot be read any more is one."""
    found: list[str] = []
    try:
        for problem in check(root):
            found.append(problem)
    except Told as told:
        return Check(name, "wrong" if found else "skipped", told.said, (*found, *told.lines))
    except HarnessError as error:
        found.append(str(error))
    return Check(name, "wrong" if found else "ok", said, tuple(found))
