"""Whether a run is all that its suite asks for: every task, every sample, every metric of the suite as it is today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.plugins import registry
from harness.suites import load_suite

__all__ = ["Departure", "departures"]


class Departure(NamedTuple):
    """A field in which a run is not what its suite asks for today, and both values."""

    field: str
    run: Any
    suite: Any


def departures(manifest: Mapping[str, Any]) -> Iterator[Departure]:
    """Every field in which a run departs from its suite: version, file, tasks, samples, metrics.

    A task whose pictures and a metric whose files were not here, which the manifest tells, are no departure: without
    them a suite is what this machine can judge.

    Raises `HarnessError` where the suite, or a data set or mask set of it, is not here.
    """
    from harness.runner.units import TaskData

    known = registry()
    told = manifest["suite"]
    suite = load_suite(known.suite(told["name"]))
    for key, now in (("version", suite.version), ("sha256", suite.sha256)):
        if told[key] != now:
            yield Departure(f"suite.{key}", told[key], now)
            return
    run = {task["id"]: task for task in told["tasks"]}
    lacking = {(skip["task"], skip["what"]) for skip in manifest["skipped"]}
    tasks = [task.id for task in suite.tasks if (task.id, task.id) not in lacking]
    if list(run) != tasks:
        yield Departure("tasks", ", ".join(run), ", ".join(tasks))
    for task in suite.tasks:
        if task.id in run:
            samples = [key.id for key in TaskData(task, known).keys]
            asked_of = sorted(metric for metric in task.metrics if (task.id, metric) not in lacking)
            judged = (sorted(run[task.id]["metrics"]), asked_of)
            for field, mine, asked in (("samples", run[task.id]["samples"], samples), ("metrics", *judged)):
                if mine != asked:
                    yield Departure(f"task {task.id}: {field}", *_apart(mine, asked))


def _apart(mine: Sequence[str], asked: Sequence[str]) -> tuple[str, str]:
    """How many names two lists have and, where one has some that the other lacks, the first of these."""
    sides = []
    for these, others in ((mine, asked), (asked, mine)):
        odd = [name for name in these if name not in others]
        sides.append(f"{len(these)}{f' with {odd[0]}' if odd else ''}")
    return sides[0], sides[1]
