"""Everything of one task that is a curve: quality by size of the hole, stored curves, values round by round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.report import plots
from harness.report.curved import Figure, round_figures, stored_figures
from harness.report.lines_svg import line_plot
from harness.report.templating import render
from harness.stats.model import FEWEST_CLUSTERS, TABLE_HEADINGS

if TYPE_CHECKING:
    import pandas as pd

    from harness.report.board import TaskView

__all__ = ["curves"]


def curves(
    view: TaskView, column: str, *, aggregates: pd.DataFrame | None = None,
    records: Mapping[str, pd.DataFrame] | None = None,
) -> Markup:  # fmt: skip
    """The drawings, and one sentence for each kind of curve that this task has no data for.

    Args:
        column: the metric to draw by size of the hole.
        aggregates: of the run; its rows with a `curve` are drawn.
        records: by entry, rows that hold a value a round (`harness.report.curved.rounds_of`).
    """
    by_ratio = plots.quality_by_ratio(view, column)
    stored, rounds = stored_figures(view, aggregates), round_figures(view, records or {})
    return render(
        "views/curves.html.j2",
        view=view,
        column=column,
        by_ratio=by_ratio,
        stored=[(figure, _drawn(figure)) for figure in stored],
        rounds=[(figure, _drawn(figure)) for figure in rounds],
        absent=[
            *([] if by_ratio else [_no_ratio(view, column)]),
            *([] if stored else [NO_STORED]),
            *([] if rounds else [NO_ROUNDS]),
        ],
        fewest_clusters=FEWEST_CLUSTERS,
        mini=TABLE_HEADINGS["mini"] if any(row.kind == "mini" for row in view.judged) else "",
    )


NO_STORED = (
    "Stored curves (error against the share of samples discarded): a suite with a metric that is a curve brings them."
)
NO_ROUNDS = "A value by round: methods that refine in rounds bring it, where they tell a value after each."


def _no_ratio(view: TaskView, column: str) -> str:
    if view.info[column]["kind"] != "sample":
        return f"{column} by size of the hole: it is a metric of whole sets; one of samples has a value in each bin."
    if not any(cell.subset for cell in view.summary.cells):
        return "Quality by size of the hole: a task with masks of two sizes or more brings it."
    return f"{column} by size of the hole: fewer than two sizes have samples; a run with more samples brings it."


def _drawn(figure: Figure) -> Markup:
    return line_plot(figure.lines, figure.x_title, figure.y_title)
