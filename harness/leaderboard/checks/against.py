"""What boards say that those of another folder do not: for a reviewer of new results."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.leaderboard.checks.root import Opened, Root, Told
from harness.report.opened import Opened as Summarised
from harness.stats.model import TaskSummary

__all__ = ["changes"]

SAME = 1e-9


def changes(against: Path) -> Callable[[Root], Iterator[str]]:
    """A check that tells every difference between a root's boards and those of `against`; none is an error."""

    def check(root: Root) -> Iterator[str]:
        mine, theirs = ({one.board.id: one for one in each.boards} for each in (root, Root(against)))
        lines = [f"{name}: a new board" for name in mine if name not in theirs]
        lines += [f"{name}: is gone" for name in theirs if name not in mine]
        for name in mine.keys() & theirs.keys():
            lines += [f"{name}: {line}" for line in _board(mine[name], theirs[name])]
        yield from ()
        if lines:
            raise Told(f"{len(lines)} differences from {against}", sorted(lines))

    return check


def _board(mine: Opened, theirs: Opened) -> Iterator[str]:
    new, old = ({entry["reference"] for entry in one.run.manifest["entries"]} for one in (mine, theirs))
    yield from (f"{entry} was added" for entry in sorted(new - old))
    yield from (f"{entry} was removed" for entry in sorted(old - new))
    today, then = ({t.task: t for t in Summarised(one.board.path).summary.tasks} for one in (mine, theirs))
    for task in today.keys() & then.keys():
        yield from (f"{task}: {line}" for line in _task(today[task], then[task], new & old))


def _task(today: TaskSummary, then: TaskSummary, entries: set[str]) -> Iterator[str]:
    values = [{(c.entry, c.metric): c.interval for c in t.cells if not c.subset} for t in (today, then)]
    for entry, metric in sorted(values[0].keys() & values[1].keys()):
        a, b = (of[entry, metric] for of in values)
        now, was = (math.nan if of is None else of.value for of in (a, b))
        same = math.isclose(now, was, rel_tol=SAME, abs_tol=SAME) or (math.isnan(now) and math.isnan(was))
        if entry in entries and not same:
            yield f"{entry}: {metric} was {was:.6g}, is {now:.6g}"
    ranks = [{(s.entry, s.table): s.rank for s in t.standings} for t in (today, then)]
    for entry, table in sorted(ranks[0].keys() & ranks[1].keys()):
        rank, before = (of[entry, table] for of in ranks)
        if entry in entries and rank != before:
            yield f"{entry}: rank was {before or 'none'}, is {rank or 'none'}"
