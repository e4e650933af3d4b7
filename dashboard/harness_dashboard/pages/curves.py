"""Curves: quality against hole size, discarded share, rounds, resolution."""

from __future__ import annotations

import streamlit as st

from harness.errors import HarnessError
from harness.leaderboard.speeds import speeds
from harness.report.curved import bins_sheet, figures_sheet, picked, round_figures, rounds_of, stored_figures
from harness.report.sheet import csv_text
from harness.report.views.curves import curves
from harness.report.views.resolution import seconds_by_size
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.fragment import fragment, heading
from harness_dashboard.controls import choose, choose_several, choose_source, choose_task, stop_at

__all__ = ["page"]


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    first, second, third = st.columns([3, 3, 2])
    with first:
        source, opened = choose_source(catalogue)
    with second:
        view = choose_task(opened)
    with third:
        column = choose("Metric", view.columns, "metric", help="What is drawn by size of the hole.")
    fragment(heading(view.summary.title), "heading")
    titles = {row.reference: row.title for row in view.judged}
    if not titles:
        st.info("Only random weights were run on this task: they have no results.", icon=":material/show_chart:")
    else:
        chosen = choose_several(
            "Entries",
            list(titles),
            "entries",
            shown=lambda name: titles.get(name, name),
            help="Empty: every one with results.",
        )
        shown = picked(view, chosen or list(titles))
        try:
            aggregates, records = opened.aggregates, rounds_of(opened, shown)
        except HarnessError as error:
            stop_at(source, error)
        fragment(curves(shown, column, aggregates=aggregates, records=records), "curves")
        name = f"{source.suite}-{view.summary.task}"
        bins = bins_sheet(shown, column)
        figures = [*stored_figures(shown, aggregates), *round_figures(shown, records)]
        if bins.rows:
            _download("Values by hole size as CSV", csv_text(bins), f"{name}-{column.replace('@', '-')}-by-hole.csv")
        if figures:
            _download("Curves as CSV", csv_text(figures_sheet(shown, figures)), f"{name}-curves.csv")
    _by_resolution()


def _download(label: str, text: str, name: str) -> None:
    st.download_button(label, text, name, "text/csv", icon=":material/download:")


def _by_resolution() -> None:
    """Seconds by size of the picture, of every machine that they were measured on: of no task in particular."""
    st.subheader("Seconds by size of the picture", anchor=False)
    try:
        timings = speeds()
    except HarnessError as error:
        st.error("A file of timings cannot be read.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
        return
    fragment(seconds_by_size(timings), "resolution")
