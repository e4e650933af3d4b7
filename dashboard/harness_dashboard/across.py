"""An entry of one board or run against one of another, where both were asked the same."""

from __future__ import annotations

import os
from typing import NoReturn

import streamlit as st

from harness.comparison import compare
from harness.errors import HarnessError
from harness.report.board import TaskView
from harness.report.opened import Opened
from harness.report.paired import Duel, duel_across
from harness_dashboard.catalogue import Catalogue, Source
from harness_dashboard.controls import choose, stop_at

__all__ = ["across"]

KEPT = 8


@st.cache_resource(max_entries=KEPT, show_spinner="Comparing …")
def _across(
    paths: tuple[bytes, bytes], stamps: tuple[tuple[int, ...], ...], entries: tuple[str, str], task: str,
    names: tuple[str, str], _opened: tuple[Opened, Opened],
) -> Duel:  # fmt: skip
    """Shared by all sessions and never written to. `stamps` are part of the key only."""
    a, b = (f"{os.fsdecode(path)}::{entry}" for path, entry in zip(paths, entries, strict=True))
    (contest,) = compare(a, b, tasks=task).contests
    return duel_across(contest, *_opened, names)


def across(catalogue: Catalogue, view: TaskView, source: Source, other: Source) -> Duel:
    """An entry of `source` judged against one of `other`; where they cannot be compared, says why and ends the page."""
    task = view.summary.task
    try:
        opened = (catalogue.open(other), catalogue.open(source))
        theirs = opened[0].views.get(task)
    except HarnessError as error:
        stop_at(other, error)
    first, second = st.columns(2)
    with first:
        mine = _entry(view, "Entry", "entry")
    if theirs is None:
        _refuse(f"{other.title} has no task {task}.")
    with second:
        against = _entry(theirs, "Entry of the other", "against")
    paths, stamps = (os.fsencode(other.path), os.fsencode(source.path)), (other.stamp, source.stamp)
    try:
        return _across(paths, stamps, (against, mine), task, (other.title, source.title), opened)
    except HarnessError as error:
        _refuse(str(error))


def _entry(view: TaskView, label: str, key: str) -> str:
    titles = {row.reference: row.title for row in view.judged}
    if not titles:
        _refuse("Only random weights were run on this task: what they output is no result.")
    return choose(label, list(titles), key, shown=lambda name: titles.get(name, name))


def _refuse(why: str) -> NoReturn:
    st.info("These two cannot be compared.", icon=":material/difference:")
    st.code(why, language=None, wrap_lines=True)
    st.stop()
