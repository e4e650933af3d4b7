"""Leaderboard: who is best at a task, and whether that can be told."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from harness.errors import HarnessError
from harness.leaderboard.papers import reported
from harness.report.board import subset_view
from harness.report.export import standings_sheet
from harness.report.sheet import csv_text
from harness.report.views.leaderboard import ANY_REGION, leaderboard, regions, subsets
from harness.report.views.reported import reported as reported_view
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.fragment import fragment, heading
from harness_dashboard.controls import choose, choose_source, choose_task

__all__ = ["page"]

REGIONS: Mapping[str, str] = {
    ANY_REGION: "every region",
    "": "whole picture",
    "hole": "in the hole",
    "boundary": "at the hole's border",
    "known": "outside the hole",
}


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    first, second, third, fourth = st.columns([3, 3, 2, 2])
    with first:
        source, opened = choose_source(catalogue)
    with second:
        view = choose_task(opened)
    with third:
        subset = choose("Size of the hole", subsets(view), "bin", shown=_bin)
    with fourth:
        region = choose("Other metrics", regions(view), "region", shown=lambda name: REGIONS.get(name, name))
    board = leaderboard(view, subset=subset, region=region, tiers=opened.tiers, manifest=opened.manifest)
    fragment(heading(view.summary.title) + board, "board")
    sheet = standings_sheet([subset_view(view, subset)], opened.manifest["suite"])
    name = f"{source.suite}-{view.summary.task}{'-' + subset.replace(':', '-') if subset else ''}.csv"
    st.download_button("Download as CSV", csv_text(sheet), name, "text/csv", icon=":material/download:")
    _papers(source.suite)


def _papers(suite: str) -> None:
    """Numbers that papers report for tasks like these, in tables of their own."""
    try:
        tables = reported(suite)
    except HarnessError as error:
        st.error("A table of reported numbers cannot be read.", icon=":material/error:")
        st.code(f"{error}\nharness leaderboard check", language=None)
        return
    if tables:
        fragment(reported_view(tables), "reported")


def _bin(subset: str) -> str:
    """`ratio:0.1-0.2` as a reader would say it."""
    if not subset:
        return "all"
    low, high = (100 * float(edge) for edge in subset.removeprefix("ratio:").split("-"))
    return f"{low:g}–{high:g} % of the picture"
