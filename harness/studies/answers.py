"""Answers of a study: appended one by one, safe against a kill and against two raters at once."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from harness.errors import HarnessError
from harness.store.lines import ShardWriter, read_jsonl
from harness.studies.design import Turn
from harness.studies.model import Study
from harness.studies.places import locked, study_folder
from harness.studies.schema import check

__all__ = ["LARGEST_ZOOM", "read_answers", "record"]

LARGEST_ZOOM = 16.0


def record(
    study: Study, rater: str, turn: Turn, answer: str, *, seconds: float, zoom: float = 1.0, panned: bool = False
) -> bool:
    """Append one answer: in the file, with its sum and synced, when this returns.

    Two raters, or one in two windows, may answer at once.

    Args:
        rater: a pseudonym of 1 to 32 letters, digits, '.', '_' or '-'.
        answer: `left`, `right` or `same`.
        seconds, zoom: as a browser told them; see the schema for what they may be.

    Returns:
        False where this rater had answered the trial before: the first answer stands, and nothing is written.

    Raises:
        HarnessError: a value that is none, or a trial that is not the study's.
    """
    trial = turn.trial
    if study.by_trial.get(trial.id) != trial or {turn.left, turn.right} != {trial.a, trial.b}:
        raise HarnessError(f"trial {trial.id} is none of study '{study.name}'")
    if not math.isfinite(seconds) or not math.isfinite(zoom):
        raise HarnessError("seconds and zoom of an answer must be numbers")
    row = {
        "trial": trial.id, "rater": rater, "kind": trial.kind, "of": trial.of, "sample": trial.sample,
        "left": turn.left, "right": turn.right, "answer": answer, "seconds": round(seconds, 3),
        "zoom": round(zoom, 3), "panned": panned, "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    check("answer", row, "this")
    folder = study_folder(study.name)
    with locked(folder):
        writer = ShardWriter(folder / "answers")
        try:
            known = read_jsonl(writer.path)
            if any(one["rater"] == rater and one["trial"] == trial.id for one in known):
                return False
            writer.append(row)
        finally:
            writer.close()
    return True


def read_answers(study: Study) -> list[dict[str, Any]]:
    """Every answer, in the order of writing, the first of each rater to a trial.

    Raises:
        HarnessError: a line is damaged, is no answer, or answers a trial that the study does not have.
    """
    folder = study_folder(study.name)
    path = folder / "answers.jsonl"
    if not path.exists():
        return []
    with locked(folder):
        rows = read_jsonl(path)
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for number, row in enumerate(rows, 1):
        check("answer", row, f"{path}, line {number},")
        if row["trial"] not in study.by_trial:
            raise HarnessError(f"{path}, line {number}: trial {row['trial']} is none of study '{study.name}'")
        first.setdefault((row["rater"], row["trial"]), row)
    return list(first.values())
