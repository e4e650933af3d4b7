"""Compare: paired differences of two or more entries."""

from __future__ import annotations

import os
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from harness.errors import HarnessError
from harness.report.board import TaskView
from harness.report.opened import Opened
from harness.report.paired import Duel, contests_of, differences_sheet, duels_sheet
from harness.report.sheet import csv_text
from harness.report.views.compare import compare
from harness_dashboard.across import across
from harness_dashboard.catalogue import Catalogue, Source
from harness_dashboard.components.fragment import fragment, heading
from harness_dashboard.controls import choose, choose_several, choose_source, choose_task, stop_at

__all__ = ["page"]

MOST = 6
"""ours: entries of one comparison; their fifteen pairs still fit a page."""
KEPT = 16


@st.cache_resource(max_entries=KEPT, show_spinner="Comparing …")
def _compared(
    path: bytes, stamp: tuple[int, ...], task: str, references: tuple[str, ...], _opened: Opened
) -> tuple[Duel, ...]:
    """Shared by all sessions and never written to. `stamp` is part of the key only."""
    return contests_of(_opened, task, references)


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    first, second, third = st.columns(3)
    with first:
        source, opened = choose_source(catalogue)
    with second:
        view = choose_task(opened)
    with third:
        other = _other(catalogue, source)
    fragment(heading(view.summary.title), "heading")
    if other is None:
        chosen = _entries(view)
        try:
            duels = _compared(os.fsencode(source.path), source.stamp, view.summary.task, tuple(chosen), opened)
        except HarnessError as error:
            stop_at(source, error)
    else:
        duels = (across(catalogue, view, source, other),)
    fragment(compare(view, duels, link=partial(_address, source, view)), "compare")
    _downloads(f"{source.suite}-{view.summary.task}", duels)


def _other(catalogue: Catalogue, source: Source) -> Source | None:
    """Another board or run of the suite, None to stay within this one."""
    sources = catalogue.sources
    others = [name for name, one in sources.items() if one.suite == source.suite and name != source.id]
    if not others:
        return None
    name = choose(
        "Against", ["", *others], "with", shown=lambda name: sources[name].title if name else "entries of the same",
        help="An entry of another run is compared only where pictures, holes and metric are the same.",
    )  # fmt: skip
    return sources[name] if name else None


def _entries(view: TaskView) -> list[str]:
    """At least two entries; where there are not, says what to do and ends the page."""
    titles = {row.reference: row.title for row in view.judged}
    if len(titles) < 2:
        st.info("There are not two entries with results on this task.", icon=":material/difference:")
        st.markdown("Add a method to the run; what is there already is not computed again:")
        st.code("harness run --suite SUITE -m METHOD -m ANOTHER --out RUN", language="sh")
        st.stop()
    chosen = choose_several(
        "Entries",
        list(titles),
        "entries",
        default=list(titles)[:2],
        shown=lambda name: titles.get(name, name),
        most=MOST,
        help="The one named first is judged against the others. Random weights are for timing and have no results.",
    )
    if len(chosen) < 2:
        st.info("Choose two entries or more.", icon=":material/difference:")
        st.stop()
    return chosen


def _address(source: Source, view: TaskView, sample: str, duel: Duel) -> str:
    """The page Samples with this sample of both entries on it, as far as they are of this run."""
    named = [("source", source.title), ("task", view.summary.title), ("sample", sample)]
    here = {row.title for row in view.judged}
    named += [("entries", row.title) for row in (duel.b, duel.a) if row.title in here]
    return "samples?" + urlencode(named)


def _downloads(name: str, duels: tuple[Duel, ...]) -> None:
    first, second, _ = st.columns([2, 3, 5])
    icon = ":material/download:"
    first.download_button("Pairs as CSV", csv_text(duels_sheet(duels)), f"{name}-pairs.csv", "text/csv", icon=icon)
    second.download_button(
        "Differences by sample as CSV",
        lambda: csv_text(differences_sheet(duels)),
        f"{name}-differences.csv",
        "text/csv",
        icon=icon,
    )
