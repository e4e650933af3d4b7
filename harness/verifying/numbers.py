"""Checks that compute: what is derived from the rows, the data sets, scores of kept outputs."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, UnknownName
from harness.plugins import registry
from harness.references import parse_metric
from harness.store.shards import RESOLUTION, plain_rows
from harness.verifying.pictures import read_picture
from harness.verifying.subject import Row, Skipped, Subject

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from harness.runner.measure import Judge

    Picture = NDArray[np.uint8]
    Pictures = tuple[Picture, Picture, Picture | None, Picture | None]

__all__ = ["check_aggregates", "check_datasets", "check_summary", "rescored"]

UNKEPT = {"labels": "label maps", "operator": "operators", "maps": "a method's maps as it told them"}
EXACT = 1e-9
REDUCED = 1e-6
"""ours: set metrics are reduced by linear algebra libraries, which differ in their last digits."""


def _sets(subject: Subject) -> Set[str]:
    """Columns of set metrics."""
    tasks = subject.tasks.values()
    return {c for task in tasks for c, info in task["metrics_info"].items() if info["kind"] != "sample"}


def check_summary(subject: Subject) -> Iterator[str]:
    """summary.json says what the rows give today."""
    stored = subject.json("summary.json")
    today = json.loads(json.dumps(subject.today.to_dict()))
    yield from _apart("", stored, today, _sets(subject), EXACT)


def _apart(place: str, stored: Any, today: Any, sets: Set[str], tolerance: float) -> Iterator[str]:
    """Every place where two JSON values differ beyond a tolerance (relative above 1)."""
    if isinstance(stored, dict) and isinstance(today, dict) and stored.keys() == today.keys():
        near = REDUCED if stored.get("metric") in sets else tolerance
        for key, value in stored.items():
            yield from _apart(f"{place}.{key}", value, today[key], sets, near)
    elif isinstance(stored, list) and isinstance(today, list) and len(stored) == len(today):
        for number, (a, b) in enumerate(zip(stored, today, strict=True)):
            yield from _apart(f"{place}[{number}]", a, b, sets, tolerance)
    elif not _near(stored, today, tolerance):
        yield f"{place.lstrip('.')}: {_short(stored)} stored, {_short(today)} today"


def _near(a: Any, b: Any, tolerance: float) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (a, b))
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance) if numbers else bool(a == b)


def _short(value: Any) -> str:
    return json.dumps(value)[:60]


def check_aggregates(subject: Subject) -> Iterator[str]:
    """aggregates.parquet says what the rows give today."""
    from harness.stats.summary import aggregates_frame

    stored = subject.run.aggregates()
    if stored is None:
        subject.json("summary.json")  # says why an unfinished run has neither
        raise HarnessError(f"aggregates.parquet is missing; harness report {subject.run.path} rebuilds it")
    old, new = (_by_cell(frame) for frame in (stored, aggregates_frame(subject.today)))
    for key in sorted(old.keys() | new.keys()):
        where = " ".join(filter(None, key))
        if key not in old or key not in new:
            yield f"{where}: {'missing' if key in new else 'nothing today gives it'}"
        else:
            yield from _apart(where, old[key], new[key], _sets(subject), EXACT)


def _by_cell(frame: pd.DataFrame) -> dict[tuple[str, ...], Row]:
    """Figures by (entry, task, metric, subset)."""
    figures = frame.drop(columns=["curve", "replicates"], errors="ignore")  # older runs have no replicates
    return {(r["entry"], r["task"], r["metric"], r["subset"]): r for r in plain_rows(figures)}


def check_datasets(subject: Subject) -> Iterator[str]:
    """Data sets, mask sets and degradations are today what they were, where they are here."""
    from harness.runner.degrading import Degrader
    from harness.runner.plan import build_dataset, build_mask_set

    absent = dict[str, None]()
    for name, task in subject.tasks.items():
        then = task["identity"]
        try:
            data = build_dataset(task["dataset"], registry())
            masks = build_mask_set(task["maskset"], registry()) if task["maskset"] else None
            degradation = Degrader(task["degradation"], registry()) if task.get("degradation") else None
            today: dict[str, Any] = {"version": data.version, "content": data.content_hash()}
        except HarnessError as error:
            absent[f"{task['dataset']} is not here: {error}"] = None
            continue
        today["mask_version"] = masks.version if masks else ""
        if degradation:
            today["degradation"] = degradation.identity()
        for key, value in today.items():
            if value != then[key]:
                whose = task[{"mask_version": "maskset", "degradation": "degradation"}.get(key, "dataset")]
                yield f"{name}: {key} of {whose} was {then[key]}, is {value}"
    if absent:
        raise Skipped("; ".join(absent))


def rescored(subject: Subject, count: int, seed: int) -> tuple[list[str], str]:
    """Problems found by judging `count` kept outputs again, drawn by `seed`, and in words what was compared.

    Raises `Skipped` where no output was kept, and before the run has written its keys.
    """
    artifacts = subject.run.artifacts
    ok = sorted((row for row in subject.counting() if row["status"] == "ok"), key=lambda row: str(row["output_key"]))
    here = [row for row in ok if _sample(subject, row) and subject.has_pictures(row["task"], row["sample"])]
    kept = [row for row in here if artifacts.path(row["output_hash"]).exists()]
    if not kept or not count:
        raise Skipped("no output was kept" if count else "not asked for")
    drawn = random.Random(seed).sample(kept, min(count, len(kept)))
    found, left_out, unread, differing = list[str](), set[str](), 0, 0
    for task in subject.tasks:
        mine = [row for row in drawn if row["task"] == task]
        if mine:
            judge, skipped = _judge(subject.tasks[task])
            left_out |= skipped
            for row in mine:
                try:
                    pictures = _pictures(subject, row)
                except HarnessError as error:
                    unread += 1
                    found.append(f"{_where(row)}: {error}")
                    continue
                problems, other = _rescore(row, pictures, judge)
                differing += bool(problems)
                found += problems
                left_out |= other
    return found, _told(len(drawn), len(kept), unread, differing, left_out)


def _told(drawn: int, kept: int, unread: int, differing: int, left_out: Set[str]) -> str:
    """`5 of 6 equal` may only be said of those that could be judged."""
    equal = f"equal within {RESOLUTION:g}"
    if unread or differing:
        equal = f"{drawn - unread - differing} of {drawn} {equal}"
    equal += f", {differing} not" if differing else ""
    equal += f", {unread} could not be read" if unread else ""
    but = f"; not compared: {'; '.join(sorted(left_out))}" if left_out else ""
    return f"{drawn} of {kept} kept outputs judged again, {equal}{but}"


def _where(row: Row) -> str:
    return f"{row['entry']} on {row['task']}, {row['sample']}"


def _sample(subject: Subject, row: Row) -> Row | None:
    return subject.samples.get((row["task"], row["sample"]))


def _judge(task: Mapping[str, Any]) -> tuple[Judge, set[str]]:
    """Today's sample metrics of a task, and a line for each that is not here."""
    from harness.runner.measure import Judge
    from harness.runner.plan import metric_skip

    columns, skipped = [], set()
    for column in (c for c, info in task["metrics_info"].items() if info["kind"] == "sample"):
        try:
            reason = metric_skip(column, registry())
        except UnknownName as error:
            reason = str(error)
        uses = registry().metric(parse_metric(column)[0]).uses if not reason else frozenset[str]()
        if unkept := [what for name, what in UNKEPT.items() if name in uses]:
            reason = f"needs {unkept[0]}, which no run keeps"
        if reason:
            skipped.add(f"{parse_metric(column)[0]} ({reason})")
        else:
            columns.append(column)
    return Judge(columns, registry(), "cpu"), skipped


def _pictures(subject: Subject, row: Row) -> Pictures:
    """Output, truth, mask and what was shown instead (None for none); raises `HarnessError` where one is not sound."""
    sample = _sample(subject, row)
    names = [row["output_hash"], *([sample[kind] for kind in ("truth", "mask", "shown")] if sample else [])]
    output, truth, mask, shown = (read_picture(subject.run.artifacts, name) if name else None for name in names)
    if output is None or truth is None:
        raise HarnessError("the picture of its truth is missing")
    return output, truth, mask, shown


def _rescore(row: Row, pictures: Pictures, judge: Judge) -> tuple[list[str], set[str]]:
    """One output judged again: where it differs, and metrics that are no longer what they were."""
    output, truth, mask, shown = pictures
    values = judge.pixels(row["sample"], output, truth, None if mask is None else mask > 127, shown)
    then = json.loads(row["metric_ids"])
    changed = {column for column, identity in judge.identities.items() if then.get(column) != identity}
    found = []
    for column in values.keys() - changed:
        value = None if math.isnan(values[column]) else values[column]
        if not _near(row.get(f"score:{column}"), value, RESOLUTION):
            found.append(f"{_where(row)}: {column} is {row.get(f'score:{column}')} in the record, {value} today")
    return sorted(found), {f"{column} (changed since)" for column in changed}
