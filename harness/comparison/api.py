"""The Python face of `harness compare`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.comparison.comparable import Differing, changes, inputs_differ, machines, metric_differs, task_differs
from harness.comparison.operands import Operand, only_in, paired_entries, read_operand
from harness.errors import HarnessError, UnknownName
from harness.plugins import registry
from harness.stats.caveats import caveats
from harness.stats.contests import Comparison

if TYPE_CHECKING:
    import pandas as pd

    from harness.stats.compare import Pairing, Party

__all__ = ["compare"]

Entry = Mapping[str, Any]
Task = Mapping[str, Any]


def compare(
    a: str | Path, b: str | Path, *, tasks: str | Sequence[str] = (), metrics: str | Sequence[str] | None = None,
    margin: float | None = None, worst: int = 3,
) -> Comparison:  # fmt: skip
    """Judge B against A on the samples that both have.

    Args:
        a, b: a run folder, or `RUN::ENTRY` with an entry's reference or title. Two entries are one pair; two runs are
            as many as they share references.
        tasks: only these, or this one; empty: all that both runs have.
        metrics: further columns (or one) to compare, exploratory; None: every metric of samples that both have.
        margin: in the unit of the primary metric: equivalence and the gate's non-inferiority are judged by it.
        worst: at most so many samples a pair on which B loses.

    Raises:
        HarnessError: no run folder, nothing to pair, tasks or metrics that are not the same in both (the message
            names the field and both values), a margin for primary metrics of several kinds.
    """
    from harness.stats.compare import contests

    tasks = [tasks] if isinstance(tasks, str) else tasks
    metrics = [metrics] if isinstance(metrics, str) else metrics
    if margin is not None and not margin > 0:
        raise HarnessError(f"a margin is above 0, not {margin:g}")
    left, right = read_operand(a), read_operand(b)
    pairs, notes = paired_entries(left, right)
    shared = _tasks(left, right, tasks)
    if not tasks:
        notes += only_in(left.tasks, right.tasks, "task ")
    primaries = {left.tasks[task]["primary"] for task in shared}
    if margin is not None and len(primaries) > 1:
        raise HarnessError(f"one margin cannot serve {' and '.join(sorted(primaries))}: name tasks by --task")
    machine = machines(left.run.manifest, right.run.manifest)
    if machine is not None:
        notes.append(f"seconds and memory are not compared: {machine}")
    seeded = any(_stochastic(entry) for pair in pairs for entry in pair)
    manifests = (left.run.manifest, right.run.manifest)
    pairings = []
    for task in shared:
        _refuse(task, task_differs(left.tasks[task], right.tasks[task], manifests, seeded))
        for pair in pairs:
            pairing, told = _pairing(task, left, right, pair, metrics, machine is None)
            pairings.append(pairing)
            notes += [line for line in told if line not in notes]
    if not any(len(pairing.a.records) and len(pairing.b.records) for pairing in pairings):
        raise HarnessError(f"{left.text} and {right.text} have no task on which both have records")
    return Comparison(left.text, right.text, margin, contests(pairings, margin=margin, worst=worst), tuple(notes))


def _refuse(task: str, differing: Differing | None) -> None:
    if differing is not None:
        raise HarnessError(f"{task} is not comparable: {differing}; other tasks can be named by --task")


def _tasks(a: Operand, b: Operand, only: Sequence[str]) -> list[str]:
    known = [task for task in a.tasks if task in b.tasks]
    for task in only:
        if task not in known:
            raise UnknownName(
                f"task of {a.text} and {b.text}", task, known, f"harness status {a.run.path}", listed=True
            )
    if not known:
        raise HarnessError(f"no task is in both: {', '.join(a.tasks)} against {', '.join(b.tasks)}")
    return [task for task in known if not only or task in only]


def _stochastic(entry: Entry) -> bool:
    """Whether a seed can change what an entry does; a method that is not known here might."""
    if entry["identity"]["code"]:  # a Python callable: the runner gives it no repeats
        return False
    spec = registry().specs["methods"].get(entry["method"])
    return bool(getattr(spec, "stochastic", True))


def _rows(side: Operand, entry: Entry, task: str) -> pd.DataFrame:
    records = side.records
    mine: pd.DataFrame = records.loc[(records["entry"] == entry["reference"]) & (records["task"] == task)]
    return mine


def _pairing(
    task: str, a: Operand, b: Operand, pair: tuple[Entry, Entry], metrics: Sequence[str] | None, costs: bool
) -> tuple[Pairing, list[str]]:
    """Two entries on one task, and lines about columns that cannot be compared."""
    from harness.stats.compare import Pairing, Party

    mine, theirs = a.tasks[task], b.tasks[task]
    rows = (_rows(a, pair[0], task), _rows(b, pair[1], task))
    _refuse(task, inputs_differ(*rows))
    _refuse(task, metric_differs(mine["primary"], mine, theirs, rows))
    columns, told = _columns(mine, theirs, metrics, rows)
    first, second = (
        Party(str(side.run.path), entry, own, side.tasks[task]["samples"])
        for side, entry, own in zip((a, b), pair, rows, strict=True)
    )
    return Pairing(mine, first, second, columns, costs, _notes(mine, first, second)), told


def _columns(
    a: Task, b: Task, wanted: Sequence[str] | None, rows: tuple[pd.DataFrame, pd.DataFrame]
) -> tuple[list[str], list[str]]:
    """Exploratory columns, and lines about those that are not one metric in both. A named one must be."""
    shared = [column for column in a["metrics"] if column in b["metrics"] and column != a["primary"]]
    single = [column for column in shared if a["metrics_info"][column]["kind"] == "sample"]
    for column in wanted or ():
        if column == a["primary"]:
            continue
        if column not in shared:
            raise UnknownName(f"metric of both on {a['id']}", column, shared, "harness run --metric NAME", listed=True)
        if column not in single:
            raise HarnessError(f"{column} is no metric of samples, so it has no paired difference: see harness report")
    columns, told = [], []
    for column in single if wanted is None else [column for column in single if column in wanted]:
        differing = metric_differs(column, a, b, rows)
        if differing and wanted is not None:
            raise HarnessError(f"{column} is not comparable on {a['id']}: {differing}")
        if differing:
            told.append(f"not compared on {a['id']}: {differing}")
        else:
            columns.append(column)
    return columns, told


def _notes(task: Task, a: Party, b: Party) -> tuple[str, ...]:
    """What a reader must know of a pair beside its numbers."""
    told = caveats(task["primary"], a, b)
    if a.entry["reference"] == b.entry["reference"] and (changed := changes(a.entry, b.entry)):
        return (f"changed from A to B: {changed}", *told)
    return told
