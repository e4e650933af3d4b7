"""Beside the picture viewer: every value of one sample, and the samples that have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.report.gallery import chosen_rows, records_of, score_number
from harness.report.templating import render

if TYPE_CHECKING:
    from harness.report.board import TaskView
    from harness.report.listing import Failures
    from harness.report.opened import Opened

__all__ = ["failed_samples", "score_table"]


def score_table(opened: Opened, view: TaskView, sample: str, references: Sequence[str]) -> Markup:
    """Every metric of these entries on one sample, of repeats the first. Nobody is ranked: it is one sample."""
    rows = chosen_rows(view, references)
    columns = [column for column in view.columns if view.info[column]["kind"] == "sample"]
    return render(
        "views/sample_scores.html.j2",
        view=view,
        columns=columns,
        lines=list(zip(rows, records_of(opened, view, sample, rows), strict=True)),
        score_number=score_number,
    )


def failed_samples(found: Failures) -> Markup:
    """Failed and skipped samples with their reasons."""
    return render("views/failed_samples.html.j2", found=found)
