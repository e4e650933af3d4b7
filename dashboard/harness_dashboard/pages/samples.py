"""Samples: outputs beside truths at 1:1, with errors and scores."""

from __future__ import annotations

import math

import streamlit as st

from harness.errors import HarnessError
from harness.report import words
from harness.report.board import TaskView
from harness.report.gallery import viewer_data
from harness.report.listing import BY_HOLE, PAGE_MOST, Listed, SamplePage, failures, orders, sample_page
from harness.report.opened import Opened
from harness.report.views.samples import failed_samples, score_table
from harness_dashboard.catalogue import Catalogue
from harness_dashboard.components.fragment import fragment, heading
from harness_dashboard.components.viewer import thumbnails, viewer
from harness_dashboard.controls import BIND, choose, choose_several, choose_source, choose_task

__all__ = ["page"]

MOST_ENTRIES = 6
"""ours: more pictures than that are too small beside each other, and their rows too many to hold."""
PAGE_SIZES = ("12", str(PAGE_MOST))
LOOK = "look"


def page(catalogue: Catalogue) -> None:
    """Draw the page."""
    first, second = st.columns(2)
    with first:
        source, opened = choose_source(catalogue)
    with second:
        view = choose_task(opened)
    fragment(heading(view.summary.title), "heading")
    titles = {row.reference: row.title for row in view.judged}
    if not titles:
        st.info("Only random weights were run on this task: what they output is no result.", icon=":material/timer:")
        st.stop()
    chosen = choose_several(
        "Entries", list(titles), "entries", default=list(titles)[:2], shown=lambda name: titles.get(name, name),
        most=MOST_ENTRIES,
    )  # fmt: skip
    try:
        _samples(opened, view, chosen, f"{source.id} {view.summary.task}")
    except HarnessError as error:
        st.error("The rows of this task cannot be read.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
        st.markdown("Say what is wrong with the folder, part by part:")
        st.code(f"harness verify {source.word}", language="sh")


def _samples(opened: Opened, view: TaskView, chosen: list[str], about: str) -> None:
    if st.session_state.setdefault("samples about", about) != about:  # another task has other samples
        st.session_state["samples about"] = about
        st.session_state["sample"], st.session_state["at"] = "", 1
    with st.spinner("Reading the samples…"):  # of a million records three seconds, once
        _ = opened.samples
    order, listed = _list(opened, view, chosen)
    if not listed.total:
        st.info("This task has no samples yet. The page Runs shows how far it is.", icon=":material/hourglass:")
        return
    wanted = st.session_state.get("sample") or ""
    sample = _known(opened, view, wanted) or listed.items[0].sample
    if wanted and sample != wanted:
        st.warning("This task has no sample of that name; the first of the list is shown.", icon=":material/info:")
    thumbnails([_thumb(item, view, order) for item in listed.items], sample, "thumbs", _pick)
    look = str(st.query_params.get(LOOK, ""))
    viewer(viewer_data(opened, view, sample, chosen), look, "viewer", _look)
    if chosen:
        fragment(score_table(opened, view, sample, chosen), "scores")
    _failed(opened, view, chosen)


def _list(opened: Opened, view: TaskView, chosen: list[str]) -> tuple[str, SamplePage]:
    """The order and the page of samples that the controls ask for."""
    first, second, third, fourth = st.columns([4, 4, 2, 2], vertical_alignment="bottom")
    with first:
        named = orders(view, chosen)
        order = choose("Order", list(named), "order", shown=lambda name: named.get(name, name))
    with third:
        size = int(choose("Thumbnails", PAGE_SIZES, "size"))
    total = int((opened.samples["task"] == view.summary.task).sum())
    pages = max(1, -(-total // size))
    if int(st.session_state.get("at") or 1) > pages:
        st.session_state["at"] = pages
    with fourth:
        number = st.number_input(f"Page of {pages}", 1, pages, key="at", bind=BIND)
    listed = sample_page(opened, view, order, chosen, int(number), size)
    with second:
        st.text_input("Sample", key="sample", bind=BIND, placeholder="click a thumbnail, or paste its id")
    return order, listed


def _known(opened: Opened, view: TaskView, sample: str) -> str:
    """`sample` where the task has it, else ""."""
    frame = opened.samples
    return sample if ((frame["sample"] == sample) & (frame["task"] == view.summary.task)).any() else ""


def _thumb(item: Listed, view: TaskView, order: str) -> dict[str, str]:
    info = view.info[view.summary.primary]
    if not math.isfinite(item.value):
        value = "no value"
    elif order in BY_HOLE:
        value = f"hole {100 * item.value:.1f} %"
    else:
        value = f"{'apart ' if order == 'differ' else ''}{words.number(item.value, info['digits'])} {info['unit']}"
    return {"sample": item.sample, "title": item.title, "value": value.rstrip(), "thumb": item.thumb}


def _pick(sample: str) -> None:
    st.session_state["sample"] = sample


def _look(look: str) -> None:
    st.query_params[LOOK] = look


def _failed(opened: Opened, view: TaskView, chosen: list[str]) -> None:
    found = failures(opened, view, chosen)
    if found.total:
        with st.expander(f"Failed or skipped: {found.total}", icon=":material/report:"):
            fragment(failed_samples(found), "failed")
