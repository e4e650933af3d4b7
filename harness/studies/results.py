"""What the answers of a study say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from harness.stats.answers import Answer, StudyResults
from harness.stats.preferences import judge
from harness.studies.model import TRUTH, Study

__all__ = ["answers_of", "study_results"]


def answers_of(study: Study, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Stored rows as statistics take them."""
    return [
        Answer(
            rater=row["rater"],
            trial=row["trial"],
            sample=row["sample"],
            cluster=study.by_sample[row["sample"]].cluster,
            left=row["left"],
            right=row["right"],
            choice=row["answer"],
            repeats=row["of"],
            better=_truth_side(row),
            seconds=float(row["seconds"]),
        )
        for row in rows
    ]


def _truth_side(row: Mapping[str, Any]) -> Literal["left", "right", ""]:
    if row["kind"] != "catch":
        return ""
    return "left" if row["left"] == TRUTH else "right"


def study_results(study: Study, rows: Sequence[Mapping[str, Any]]) -> StudyResults:
    """Strengths, pairs, raters and metrics; where strengths cannot be told, why."""
    scores = {
        column: {
            (entry, picture.sample): values[column]
            for picture in study.samples
            for entry, values in picture.scores.items()
            if column in values
        }
        for column in study.metrics
    }
    return judge(answers_of(study, rows), study.references, scores, study.metrics, least_passed=study.least_passed)
