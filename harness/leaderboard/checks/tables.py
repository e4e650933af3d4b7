"""Checks of reported tables."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import HarnessError
from harness.leaderboard.checks.root import Root, Told
from harness.leaderboard.papers import read_reported, reported_files
from harness.plugins import registry
from harness.report.reported import Reported

__all__ = ["check_duplicates", "check_reported"]


def check_reported(root: Root) -> Iterator[str]:
    """Every file is as its schema says, of a suite that is registered."""
    known = registry().specs["suites"]
    files = reported_files(root.path)
    for path in files:
        try:
            table = read_reported(path)
        except HarnessError as error:
            yield str(error)
            continue
        if table.suite not in known:
            yield f"{path}: no suite {table.suite} is registered"
    if not files:
        raise Told("no reported table is here")


def check_duplicates(root: Root) -> Iterator[str]:
    """No two files of a suite are the same table: one title, or one place of one source."""
    seen: dict[tuple[str, ...], Reported] = {}
    for path in reported_files(root.path):
        try:
            table = read_reported(path)
        except HarnessError:
            continue  # told by `check_reported`
        of = (table.source["work"], table.source["place"], *(c.name for c in table.columns))
        for key in ((table.suite, "title", table.title), (table.suite, "source", *of)):
            if key in seen:
                yield f"{table.suite}: {seen[key].name} and {table.name} have the same {key[1]}"
            seen.setdefault(key, table)
