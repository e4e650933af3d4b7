"""Pareto: quality against seconds, memory and parameters."""

from __future__ import annotations

import streamlit as st

from harness.report.fronts import COSTS, front, front_sheet
from harness.report.sheet import csv_text
from harness.report.views.leaderboard import machine
from harness.report.views.pareto import pareto
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.fragment import fragment, heading
from harness_dashboard.controls import choose, choose_source, choose_task

__all__ = ["page"]


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    first, second, third = st.columns([3, 3, 2])
    with first:
        source, opened = choose_source(catalogue)
    with second:
        view = choose_task(opened)
    with third:
        cost = choose("Cost", list(COSTS), "cost")
    fragment(heading(view.summary.title), "heading")
    fragment(pareto(view, cost, machine=machine(opened.manifest)), "pareto")
    found = front(view, cost)
    if found.points:
        name = f"{source.suite}-{view.summary.task}-{cost}.csv"
        sheet = csv_text(front_sheet(found, view, cost))
        st.download_button("Download as CSV", sheet, name, "text/csv", icon=":material/download:")
