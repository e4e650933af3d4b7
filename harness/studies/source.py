"""A study of what a run or a board holds: entries that may be compared, samples whose pictures were kept."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.report.board import COLOURS
from harness.stats.raters import LEAST_PASSED
from harness.store.shards import plain_rows
from harness.studies.design import plan_trials
from harness.studies.model import DAMAGED, TRUTH, Compared, Picture, Study
from harness.studies.places import save_study

if TYPE_CHECKING:
    import pandas as pd

    from harness.report.board import Row, TaskView
    from harness.report.opened import Opened

__all__ = ["create_study", "mixed", "pictures_kept", "pools"]

KINDS = {"official": "the papers' own checkpoints", "mini": "this project's small checkpoints", "unstated": "unstated"}


def mixed(view: TaskView, entries: Sequence[str]) -> str:
    """Why entries may not meet in one study, "" where they may.

    Small checkpoints never stand in one ranking with the papers' own, nor either with outputs of unstated weights; what
    learned nothing may meet anybody. Random weights are for timing, and what they output is no result.
    """
    rows = {row.reference: row for row in view.rows}
    unknown = [entry for entry in entries if entry not in rows]
    if unknown:
        return f"'{unknown[0]}' is no entry of this task"
    if any(rows[entry].kind == "random" for entry in entries):
        return "random weights are for timing only: what they output is no result"
    kinds = sorted({rows[entry].kind for entry in entries} - {""})
    if len(kinds) > 1:
        return f"{' and '.join(KINDS.get(kind, kind) for kind in kinds)} never stand in one ranking"
    return ""


def pictures_kept(opened: Opened, task: str, entries: Sequence[str]) -> list[Picture]:
    """Samples of a task whose truth was kept, with those of the entries' pictures that were, and their scores."""
    columns = _metrics(opened.views[task])
    kept = {path.stem for path in opened.run.artifacts.folder.glob("*.png")}
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for entry in entries:
        for row in _rows(opened.rows(entry, task)):
            if row.get("status") == "ok" and row.get("output_hash") in kept:
                found.setdefault(str(row["sample"]), {})[entry] = row
    samples = opened.samples
    return [
        Picture(
            sample=str(row["sample"]),
            cluster=str(row["cluster"]),
            title=str(row["title"]),
            truth=str(row["truth"]),
            mask=str(row["mask"] or ""),
            outputs={entry: str(of["output_hash"]) for entry, of in found[row["sample"]].items()},
            scores={entry: _scores(of, columns) for entry, of in found[row["sample"]].items()},
        )
        for row in plain_rows(samples[samples["task"] == task])
        if row["sample"] in found and row["truth"] in kept
    ]


def pools(pictures: Sequence[Picture], entries: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """Pair of entries → samples with a picture of both; two equal pictures are no choice."""
    return {
        (a, b): [p.sample for p in pictures if {a, b} <= p.outputs.keys() and p.outputs[a] != p.outputs[b]]
        for a, b in combinations(entries, 2)
    }


def create_study(
    opened: Opened,
    name: str,
    task: str,
    entries: Sequence[str],
    *,
    per_pair: int = 5,
    repeats: int = 3,
    catches: int = 3,
    seed: int = 0,
    show_truth: bool = False,
    least_passed: float = LEAST_PASSED,
) -> Study:
    """Plan a study and write it.

    Args:
        opened: the run or board whose pictures are compared; they stay where they are.
        name: of the study, and of its folder.
        entries: references, two or more; see `mixed` for who may meet.
        per_pair, repeats, catches, seed: see `plan_trials`.
        show_truth: whether raters see the truth as a reference.
        least_passed: share of catch trials that a rater must pass to count.

    Raises:
        HarnessError: an unknown task, entries that may not meet, too few kept pictures, or a name that is taken.
    """
    if task not in opened.views:
        raise HarnessError(f"no finished task '{task}' in {opened.run.path}")
    view, chosen = opened.views[task], list(dict.fromkeys(entries))
    if refused := mixed(view, chosen) or next((f"an entry may not be called {e}" for e in chosen if e in RESERVED), ""):
        raise HarnessError(refused)
    pictures = pictures_kept(opened, task, chosen)
    trials = plan_trials(pools(pictures, chosen), per_pair=per_pair, repeats=repeats, catches=catches, seed=seed)
    used = {trial.sample for trial in trials}
    rows = {row.reference: row for row in view.rows}
    study = Study(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        source=_source(opened),
        task=task,
        task_title=view.summary.title,
        seed=seed,
        show_truth=show_truth,
        least_passed=least_passed,
        entries=tuple(_compared(rows[e]) for e in chosen),
        metrics=_metrics(view),
        samples=tuple(picture for picture in pictures if picture.sample in used),
        trials=trials,
    )
    save_study(study)
    return study


RESERVED = (TRUTH, DAMAGED)


def _compared(row: Row) -> Compared:
    return Compared(row.reference, row.title, row.kind, row.colour % COLOURS, row.floor)


def _source(opened: Opened) -> dict[str, Any]:
    suite = opened.manifest["suite"]
    path = opened.run.path.resolve()
    return {
        "kind": "board" if opened.tiers else "run",
        "path": str(path),
        "suite": str(suite["name"]),
        "suite_version": int(suite["version"]),
        "manifest_sha256": hashlib.sha256(opened.run.manifest_path.read_bytes()).hexdigest(),
    }


def _metrics(view: TaskView) -> dict[str, bool]:
    """Columns of per-sample metrics that have a better direction, with it."""
    return {
        column: bool(info["higher_is_better"])
        for column, info in view.info.items()
        if info["kind"] == "sample" and info["higher_is_better"] is not None
    }


def _scores(row: Mapping[str, Any], columns: Mapping[str, bool]) -> dict[str, float]:
    values = {column: row.get(f"score:{column}") for column in columns}
    return {column: float(value) for column, value in values.items() if value is not None and math.isfinite(value)}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The first repeat of every sample."""
    if frame.empty:
        return []
    first = frame.sort_values("repeat", kind="stable").drop_duplicates("sample")
    return list(plain_rows(first))
